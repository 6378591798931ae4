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

it('leaves a thread its own bound for what has just been made, whatever the main thread’s is', async () => {
  const root = mkdtempSync(join(tmpdir(), 'aftercare-preload-'));
  folders.push(root);
  writeFileSync(
    join(root, 'main.mjs'),
    `import { getHeapSpaceStatistics } from 'node:v8';
     import { isMainThread, parentPort, Worker } from 'node:worker_threads';
     const kept = [];
     for (let i = 0; i < 1_000_000; i += 1) kept.push({ i });
     const megabytes = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size / 2 ** 20;
     if (isMainThread) {
       const thread = new Worker(import.meta.filename, { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 6 } });
       thread.on('message', (ofThread) => console.log(JSON.stringify([megabytes, ofThread])));
     } else parentPort.postMessage(megabytes);`,
  );
  const preload = join(import.meta.dirname, '..', 'src', 'preload.mjs');
  const args = ['--max-semi-space-size=16', '--import', preload, join(root, 'main.mjs')];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const [ofMain, ofThread] = JSON.parse(stdout);
  expect(ofMain).toBeGreaterThan(8);
  expect(ofThread).toBeLessThanOrEqual(4);
});
