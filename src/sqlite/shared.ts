import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { busyTimeoutMs, openToRead } from './database.ts';

/**
 * Opens a database file to read it, whoever else has it open: every statement, or transaction, sees one state of it and
 * holds no writer up. Undefined when there is no such file. `versions` are the table versions that the caller can read.
 */
export function openShared(folder: string, file: string, versions: readonly number[]): DatabaseSync | undefined {
  const path = join(folder, file);
  if (!existsSync(path)) return undefined;
  return openToRead(path, versions, () => new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs }));
}
