import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AftercareError, isAftercareError } from '../base/index.ts';
import type { ExitCode } from './command-line.ts';
import { readConfig } from './config.ts';
import { type DataFolder, takeDataFolder } from './data-folder.ts';
import { readPublishedPack } from './packs.ts';
import { progressLine } from './progress-line.ts';
import { type Verification, verifyFolder } from './verify.ts';
import { verificationText } from './verify-text.ts';

export interface VerifyCommandOptions {
  /** Default: the setting AFTERCARE_DATA. */
  readonly data?: string;
  readonly json: boolean;
}

/** `aftercare verify`: 1 when something differs or is damaged, 2 when there is nothing to verify or a service runs. */
export async function verifyCommand(options: VerifyCommandOptions): Promise<ExitCode> {
  const folder = resolve(options.data ?? readConfig(process.cwd(), process.env).AFTERCARE_DATA);
  const held = take(folder);
  try {
    const startedAt = performance.now();
    const show = progressLine();
    const result = await verifyFolder({
      folder,
      readPack: readPublishedPack,
      onProgress: ({ record, of }) =>
        show(`${Math.floor((100 * record) / Math.max(1, of))} %, record ${record} of ${of}`),
    });
    show('');
    tell(folder, result, performance.now() - startedAt, options);
    return result.ok ? 0 : 1;
  } finally {
    held.release();
  }
}

/** What the service keeps its lock and its data by; without any of them the folder is another's. */
const ownNames = ['lock.sqlite', 'pipeline.sqlite', 'telemetry.sqlite', 'log'];

function take(folder: string): DataFolder {
  if (!ownNames.some((name) => existsSync(join(folder, name)))) {
    throw new AftercareError('data-folder-unusable', `${folder} holds no data of Aftercare`, {
      hint: 'name the data folder with --data, or with AFTERCARE_DATA',
    });
  }
  try {
    return takeDataFolder(folder);
  } catch (error) {
    if (!isAftercareError(error, 'data-folder-locked')) throw error;
    throw new AftercareError('data-folder-locked', `a service runs on ${folder}, so its data cannot be verified now`, {
      hint: 'stop the service first, or verify a restored backup',
      cause: error,
    });
  }
}

function tell(folder: string, result: Verification, tookMs: number, { json }: VerifyCommandOptions): void {
  const reportsPerSecond = Math.round((1_000 * result.recounted) / Math.max(1, tookMs));
  if (json) {
    const nullForUndefined = (_key: string, value: unknown) => (value === undefined ? null : value);
    const all = { ...result, folder, tookMs: Math.round(tookMs), reportsPerSecond };
    process.stdout.write(`${JSON.stringify(all, nullForUndefined)}\n`);
    return;
  }
  const took = `recounted ${result.recounted} reports of the log in ${(tookMs / 1_000).toFixed(1)} s`;
  process.stdout.write(`${folder}: ${took}, ${reportsPerSecond} a second\n\n${verificationText(result)}`);
}
