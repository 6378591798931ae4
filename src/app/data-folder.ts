import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AftercareError } from '../base/index.ts';

export interface DataFolder {
  readonly path: string;
  /** Lets another process have it. The operating system does this too when the process dies. */
  release(): void;
}

/** A lock that nobody refers to would be collected, and with it released. */
const held = new Set<DatabaseSync>();

/**
 * Makes the folder if need be and takes it for this process alone. The lock is the file lock of an open SQLite
 * transaction: the operating system releases it at the process's death, however it dies.
 */
export function takeDataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  const lockFile = join(path, 'lock.sqlite');
  let lock: DatabaseSync;
  try {
    makeFolder(path);
    lock = new DatabaseSync(lockFile);
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE;');
  } catch (error) {
    if (isBusy(error)) throw locked(path);
    throw unusable(path, error);
  }
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw locked(path);
    throw unusable(path, error);
  }
  held.add(lock);
  return {
    path,
    release: () => {
      held.delete(lock);
      lock.close();
    },
  };
}

/** Level by level: mkdir's own `recursive` never returns where a file system refuses a folder as if it were absent. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** A secret that lives as long as the data folder: made at first, kept with mode 0600. */
export function keptSecret(path: string, make: () => string): string {
  if (!existsSync(path)) writeFileSync(path, `${make()}\n`, { mode: 0o600, flag: 'wx', flush: true });
  chmodSync(path, 0o600);
  return readFileSync(path, 'utf8').trim();
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /database is locked|SQLITE_BUSY/.test(error.message);
}

function locked(path: string): AftercareError {
  return new AftercareError('data-folder-locked', `${path} is in use by another Aftercare process`, {
    hint: 'stop that process, or give this one a folder of its own with AFTERCARE_DATA',
  });
}

function unusable(path: string, cause: unknown): AftercareError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AftercareError('data-folder-unusable', `${path} cannot be used: ${reason}`, {
    cause,
    hint: 'make the folder writable for this user, or name another one with AFTERCARE_DATA',
  });
}
