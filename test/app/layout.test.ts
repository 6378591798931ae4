import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { layoutVersion, readLayout, upgradeLayout, writeLayout } from '../../src/app/layout.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aftercare-layout-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const refused = (message: RegExp, hint: RegExp) =>
  expect.objectContaining({
    code: 'data-folder-unusable',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });

it('takes a folder that does not name its layout for one of the first release, and names it', () => {
  expect(readLayout(folder)).toBe(1);
  upgradeLayout(folder);
  expect(readFileSync(join(folder, 'layout'), 'utf8')).toBe(`${layoutVersion}\n`);
  upgradeLayout(folder);
  expect(readLayout(folder)).toBe(layoutVersion);
});

it('refuses the folder of a newer release, and leaves it as it is', () => {
  writeLayout(folder, layoutVersion + 1);
  expect(() => upgradeLayout(folder)).toThrow(refused(/written by a newer Aftercare/, /Start the newer version again/));
  expect(readFileSync(join(folder, 'layout'), 'utf8')).toBe(`${layoutVersion + 1}\n`);
});

it('refuses a folder to which a backup was not restored to its end', () => {
  writeLayout(folder, 'restoring');
  expect(() => upgradeLayout(folder)).toThrow(refused(/not to its end/, /Empty the folder/));
});

it.each(['', 'one', '0', '-1', '1.5'])('refuses %j for a layout', (text) => {
  writeFileSync(join(folder, 'layout'), text);
  expect(() => upgradeLayout(folder)).toThrow(refused(/does not hold the number of a layout/, /Restore/));
});

it('leaves nothing half written', () => {
  writeLayout(folder);
  expect(existsSync(join(folder, 'layout.new'))).toBe(false);
});
