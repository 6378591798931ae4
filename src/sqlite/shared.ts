import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AftercareError } from '../base/index.ts';
import { integer } from './database.ts';

/** How long a read waits for a writer that recovers its journal. */
const busyTimeoutMs = 5_000;

/**
 * Opens a database file to read it, whoever else has it open: every statement, or transaction, sees one state of it and
 * holds no writer up. Undefined when there is no such file. `versions` are the table versions that the caller can read.
 */
export function openShared(folder: string, file: string, versions: readonly number[]): DatabaseSync | undefined {
  const path = join(folder, file);
  if (!existsSync(path)) return undefined;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    const version = integer(db.prepare('PRAGMA user_version').get()?.user_version);
    if (versions.includes(version)) return db;
  } catch (error) {
    db?.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new AftercareError('data-folder-unusable', `${path} cannot be read: ${reason}.`, {
      hint: 'Check the owner and rights of the data folder and its disk; a damaged file must come from a backup.',
      cause: error,
    });
  }
  db.close();
  throw new AftercareError(
    'data-folder-unusable',
    `${path} has tables of another version than ${versions.join(', ')}.`,
    {
      hint: 'Use the version of Aftercare that wrote it.',
    },
  );
}
