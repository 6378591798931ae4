import { AftercareError } from '../../../src/base/index.ts';
import {
  Book,
  type Case,
  type CaseChange,
  type CaseQuery,
  type CaseStore,
  type DeviceTrouble,
  defaultCasesPerRuleHourMax,
  type Finding,
  type FindingQuery,
  type Page,
  type Standby,
  type TimelineItem,
  urgencyOf,
} from '../../../src/cases/index.ts';
import { worseSeverity } from '../../../src/telemetry/index.ts';
import { memoryRecords } from './case-records.ts';
import { atOnce, type Passage } from './passage.ts';

/** What lives on when the process dies. */
export interface HeldCases {
  cases: Map<string, Case>;
  findings: Map<string, { readonly finding: Finding; readonly lastEvent: number }>;
  /** As written. */
  timeline: { readonly case: string; readonly item: TimelineItem }[];
  openings: { readonly source: string; readonly product: string; readonly at: number }[];
  standbys: Map<string, Standby>;
}

export const noCases = (): HeldCases => ({
  cases: new Map(),
  findings: new Map(),
  timeline: [],
  openings: [],
  standbys: new Map(),
});

const pageMax = 1_000;

export function memoryCases(
  held: HeldCases,
  idOf: (text: string) => string,
  pass: Passage = atOnce,
  casesPerRuleHourMax = defaultCasesPerRuleHourMax,
): CaseStore {
  return {
    apply: (changes) =>
      pass(() => {
        const draft = new Draft(held, idOf, casesPerRuleHourMax);
        const changed = draft.apply(changes);
        draft.commit(held);
        return changed;
      }),
    list: (query) =>
      pass(() => {
        const after =
          query.cursor === undefined ? undefined : numbersOf(query.cursor, /^(\d)_(-?\d{1,16})_(\d{1,16})$/);
        const found = [...held.cases.values()]
          .filter((item) => isAsked(item, query) && (!after || compare(urgencyOf(item), after) > 0))
          .sort((a, b) => compare(urgencyOf(a), urgencyOf(b)));
        return pageOf(found, query.limit, (item) => urgencyOf(item).join('_'));
      }),
    timeline: (id, { limit, cursor }) =>
      pass(() => {
        const [after = 0] = cursor === undefined ? [] : numbersOf(cursor, /^(\d{1,16})$/);
        const numbered = held.timeline.map((entry, index) => ({ ...entry, position: index + 1 }));
        const found = numbered.filter((entry) => entry.case === id && entry.position > after);
        const { items, next } = pageOf(found, limit, ({ position }) => String(position));
        return { items: items.map(({ item }) => item), next };
      }),
    findings: (query) => pass(() => findFindings(held, query)),
    troubles: (device) => pass(() => troublesOf(held, device)),
    sync: () => pass(() => undefined),
    close: async () => undefined,
  };
}

/** One transaction: what it writes is seen by nobody until it is whole. */
class Draft {
  readonly #held: HeldCases;
  readonly #book: Book;

  constructor(held: HeldCases, idOf: (text: string) => string, casesPerRuleHourMax: number) {
    this.#held = {
      cases: new Map(held.cases),
      findings: new Map(held.findings),
      timeline: [...held.timeline],
      openings: [...held.openings],
      standbys: new Map(held.standbys),
    };
    this.#book = new Book({ records: memoryRecords(this.#held), idOf, casesPerRuleHourMax });
  }

  apply(changes: readonly CaseChange[]): readonly Case[] {
    return this.#book.apply(changes);
  }

  commit(held: HeldCases): void {
    Object.assign(held, this.#held);
  }
}

function isAsked(item: Case, query: CaseQuery): boolean {
  for (const name of ['id', 'state', 'device', 'product', 'owner'] as const) {
    if (query[name] !== undefined && item[name] !== query[name]) return false;
  }
  const text = [`#${item.number}`, item.device, item.title, item.explanation, item.failureMode]
    .join('\n')
    .toLowerCase();
  const words = (query.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => text.includes(word));
}

function isWanted(one: Finding, query: FindingQuery): boolean {
  if ('case' in query) return one.case === query.case;
  if ('device' in query) return one.device === query.device;
  if ('source' in query) return one.product === query.product && one.source === query.source;
  return one.hiddenBy.includes(query.hiddenBy);
}

function findFindings(held: HeldCases, query: FindingQuery): Page<Finding> {
  const { from, to, newestFirst, limit, cursor } = query;
  const after = cursor === undefined ? undefined : partsOf(cursor, /^(-?\d{1,16})_(.+)$/s);
  const sign = newestFirst ? -1 : 1;
  const order = (a: Finding, start: number, id: string) =>
    sign * (a.startsAt - start || (a.id < id ? -1 : Number(a.id > id)));
  const found = [...held.findings.values()]
    .map(({ finding }) => finding)
    .filter((one) => isWanted(one, query))
    .filter((one) => (to === undefined || one.startsAt < to) && !(from !== undefined && (one.endsAt ?? from) < from))
    .filter((one) => after === undefined || order(one, Number(after[0]), after[1] ?? '') > 0)
    .sort((a, b) => order(a, b.startsAt, b.id));
  return pageOf(found, limit, (one) => `${one.startsAt}_${one.id}`);
}

function troublesOf(held: HeldCases, device: string | undefined): readonly DeviceTrouble[] {
  const troubles = new Map<string, DeviceTrouble>();
  const change = (id: string, changes: (before: DeviceTrouble) => Partial<DeviceTrouble>) => {
    if (device !== undefined && id !== device) return;
    const nothing = { openCases: 0, openFindings: 0, worst: undefined, safety: false, silent: false };
    const before = troubles.get(id) ?? { device: id, ...nothing };
    troubles.set(id, { ...before, ...changes(before) });
  };
  for (const { finding } of held.findings.values()) {
    const { source, severity } = finding;
    if (
      finding.state !== 'raised' ||
      (finding.case === null && finding.hiddenBy.length === 0 && source.startsWith('rule:'))
    )
      continue;
    const silent = source === 'silent';
    change(finding.device, (before) => ({
      openFindings: before.openFindings + 1,
      worst: silent ? before.worst : worseSeverity(severity, before.worst ?? severity),
      safety: before.safety || (!silent && finding.safety),
      silent: before.silent || silent,
    }));
  }
  for (const item of held.cases.values()) {
    if (item.state !== 'resolved') change(item.device, (before) => ({ openCases: before.openCases + 1 }));
  }
  return [...troubles.values()].sort((a, b) => (a.device < b.device ? -1 : 1));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

function numbersOf(cursor: string, form: RegExp): readonly number[] {
  return partsOf(cursor, form).map(Number);
}

function partsOf(cursor: string, form: RegExp): readonly string[] {
  const match = form.exec(cursor);
  if (match === null) throw new AftercareError('request-invalid', 'The cursor is not one of this list.');
  return match.slice(1);
}

function pageOf<Item>(found: readonly Item[], limit: number, cursorOf: (last: Item) => string): Page<Item> {
  const items = found.slice(0, Math.min(limit, pageMax));
  const last = items.at(-1);
  return { items, next: found.length > items.length && last !== undefined ? cursorOf(last) : null };
}
