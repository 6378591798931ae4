import { join } from 'node:path';
import type { ExitCode } from './command-line.ts';
import { buildConsole } from './console-build.ts';

const root = join(import.meta.dirname, '..', '..');

/** Builds the console unless it stands as its sources are: what `serve` then finds, it need not build. */
export async function buildConsoleCommand(): Promise<ExitCode> {
  const failure = await new Promise<string | undefined>((resolve) => {
    const build = buildConsole({ root, onBuilt: () => resolve(undefined), onFailed: resolve });
    if (build.folder() !== undefined) resolve(undefined);
  });
  if (failure === undefined) return 0;
  process.stderr.write(`${failure}\n`);
  return 1;
}
