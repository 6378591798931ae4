import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Where the main thread and one that it starts keep what they compiled, of a project whose `node_modules` is made so. */
async function keptBy(make: (modules: string) => void): Promise<{ root: string; main: unknown; thread: unknown }> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'aftercare-preload-')));
  folders.push(root);
  mkdirSync(join(root, 'src'));
  copyFileSync(join(import.meta.dirname, '..', 'src', 'preload.mjs'), join(root, 'src', 'preload.mjs'));
  make(join(root, 'node_modules'));
  writeFileSync(
    join(root, 'main.mjs'),
    `import { getCompileCacheDir } from 'node:module';
     import { isMainThread, parentPort, Worker } from 'node:worker_threads';
     if (isMainThread) {
       const thread = new Worker(import.meta.filename, { execArgv: [] });
       thread.on('message', (kept) => console.log(JSON.stringify({ main: getCompileCacheDir(), thread: kept })));
     } else parentPort.postMessage(getCompileCacheDir());`,
  );
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const args = ['--import', join(root, 'src', 'preload.mjs'), join(root, 'main.mjs')];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return { root, main: undefined, thread: undefined, ...JSON.parse(stdout) };
}

it('keeps what every thread compiled in a folder of the project', async () => {
  const { root, main, thread } = await keptBy((modules) => mkdirSync(modules));
  expect(main).toMatch(join(root, 'node_modules', '.cache', 'aftercare'));
  expect(thread).toBe(main);
});

it('keeps nothing, and starts, where that folder cannot be made', async () => {
  const { main, thread } = await keptBy((modules) => writeFileSync(modules, ''));
  expect([main, thread]).toEqual([undefined, undefined]);
});
