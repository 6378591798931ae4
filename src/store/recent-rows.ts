import type { DatabaseSync } from 'node:sqlite';
import { blob, integer, text } from '../sqlite/index.ts';
import type { Report } from '../telemetry/index.ts';

/**
 * The reports of the table `recent` by device, in log order, without those that are in chunks already. `open` makes the
 * reports of a row; it may answer with none where it cannot.
 */
export function readRecent(
  db: DatabaseSync,
  open: (body: Uint8Array, row: number) => readonly Report[],
): ReadonlyMap<string, readonly Report[]> {
  const packed = new Map<string, number>();
  for (const row of db.prepare('SELECT name, packed FROM device').iterate()) {
    packed.set(text(row.name), integer(row.packed));
  }
  const recent = new Map<string, Report[]>();
  for (const row of db.prepare('SELECT id, body FROM recent ORDER BY next, id').iterate()) {
    for (const report of open(blob(row.body), integer(row.id))) {
      if (report.offset < (packed.get(report.device) ?? 0)) continue;
      const held = recent.get(report.device);
      if (held) held.push(report);
      else recent.set(report.device, [report]);
    }
  }
  return recent;
}
