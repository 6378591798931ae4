import { closeSync, fsyncSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireProgram, runProgram } from '../servers.ts';

/** A disk of its own for the data folder, that can be full. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room there is; again and again, as long as somebody gives some back. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  remove(): Promise<void>;
}

/** Undefined where this user cannot mount one, which is said aloud. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | undefined> {
  const mount = requireProgram('mount');
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-disk-'));
  const args = ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder];
  const result = mount === undefined ? undefined : await runProgram(mount, args);
  if (result?.code !== 0) {
    rmdirSync(folder);
    console.warn(`[skip] a full disk: this user cannot mount a tmpfs (${result?.stderr.trim() ?? 'no mount'})`);
    return undefined;
  }
  const filler = join(folder, 'filler');
  let timer: NodeJS.Timeout | undefined;
  return {
    folder,
    fill: () => {
      fillUp(filler);
      timer = setInterval(() => fillUp(filler), 50);
    },
    free: () => {
      clearInterval(timer);
      rmSync(filler, { force: true });
    },
    remove: async () => {
      clearInterval(timer);
      await runProgram(requireProgram('umount') ?? '', ['--lazy', folder]);
      rmdirSync(folder);
    },
  };
}

function fillUp(file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (let bytes = 1024 * 1024; bytes >= 4_096; ) {
      try {
        // Less than was asked for means that the next one has no room.
        writeSync(descriptor, Buffer.alloc(bytes));
      } catch {
        bytes /= 2;
      }
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
