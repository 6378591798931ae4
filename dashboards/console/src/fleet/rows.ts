import type { Device } from '../api/model.ts';

export interface Refreshed {
  /** The same devices in the same order, as they are now. */
  readonly rows: readonly Device[];
  /** How many belong into the list by now and are not in it. */
  readonly waiting: number;
  /** Rows that were not read again: they may have left the filter, or were pushed behind the last page. */
  readonly missing: readonly string[];
}

/**
 * Takes in the list as the service gives it now. No row moves: devices change where they stand, and new ones wait to be
 * asked for. `complete` says that the rows reach to the list's end, so that what comes behind them is new as well.
 */
export function refreshRows(rows: readonly Device[], fresh: readonly Device[], complete: boolean): Refreshed {
  const now = new Map(fresh.map((device) => [device.id, device]));
  const shown = new Set(rows.map((device) => device.id));
  const last = rows.at(-1)?.id ?? '';
  const added = fresh.filter((device) => !shown.has(device.id) && (complete || device.id < last));
  return {
    rows: rows.map((device) => now.get(device.id) ?? device),
    waiting: added.length,
    missing: rows.filter((device) => !now.has(device.id)).map((device) => device.id),
  };
}

/** Ids whose health differs between two readings of the same rows. */
export function changedHealth(before: readonly Device[], after: readonly Device[]): readonly string[] {
  const known = new Map(before.map((device) => [device.id, device.health]));
  return after.filter(({ id, health }) => known.has(id) && known.get(id) !== health).map(({ id }) => id);
}
