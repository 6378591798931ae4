import { constants, setPriority } from 'node:os';
import { resolve } from 'node:path';
import { isAftercareError } from '../base/index.ts';
import { type OnProgress, takeBackup } from './backup.ts';
import type { BackupManifest } from './backup-manifest.ts';
import type { ExitCode } from './command-line.ts';
import { readConfig } from './config.ts';
import { progressLine } from './progress-line.ts';
import { restoreBackup } from './restore.ts';

const megabyte = 1_000_000;

/** `aftercare backup`: 1 when the data folder is damaged or cannot be copied. The service may be running. */
export async function backupCommand(
  target: string,
  options: { readonly data?: string; readonly json: boolean },
): Promise<ExitCode> {
  const data = resolve(options.data ?? readConfig(process.cwd(), process.env).AFTERCARE_DATA);
  const folder = resolve(target);
  // The service on the same machine goes first.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  return told(`Backup of ${data} in ${folder}`, options.json, (onProgress) =>
    takeBackup({ data, target: folder, onProgress }),
  );
}

/** `aftercare restore`: 1 when the backup is damaged or cannot be copied. */
export async function restoreCommand(
  backup: string,
  options: { readonly data: string; readonly json: boolean },
): Promise<ExitCode> {
  const data = resolve(options.data);
  return told(`Restored ${resolve(backup)} to ${data}`, options.json, (onProgress) =>
    restoreBackup({ backup: resolve(backup), data, onProgress }),
  );
}

async function told(
  title: string,
  json: boolean,
  work: (onProgress: OnProgress) => Promise<BackupManifest>,
): Promise<ExitCode> {
  const show = progressLine();
  try {
    const manifest = await work((file, bytes, total) => {
      const of = total === undefined ? '' : ` of ${(total / megabyte).toFixed(1)}`;
      show(`${file} ${(bytes / megabyte).toFixed(1)}${of} MB`);
    });
    show('');
    process.stdout.write(json ? `${JSON.stringify(manifest)}\n` : `${title}: ${inWords(manifest)}\n`);
    return 0;
  } catch (error) {
    show('');
    if (!isAftercareError(error, 'backup-failed') && !isAftercareError(error, 'backup-damaged')) throw error;
    process.stderr.write(`${error.message}\n${error.hint ? `→ ${error.hint}\n` : ''}`);
    return 1;
  }
}

function inWords({ counts, log, files }: BackupManifest): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return (
    `${counts.devices} devices, ${counts.evaluated} reports, ${counts.cases} cases, ` +
    `and ${log.next - log.first} records of the log; ${files.length} files, ${(bytes / megabyte).toFixed(1)} MB`
  );
}
