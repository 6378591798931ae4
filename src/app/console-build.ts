import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ConsoleBuild {
  /** Where the built console is; undefined while it is building, or when the build failed. */
  folder(): string | undefined;
  stop(): void;
}

export interface ConsoleBuildOptions {
  /** The project's folder. */
  readonly root: string;
  readonly onBuilt: (tookMs: number) => void;
  readonly onFailed: (output: string) => void;
}

const outputCharactersMax = 4_000;

/** The staff console, built again when its sources are not those it was built from. The service does not wait for it. */
export function buildConsole(options: ConsoleBuildOptions): ConsoleBuild {
  const source = join(options.root, 'dashboards', 'console');
  const built = join(source, 'dist');
  const stamp = join(built, '.built-from');
  const digest = sourceDigest(options.root, source);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return { folder: () => built, stop: () => {} };
  let ready = false;
  let stopped = false;
  let output = '';
  const startedAt = performance.now();
  const vite = join(options.root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', '--config', join(source, 'vite.config.ts'), '--logLevel', 'warn'];
  const child = spawn(process.execPath, args, {
    cwd: options.root,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gather = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-outputCharactersMax);
  };
  child.stdout.on('data', gather);
  child.stderr.on('data', gather);
  child.on('error', (error) => options.onFailed(error.message));
  child.on('close', (code, signal) => {
    if (stopped) return;
    if (code !== 0) {
      options.onFailed(output.trim() || `vite ended with ${signal ?? `code ${code}`}`);
      return;
    }
    writeFileSync(stamp, digest);
    ready = true;
    options.onBuilt(Math.round(performance.now() - startedAt));
  });
  const stop = () => {
    stopped = true;
    child.kill();
  };
  return { folder: () => (ready ? built : undefined), stop };
}

/** Of all that goes into the build: the console's own files and the versions of what it imports. */
function sourceDigest(root: string, source: string): string {
  const hash = createHash('sha256');
  const names = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(source, 'dist')))
    .sort();
  for (const file of [join(root, 'package-lock.json'), ...names])
    hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}
