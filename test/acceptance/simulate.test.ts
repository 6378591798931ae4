import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAftercare, type ServiceProcess, startService } from '../service-process.ts';
import { deviceOf } from './fixture.ts';

interface Result {
  readonly tookMs: number;
  readonly devices: number;
  readonly faults: { readonly planted: number; readonly found: number };
  readonly cases: { readonly opened: number };
  readonly silence: unknown;
  readonly reports: Record<'sent' | 'received' | 'acknowledged' | 'duplicates' | 'quarantined' | 'lost', number>;
}

const folder = mkdtempSync(join(tmpdir(), 'aftercare-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small = ['--devices', '6', '--days', '2', '--seed', '3'];

describe('aftercare simulate --in-process', () => {
  it('scores a fleet without a service, the same each time', async () => {
    const truth = join(folder, 'truth.jsonl');
    const once = await runAftercare(['simulate', 'demo', '--in-process', ...small, '--truth', truth, '--json']);
    expect(once).toMatchObject({ code: 0, stderr: '' });
    const { tookMs: _once, ...card } = JSON.parse(once.stdout) as Result;
    expect(card).toMatchObject({ scenario: 'demo', seed: 3, days: 2, how: 'in-process', devices: 6 });
    expect(card.reports).toMatchObject({ quarantined: 0, lost: 0 });
    expect(card.reports.received).toBe(card.reports.acknowledged + card.reports.duplicates);
    const lines = readFileSync(truth, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(card.faults.planted);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ device: expect.stringMatching(/^demo-/) });

    const again = await runAftercare(['simulate', 'demo', '--in-process', ...small, '--json']);
    const { tookMs: _again, ...second } = JSON.parse(again.stdout) as Result;
    expect(second).toEqual(card);
  });

  it('writes a table for people', async () => {
    const { code, stdout } = await runAftercare(['simulate', 'bad-network', '--in-process', ...small]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^badnet, seed 3, 2 days, in-process: [\d.]+ s, \d+ reports\/s\n/);
    expect(stdout).toMatch(/^lost +0$/m);
    expect(stdout).toMatch(/^failure mode +faults +found +missed +median lead/m);
  });

  it('guesses what a misspelt scenario may mean: 2', async () => {
    const { code, stderr } = await runAftercare(['simulate', 'demmo', '--in-process']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('did you mean demo?') });
  });
});

describe('aftercare simulate over MQTT', () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('brings a fleet to the present, loses nothing, and leaves room for another run', async () => {
    const { http, mqtt } = service.ports;
    const env = {
      AFTERCARE_HTTP: `127.0.0.1:${http}`,
      AFTERCARE_MQTT: `127.0.0.1:${mqtt}`,
      AFTERCARE_TOKEN: service.token,
    };
    const simulate = () => runAftercare(['simulate', 'demo', ...small, '--until-now', '--json'], env);
    const first = await simulate();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const card = JSON.parse(first.stdout) as Result;
    expect(card).toMatchObject({ how: 'mqtt', devices: 6, silence: null });
    expect(card.reports.lost).toBe(0);
    expect(card.reports.acknowledged).toBe(card.reports.sent);
    expect(card.reports.sent).toBeGreaterThan(17_000);
    expect(card.cases.opened).toBeGreaterThan(0);
    const device = await deviceOf(service, 'demo-fridge-001');
    expect(device.watermark && Date.parse(device.watermark)).toBeGreaterThan(Date.now() - 600_000);

    expect((await simulate()).code).toBe(0);
    expect(await deviceOf(service, 'demo-fridge-001')).toMatchObject({ life: 'retired' });
    expect(await deviceOf(service, 'demo-2-fridge-001')).toMatchObject({ life: 'active' });
  });
});
