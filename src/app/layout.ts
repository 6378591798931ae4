import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AftercareError } from '../base/index.ts';

/** What lies where in the data folder. The tables of its databases have versions of their own, in their files. */
export const layoutVersion = 1;

const fileName = 'layout';
const restoring = 'restoring';

/** The layout of a data folder; the first release did not name it. Throws `data-folder-unusable` for an unknown one. */
export function readLayout(folder: string): number {
  const file = join(folder, fileName);
  if (!existsSync(file)) return 1;
  const text = readFileSync(file, 'utf8').trim();
  if (text === restoring) {
    throw new AftercareError('data-folder-unusable', `A backup was being restored to ${folder}, but not to its end.`, {
      hint: 'Empty the folder, then restore the backup again.',
    });
  }
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new AftercareError('data-folder-unusable', `${file} does not hold the number of a layout.`, {
      hint: 'Restore the folder from a backup, or name another one with AFTERCARE_DATA.',
    });
  }
  refuseNewer(Number(text), folder);
  return Number(text);
}

/** Throws `data-folder-unusable` for a layout that this release does not know yet. */
export function refuseNewer(layout: number, of: string): void {
  if (layout <= layoutVersion) return;
  throw new AftercareError(
    'data-folder-unusable',
    `${of} was written by a newer Aftercare: its layout is ${layout}, known is ${layoutVersion}.`,
    { hint: 'Start the newer version again, or restore a backup made by this one.' },
  );
}

/** Brings a data folder, a new one too, to this release's layout. */
export function upgradeLayout(folder: string): void {
  readLayout(folder);
  if (!existsSync(join(folder, fileName))) writeLayout(folder);
}

/** `restoring` keeps a service from starting in the folder until its own number is written. */
export function writeLayout(folder: string, layout: number | typeof restoring = layoutVersion): void {
  const file = join(folder, fileName);
  writeFileSync(`${file}.new`, `${layout}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
