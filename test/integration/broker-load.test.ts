import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestBroker, type TestBroker } from '../broker/fixture.ts';
import { secretOf } from '../broker/raw-client.ts';
import { type ProgramResult, runProgram } from '../servers.ts';

const main = join(import.meta.dirname, '../../simulators/load/main.ts');

describe('the load generator', () => {
  let folder: string;
  let file: string;
  let started: TestBroker;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aftercare-load-'));
    file = join(folder, 'devices.json');
    const devices = ['d1', 'd2', 'd3'].map((id) => ({ id, secret: secretOf(id) }));
    await writeFile(file, JSON.stringify(devices));
    started = await startTestBroker();
  });

  afterEach(async () => {
    await started.broker.close();
    await rm(folder, { recursive: true });
  });

  const run = (...args: string[]): Promise<ProgramResult> =>
    runProgram(process.execPath, [main, '--url', `mqtt://127.0.0.1:${started.port}`, ...args]);
  const load = (...args: string[]): Promise<ProgramResult> =>
    run('--connections', '3', '--window', '4', '--seconds', '0.3', '--json', ...args);

  it('reports until its time is over, and counts what was acknowledged', async () => {
    const { code, stdout, stderr } = await load('--devices-file', file);
    expect([code, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ acked: result.sent, connections: 3, window: 4, problems: [] });
    expect(result.sent).toBe(started.messages.length);
    for (const key of ['ratePerS', 'ackP50Ms', 'ackP99Ms', 'cpuUsPerReport']) expect(result[key]).toBeGreaterThan(0);

    const seqs = started.messages.filter(({ device }) => device === 'd2').map(({ text }) => JSON.parse(text).seq);
    expect(seqs).toEqual(seqs.map((_, index) => seqs[0] + index));
  });

  it('keeps to a rate by sending whole windows in turn', async () => {
    const { code, stdout } = await load('--devices-file', file, '--rate', '200');
    const { sent, acked, problems, startedAt, lastAckAt } = JSON.parse(stdout);
    expect({ code, acked, problems }).toEqual({ code: 0, acked: sent, problems: [] });
    expect(sent).toBeGreaterThan(0);
    expect(sent % 4).toBe(0);
    // What was due until the last acknowledgement: 200 a second, and a window of each connection at once.
    expect(sent).toBeLessThanOrEqual(((lastAckAt - startedAt) / 1_000) * 200 + 3 * 4 + 1);
  });

  it('says why it was not let in', async () => {
    const { code, stdout } = await load();
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ sent: 0, acked: 0, problems: ['CONNACK 5'] });
  });

  it('refuses other machines and senseless options', async () => {
    for (const args of [
      ['--url', 'mqtt://192.0.2.1'],
      ['--window', '0'],
      ['--seconds', 'x'],
      ['--sconds', '1'],
    ]) {
      const { code, stderr } = await run(...args);
      expect(code).toBe(2);
      expect(stderr).toContain(args[0]);
    }
  });
});
