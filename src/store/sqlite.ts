import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AftercareError } from '../base/index.ts';
import { integer, relax } from '../sqlite/index.ts';

export const fileName = 'telemetry.sqlite';
/** Of the tables; each migration leads from one to the next. Chunks, devices and recent reports are read alike in all. */
export const formatVersions = [1, 2, 3] as const;
const formatVersion = 3;

/** What becomes of a chunk: numbers of its column `state`. */
export const chunkState = {
  /** Full, from before there were hours; they are made of it when there is time. */
  unrolled: 0,
  /** Waits to be merged with others. */
  small: 1,
  /** Full, and its readings are in the hours too. */
  rolled: 2,
} as const;

/** Less than every event time: of a device whose readings are in no hours, or all still there. */
export const beforeAll = Number.MIN_SAFE_INTEGER;

/**
 * The embedded store's file.
 *
 * - `recent`: one row for each product in each write, a block of the reports as they came; `next` is the cursor after
 *   the write. So a write is a row and an fsync, however many devices it holds.
 * - `chunk`: one row a block of one device's reports, moved there from `recent` when the device has many or the room
 *   for recent reports is needed. A device's chunks follow each other in log order, ids rising. Small ones are the
 *   last of their device and wait to be merged. `at_class` is the least c with last_at − first_at < 4^c, `offset_class`
 *   likewise: within a class an overlap with a range is a range of the index, however far late reports stretch a chunk.
 * - `device`: `packed` = its reports before this offset are in chunks or deleted; `latest` = the newest of those in
 *   chunks, a block of one. A deleted one keeps its chunks until there is time, under a name with a line break, which no
 *   device has. `let_go` = how many reports of it were deleted or let go by age, −1 where that was not counted yet;
 *   `deleted_before` = the log offset of its last deletion.
 * - `rollup`: least, greatest, sum and count of each signal by the hour, 64 hours a row (hour-page.ts), of all rolled
 *   chunks, also of those that retention took: a device's hours before `raw_from` may lack chunks. All rolled readings
 *   are older than `rolled_until`. A chunk and its hours change in one transaction.
 */
const firstSchema = `
  CREATE TABLE cursor (next INTEGER NOT NULL);
  INSERT INTO cursor VALUES (0);
  CREATE TABLE recent (id INTEGER PRIMARY KEY, next INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE INDEX recent_next ON recent (next);
  CREATE TABLE device (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    packed INTEGER NOT NULL, latest_at INTEGER NOT NULL, latest BLOB NOT NULL
  );
  CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, device INTEGER NOT NULL, small INTEGER NOT NULL, count INTEGER NOT NULL,
    at_class INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    offset_class INTEGER NOT NULL, first_offset INTEGER NOT NULL, last_offset INTEGER NOT NULL,
    seq_min INTEGER, seq_max INTEGER, body BLOB NOT NULL
  );
  CREATE INDEX chunk_at ON chunk (device, at_class, first_at, last_at, seq_min, seq_max);
  CREATE INDEX chunk_offset ON chunk (offset_class, first_offset, last_offset);
  CREATE INDEX chunk_small ON chunk (device, count) WHERE small = 1;
`;

const migrations: readonly string[] = [
  firstSchema,
  `
  ALTER TABLE chunk RENAME COLUMN small TO state;
  DROP INDEX chunk_small;
  DROP INDEX chunk_at;
  CREATE INDEX chunk_at ON chunk (device, at_class, first_at, last_at, seq_min, seq_max, state);
  CREATE INDEX chunk_unrolled ON chunk (device, state, count) WHERE state < ${chunkState.rolled};
  CREATE INDEX chunk_old ON chunk (state) WHERE state = ${chunkState.unrolled};
  CREATE INDEX chunk_last ON chunk (last_at);
  ALTER TABLE device ADD COLUMN rolled_until INTEGER NOT NULL DEFAULT ${beforeAll};
  ALTER TABLE device ADD COLUMN raw_from INTEGER NOT NULL DEFAULT ${beforeAll};
  CREATE TABLE rollup (device INTEGER NOT NULL, page INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (device, page));
  `,
  `
  ALTER TABLE device ADD COLUMN let_go INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE device ADD COLUMN deleted_before INTEGER NOT NULL DEFAULT 0;
  UPDATE device SET let_go = -1 WHERE raw_from > ${beforeAll};
  `,
];

/**
 * Opens the file in `folder`, making both when absent. Recent reports and the cursor are also held in memory, so the
 * caller holds the lock of the data folder; others may read (a backup does).
 */
export function openDatabase(folder: string): DatabaseSync {
  return translated('be opened', () => {
    mkdirSync(folder, { recursive: true });
    const db = new DatabaseSync(join(folder, fileName));
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      db.exec('PRAGMA wal_autocheckpoint = 1000; PRAGMA cache_size = -32000; BEGIN IMMEDIATE;');
      prepareSchema(db);
      db.exec('COMMIT');
      relax(db);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function prepareSchema(db: DatabaseSync): void {
  const found = integer(db.prepare('PRAGMA user_version').get()?.user_version);
  if (found > formatVersion) {
    throw new AftercareError('store-failed', `the telemetry store has format ${found}, known is ${formatVersion}`, {
      hint: 'A newer release of Aftercare wrote this data folder: start that release, or restore a backup.',
    });
  }
  for (const migration of migrations.slice(found)) db.exec(migration);
  if (found < formatVersion) db.exec(`PRAGMA user_version = ${formatVersion}`);
}

/** Runs `work`; what it throws comes out as {@link storeFailure}. */
export function translated<T>(purpose: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeFailure(purpose, error);
  }
}

/** Errors of SQLite and the file system as `store-failed` with what to do about them; others as they are. */
export function storeFailure(purpose: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (error instanceof AftercareError || !(error instanceof Error) || code === undefined) return error;
  const sqliteCode = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
  return new AftercareError('store-failed', `the telemetry store could not ${purpose}: ${error.message}`, {
    hint: hints.get(sqliteCode ?? String(code)) ?? 'See the message; the log keeps what is not stored yet.',
    cause: error,
  });
}

/** By SQLite's primary result code, or the system's error code. */
const hints = new Map<number | string, string>([
  [5, 'Another process uses this data folder: stop it, or give this one its own folder.'],
  [8, 'Make the data folder and its files writable.'],
  [10, 'Check the disk; the log keeps what is not stored yet.'],
  [11, 'The file is damaged: check the disk, then restore the data folder from a backup.'],
  [13, 'Free some disk space; the log keeps what is not stored yet.'],
  [14, 'Make the data folder and its files readable and writable.'],
  [26, 'The file is not a telemetry store: restore the data folder from a backup.'],
  ['EACCES', 'Make the data folder writable.'],
  ['ENOTDIR', 'Choose a folder for the data that can be made.'],
  ['EEXIST', 'Choose a folder for the data; this is a file.'],
]);
