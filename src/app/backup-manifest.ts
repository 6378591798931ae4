import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { AftercareError } from '../base/index.ts';
import { refuseNewer } from './layout.ts';

const count = z.int().nonnegative();

/** A path below the backup's folder, with `/`: a backup from elsewhere must not write outside of the data folder. */
const filePath = z.string().regex(/^(?:log\/)?[a-z0-9][a-z0-9.-]*$/);

const manifestShape = z.object({
  kind: z.literal('aftercare-backup'),
  layout: z.int().positive(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  counts: z.object({ devices: count, evaluated: count, cases: count, findings: count }),
  log: z.object({ first: count, next: count }),
  files: z.array(z.object({ path: filePath, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/** What a backup holds. Written last: a folder without it is no backup. */
export type BackupManifest = z.infer<typeof manifestShape>;

export const manifestFile = 'manifest.json';

/** Throws `backup-unusable` when there is none, or an unusable one; `data-folder-unusable` for a newer release's. */
export function readManifest(folder: string): BackupManifest {
  const file = join(folder, manifestFile);
  if (!existsSync(file)) {
    throw new AftercareError('backup-unusable', `${folder} is no whole backup: it has no ${manifestFile}.`, {
      hint: 'Name the folder that `aftercare backup` has written to its end.',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new AftercareError('backup-unusable', `${file} cannot be read.`, { cause });
  }
  const read = manifestShape.safeParse(value);
  if (read.success) {
    refuseNewer(read.data.layout, folder);
    return read.data;
  }
  throw new AftercareError('backup-unusable', `${file} is not usable: ${z.prettifyError(read.error)}`);
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
