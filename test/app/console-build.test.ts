import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildConsole } from '../../src/app/console-build.ts';

/** A project with a bundler of few words. */
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'aftercare-console-'));
  mkdirSync(join(root, 'dashboards', 'console', 'src'), { recursive: true });
  mkdirSync(join(root, 'node_modules', 'vite', 'bin'), { recursive: true });
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'dashboards', 'console', 'src', 'main.ts'), 'one');
  bundler(`require('node:fs').mkdirSync('dashboards/console/dist', { recursive: true })`);
});
afterEach(() => rmSync(root, { recursive: true }));

function bundler(script: string): void {
  writeFileSync(join(root, 'node_modules', 'vite', 'bin', 'vite.js'), script);
}

/** 'stands' when there was nothing to do, 'built', or why it could not be. */
function build(): Promise<string> {
  return new Promise((resolve) => {
    const made = buildConsole({ root, onBuilt: () => resolve('built'), onFailed: resolve });
    if (made.folder() !== undefined) resolve('stands');
  });
}

it('builds what does not stand yet, and again only when its sources change', async () => {
  expect(await build()).toBe('built');
  expect(await build()).toBe('stands');
  writeFileSync(join(root, 'dashboards', 'console', 'src', 'main.ts'), 'two');
  expect(await build()).toBe('built');
  expect(await build()).toBe('stands');
});

it('stands wherever the project is moved to, as from one stage of an image to the next', async () => {
  expect(await build()).toBe('built');
  const from = root;
  root = `${from}-moved`;
  cpSync(from, root, { recursive: true });
  rmSync(from, { recursive: true });
  bundler(`process.exit(1)`);
  expect(await build()).toBe('stands');
});

it('says why it could not be built, also when the bundler was killed', async () => {
  bundler(`console.error('no such module'); process.exit(1)`);
  expect(await build()).toBe('no such module');
  bundler(`process.kill(process.pid, 'SIGKILL')`);
  expect(await build()).toBe('vite ended with SIGKILL');
});
