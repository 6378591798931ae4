import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { AftercareError, assert } from '../base/index.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** How long a statement waits for another process (a backup, a person with the sqlite3 shell) to let go. */
export const busyTimeoutMs = 5_000;

/**
 * Opens a database file in a folder that exists, made when absent and readable by its owner only, and brings its
 * tables up to date: migration `n` (counted from 0) leads from version `n` to `n + 1`, each in its own transaction.
 */
export function openDatabase(folder: string, file: string, migrations: readonly string[]): DatabaseSync {
  const path = join(folder, file);
  let database: DatabaseSync | undefined;
  try {
    closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(database, path, migrations);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof AftercareError) throw error;
    throw new AftercareError('data-folder-unusable', `${path} cannot be opened: ${messageOf(error)}.`, {
      hint: 'Check the owner and rights of the data folder and the space on its disk.',
      cause: error,
    });
  }
}

/** Opens a file to read it: `versions` are the table versions that the caller can read. */
export function openToRead(path: string, versions: readonly number[], open: () => DatabaseSync): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = open();
    const version = integer(database.prepare('PRAGMA user_version').get()?.user_version);
    if (versions.includes(version)) return database;
    const known = versions.join(' and ');
    throw new AftercareError('data-folder-unusable', `${path} has tables of version ${version}, known is ${known}.`, {
      hint: 'Use the version of Aftercare that wrote it.',
    });
  } catch (error) {
    database?.close();
    if (error instanceof AftercareError) throw error;
    throw new AftercareError('data-folder-unusable', `${path} cannot be read: ${messageOf(error)}.`, {
      hint: 'Check the owner and rights of the data folder and its disk; a damaged file must come from a backup.',
      cause: error,
    });
  }
}

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  const version = integer(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version > migrations.length) {
    throw new AftercareError(
      'data-folder-unusable',
      `${path} was written by a newer Aftercare: its tables have version ${version}, known is ${migrations.length}.`,
      { hint: 'Start the newer version again, or restore a backup made by this one.' },
    );
  }
  migrations.slice(version).forEach((sql, step) => {
    transaction(database, () => database.exec(`${sql}; PRAGMA user_version = ${version + step + 1}`));
  });
}

/** All or nothing; durable when it returns, unless the database is relaxed. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Transactions survive the process from here on, and a loss of power only from {@link sync} on: each costs no wait for
 * the disk. For what can be made again from the log.
 */
export function relax(database: DatabaseSync): void {
  database.exec('PRAGMA synchronous = NORMAL');
}

/** Brings what was written so far to the disk without holding up this thread, so that {@link sync} has little to wait for. */
export async function drain(database: DatabaseSync): Promise<void> {
  const journal = await open(`${database.location()}-wal`, 'r+');
  try {
    await journal.datasync();
  } finally {
    await journal.close();
  }
}

/** Everything so far survives a loss of power: a transaction that says nothing new takes the others to the disk. */
export function sync(database: DatabaseSync): void {
  const version = integer(database.prepare('PRAGMA user_version').get()?.user_version);
  database.exec('PRAGMA synchronous = FULL');
  try {
    transaction(database, () => database.exec(`PRAGMA user_version = ${version}`));
  } finally {
    relax(database);
  }
}

/** SQLite's primary result codes that say something of the disk or of other processes, and nothing of our statements. */
const worldCodes: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 11, 13, 14, 26]);

/**
 * Runs `work` at once, and waits for it. A full disk and the like reject with `store-failed`; our own mistakes pass as
 * they are.
 */
export async function answer<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const errcode = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
    if (typeof errcode !== 'number' || !worldCodes.has(errcode & 0xff)) throw error;
    throw new AftercareError('store-failed', `The database did not take it: ${messageOf(error)}.`, {
      hint: 'Nothing was changed. Look at the disk of the data folder, then try again.',
      cause: error,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function text(value: SQLOutputValue | undefined): string {
  assert(typeof value === 'string', 'the column holds text');
  return value;
}

export function integer(value: SQLOutputValue | undefined): number {
  assert(typeof value === 'number', 'the column holds a number');
  return value;
}

export function textOrUndefined(value: SQLOutputValue | undefined): string | undefined {
  return value === null ? undefined : text(value);
}

export function integerOrUndefined(value: SQLOutputValue | undefined): number | undefined {
  return value === null ? undefined : integer(value);
}

export function blob(value: SQLOutputValue | undefined): Uint8Array {
  assert(value instanceof Uint8Array, 'the column holds bytes');
  return value;
}
