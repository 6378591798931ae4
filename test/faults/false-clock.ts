import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireProgram } from '../servers.ts';

/** The wall clock of a process, which can be set while it runs. Its monotonic clock goes on as it does. */
export interface FalseClock {
  /** What the process has to be started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Off the true time by so much from now on (within a second). */
  set(offsetMs: number): void;
}

/** By libfaketime, since the product has no clock for tests. Undefined, said aloud, where it is not installed. */
export function falseClock(folder: string): FalseClock | undefined {
  if (process.platform !== 'linux' || requireProgram('faketime') === undefined) return undefined;
  const library = readdirSync('/usr/lib', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'))
    .map(({ name }) => join('/usr/lib', name, 'faketime'))
    .flatMap((place) => filesOf(place).map((name) => join(place, name)))
    .find((path) => path.endsWith('libfaketimeMT.so.1'));
  if (library === undefined) throw new Error('faketime is installed without libfaketimeMT.so.1');
  const file = join(folder, 'clock');
  const set = (offsetMs: number) => writeFileSync(file, `${offsetMs < 0 ? '-' : '+'}${Math.abs(offsetMs) / 1_000}\n`);
  set(0);
  return {
    set,
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
  };
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
