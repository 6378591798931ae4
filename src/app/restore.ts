import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AftercareError } from '../base/index.ts';
import { copyDurably, empty, failed, makeEmpty, type OnProgress, syncFolder } from './backup.ts';
import { type BackupManifest, readManifest, sha256Of } from './backup-manifest.ts';
import { logFolder } from './data-files.ts';
import { writeLayout } from './layout.ts';

export interface RestoreOptions {
  /** A folder that `takeBackup` has written. */
  readonly backup: string;
  /** The data folder to be; must not be there or be empty. */
  readonly data: string;
  readonly onProgress: OnProgress;
}

/**
 * Makes a data folder from a backup, every file checked against the manifest. No service starts in the folder before it
 * is whole. Errors: `backup-unusable`, `backup-damaged`, `backup-failed`, `data-folder-unusable`; nothing is left then.
 */
export async function restoreBackup({ backup, data, onProgress }: RestoreOptions): Promise<BackupManifest> {
  const manifest = readManifest(backup);
  makeEmpty(data);
  try {
    writeLayout(data, 'restoring');
    mkdirSync(join(data, logFolder), { mode: 0o700 });
    for (const { path, bytes, sha256 } of manifest.files) {
      const to = join(data, path);
      onProgress(path, 0, bytes);
      await copyDurably(join(backup, path), to);
      if (statSync(to).size === bytes && (await sha256Of(to)) === sha256) continue;
      throw new AftercareError('backup-damaged', `${join(backup, path)} is not as it was when the backup was taken.`, {
        hint: 'Restore another backup, or this one from another copy of it.',
      });
    }
    syncFolder(join(data, logFolder));
    writeLayout(data, manifest.layout);
    syncFolder(data);
    syncFolder(dirname(data));
    return manifest;
  } catch (error) {
    await empty(data);
    throw failed(error);
  }
}
