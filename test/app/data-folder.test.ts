import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { keptSecret, takeDataFolder } from '../../src/app/data-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aftercare-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const holder = `
  import { takeDataFolder } from '${resolve(import.meta.dirname, '../../src/app/data-folder.ts')}';
  takeDataFolder(process.argv[1]);
  console.log('held');
  setInterval(() => {}, 1000);
`;

it('belongs to one process, and is free again when that is killed', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  expect(() => takeDataFolder(folder)).toThrow(/in use by another Aftercare process/);
  child.kill('SIGKILL');
  await once(child, 'close');
  const taken = takeDataFolder(folder);
  expect(() => takeDataFolder(folder)).toThrow(/in use/);
  taken.release();
  takeDataFolder(folder).release();
});

it('says what to do when it cannot be used', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => takeDataFolder(join(file, 'below'))).toThrow(expect.objectContaining({ code: 'data-folder-unusable' }));
});

it('gives up where no folder can be made', () => {
  expect(() => takeDataFolder('/proc/nowhere/at/all')).toThrow(
    expect.objectContaining({ code: 'data-folder-unusable' }),
  );
});

it('keeps a secret for itself alone', () => {
  const path = join(folder, 'key');
  expect(keptSecret(path, () => 'first')).toBe('first');
  expect(keptSecret(path, () => 'second')).toBe('first');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
