import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AftercareError } from '../base/index.ts';
import { integer } from './database.ts';

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
  let db: DatabaseSync | undefined;
  const close = () => {
    db?.close();
    if (!hadScratch) rmSync(scratch, { force: true });
  };
  try {
    db = new DatabaseSync(url, { readOnly: true });
    const version = integer(db.prepare('PRAGMA user_version').get()?.user_version);
    if (!versions.includes(version)) {
      const known = versions.join(' and ');
      throw new AftercareError('data-folder-unusable', `${path} has tables of version ${version}, known is ${known}.`, {
        hint: 'Use the version of Aftercare that wrote it.',
      });
    }
    return { db, close };
  } catch (error) {
    close();
    if (error instanceof AftercareError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AftercareError('data-folder-unusable', `${path} cannot be read: ${reason}.`, {
      hint: 'Check the owner and rights of the data folder and its disk; a damaged file must come from a backup.',
      cause: error,
    });
  }
}
