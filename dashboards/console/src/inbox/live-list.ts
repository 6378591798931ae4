import type { CaseItem } from '../api/model.ts';
import { type Filter, matches } from './filter.ts';

/** The cells of a row that can change under a reader. */
export type Cell = 'severity' | 'title' | 'explanation' | 'owner' | 'state';

/** What came live since the list was drawn. Rows never move by themselves; what would move them waits here. */
export interface LiveNotes {
  /** Ids of cases that belong into the list and are not in it. */
  readonly waiting: readonly string[];
  /** By case id: what changed in a row that is on screen, and when (browser's clock, epoch ms). */
  readonly changed: ReadonlyMap<string, { readonly cells: readonly Cell[]; readonly at: number }>;
}

export const noNotes: LiveNotes = { waiting: [], changed: new Map() };

/** How long a changed cell stays marked. */
export const markMs = 10_000;

export interface Arrival {
  /** The rows in the same order, the arrived case replaced where it stands; the same array when nothing changed. */
  readonly rows: readonly CaseItem[];
  readonly notes: LiveNotes;
}

/** Takes in a case as the service last saw it. Older versions than the row's are ignored. */
export function arrive(
  rows: readonly CaseItem[],
  notes: LiveNotes,
  item: CaseItem,
  view: { filter: Filter; now: number },
): Arrival {
  const row = rows.find((known) => known.id === item.id);
  if (row === undefined) return { rows, notes: { ...notes, waiting: waitingWith(notes.waiting, item, view.filter) } };
  if (item.version <= row.version) return { rows, notes };
  const cells = changedCells(row, item);
  const changed = new Map(withoutOldMarks(notes, view.now).changed);
  if (cells.length > 0) changed.set(item.id, { cells, at: view.now });
  return { rows: rows.map((known) => (known.id === item.id ? item : known)), notes: { ...notes, changed } };
}

/** The notes without the marks that have been on screen long enough. */
export function withoutOldMarks(notes: LiveNotes, now: number): LiveNotes {
  const changed = [...notes.changed].filter(([, note]) => now - note.at < markMs);
  return { ...notes, changed: new Map(changed) };
}

function waitingWith(waiting: readonly string[], item: CaseItem, filter: Filter): readonly string[] {
  const known = waiting.includes(item.id);
  const belongs = matches(filter, item);
  if (known === belongs) return waiting;
  return belongs ? [...waiting, item.id] : waiting.filter((id) => id !== item.id);
}

function changedCells(before: CaseItem, after: CaseItem): Cell[] {
  const cells: Cell[] = [];
  if (before.severity !== after.severity || before.safety !== after.safety) cells.push('severity');
  if (before.title !== after.title) cells.push('title');
  if (before.explanation !== after.explanation) cells.push('explanation');
  if (before.owner !== after.owner) cells.push('owner');
  if (before.state !== after.state) cells.push('state');
  return cells;
}

/** The id `step` rows away from `current`; the first row when nothing is open. Stops at both ends. */
export function neighbour(ids: readonly string[], current: string | undefined, step: 1 | -1): string | undefined {
  const index = current === undefined ? -1 : ids.indexOf(current);
  if (index < 0) return ids[0];
  return ids[Math.min(ids.length - 1, Math.max(0, index + step))];
}
