import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { openToRead } from './database.ts';

export interface ReadOnlyDatabase {
  readonly db: DatabaseSync;
  close(): void;
}

/**
 * Opens a database file that no process has open, and leaves file and folder as they are. Undefined when there is no
 * such file. `versions` are the table versions that the caller can read.
 */
export function openReadOnly(folder: string, file: string, versions: readonly number[]): ReadOnlyDatabase | undefined {
  const path = join(folder, file);
  if (!existsSync(path)) return undefined;
  const url = pathToFileURL(path);
  // A writer that was killed leaves a journal, which SQLite reads by means of a scratch file beside it. Without one the
  // file is whole in itself, and nothing is needed beside it.
  const scratch = `${path}-shm`;
  const hadScratch = existsSync(scratch);
  const hasJournal = existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
  if (!hasJournal) url.searchParams.set('immutable', '1');
  const removeScratch = () => {
    if (!hadScratch) rmSync(scratch, { force: true });
  };
  try {
    const db = openToRead(path, versions, () => new DatabaseSync(url, { readOnly: true }));
    const close = () => {
      db.close();
      removeScratch();
    };
    return { db, close };
  } catch (error) {
    removeScratch();
    throw error;
  }
}
