import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { integer, text } from '../sqlite/index.ts';

/*
 * The data folder as a backup sees it.
 *
 * Everything behind the log may run twice, and is a function of the log: a store that is ahead of the checkpoint ignores
 * what it has, a checkpoint that is ahead of a store would lose. So the checkpoint is copied first, then what it leads,
 * and the log last: whatever was done between two copies is in the log and is done again. InfluxDB's cursor comes before
 * the store that fills it, so that it never stands behind the end of that.
 */
export const databases: readonly { readonly file: string; readonly isOptional?: boolean }[] = [
  { file: 'pipeline.sqlite' },
  { file: 'influx.sqlite', isOptional: true },
  { file: 'telemetry.sqlite' },
  { file: 'cases.sqlite' },
  { file: 'registry.sqlite' },
];

/** Without the key no device could connect again. The token is absent where it comes with the settings. */
export const secretFiles = ['server.key', 'admin-token'] as const;

export const logFolder = 'log';

/** The offset from which on the log is needed to go on from the databases of a folder: what they do not hold yet. */
export function neededFrom(folder: string): number {
  const state = ask(folder, 'pipeline.sqlite', "SELECT value FROM meta WHERE key = 'state'");
  const { next } = state === undefined ? { next: 0 } : (JSON.parse(text(state.value)) as { next: number });
  const facts = ask(folder, 'registry.sqlite', 'SELECT next FROM position');
  return Math.min(next, integer(facts?.next));
}

export interface Counts {
  readonly devices: number;
  /** Reports that the checkpoint counts as evaluated; what the log holds behind it comes on top. */
  readonly evaluated: number;
  readonly cases: number;
  readonly findings: number;
}

export function countsOf(folder: string): Counts {
  const count = (file: string, sql: string) => integer(ask(folder, file, sql)?.count);
  return {
    devices: count('registry.sqlite', 'SELECT count(*) AS count FROM device'),
    evaluated: count('pipeline.sqlite', 'SELECT coalesce(sum(evaluated), 0) AS count FROM device'),
    cases: count('cases.sqlite', 'SELECT count(*) AS count FROM service_case'),
    findings: count('cases.sqlite', 'SELECT count(*) AS count FROM finding'),
  };
}

function ask(folder: string, file: string, sql: string) {
  const database = new DatabaseSync(join(folder, file), { readOnly: true, timeout: 5_000 });
  try {
    return database.prepare(sql).get();
  } finally {
    database.close();
  }
}
