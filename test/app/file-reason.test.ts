import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { backtestCommand } from '../../src/app/backtest-command.ts';
import { detectCommand } from '../../src/app/detect-command.ts';
import { findPackFiles } from '../../src/app/packs.ts';
import { readTruthFile } from '../../src/app/truth-file.ts';
import { fileReason } from '../../src/base/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'aftercare-reasons-'));
const missing = join(folder, 'missing.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

describe('why a file cannot be used', () => {
  it('is told in words', () => {
    expect(findPackFiles([missing]).wrong).toEqual([`${missing}: there is no such file or folder`]);
    expect(() => readTruthFile(missing)).toThrow(`${missing} cannot be read: there is no such file or folder`);
  });

  it('is told of the pack that is to be tried, also when it is a folder', async () => {
    for (const [pack, reason] of [
      [missing, 'there is no such file or folder'],
      [folder, 'it is a folder, not a file'],
    ] as const) {
      const run = backtestCommand({ pack, json: true });
      await expect(run).rejects.toMatchObject({ code: 'request-invalid', message: `${pack}: ${reason}` });
    }
  });

  it('is told of a recording', async () => {
    for (const [csv, reason] of [
      [missing, 'there is no such file or folder'],
      [folder, 'it is a folder, not a file'],
    ] as const) {
      const run = detectCommand(csv, { json: true });
      await expect(run).rejects.toMatchObject({ code: 'csv-invalid', message: `${csv}: ${reason}` });
    }
  });

  it('is as the system says it where there are no better words', () => {
    expect(fileReason(new Error('EMFILE: too many open files'))).toBe('EMFILE: too many open files');
    expect(fileReason('odd')).toBe('odd');
  });
});
