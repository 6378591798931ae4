import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProgramResult } from '../servers.ts';
import { runAftercare, type ServiceProcess, startService } from '../service-process.ts';
import { casesOf, deviceOf, findingsOf, iso, ledgerAtRest, minuteMs, type Series } from './fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'aftercare-replay-'));
let service: ServiceProcess;

beforeAll(async () => {
  service = await startService();
});

afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

const firstAt = Date.UTC(2021, 5, 1);
const steps = 700;
const stepFrom = 500;
const stepTo = 560;
/** A steady signal that leaves its level for an hour. */
const values = Array.from({ length: steps }, (_, index) =>
  Number(((index >= stepFrom && index < stepTo ? 80 : 20) + Math.sin(index * 1.7) + (index % 7) / 10).toFixed(3)),
);

function write(name: string, rows: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${rows.join('\n')}\n`);
  return file;
}

function replay(csv: string, ...args: readonly string[]): Promise<ProgramResult> {
  const { http, mqtt } = service.ports;
  const env = {
    AFTERCARE_HTTP: `127.0.0.1:${http}`,
    AFTERCARE_MQTT: `127.0.0.1:${mqtt}`,
    AFTERCARE_TOKEN: service.token,
  };
  return runAftercare(['simulate', 'replay', csv, ...args], env);
}

it('replays a recording over MQTT as a device of its own, and what it holds is found', async () => {
  const rows = values.map(
    (value, index) =>
      `${iso(firstAt + index * minuteMs)
        .slice(0, 19)
        .replace('T', ' ')},${value}`,
  );
  const csv = write('steps.csv', ['timestamp,value', ...rows]);
  const result = await replay(csv, '--product', 'generic-sensor', '--device', 'sensor-1');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toMatch(/^700 reports acknowledged in \d+ messages, [\d.]+ s\n$/);

  const ledger = await ledgerAtRest(service, 'sensor-1', steps);
  expect(ledger).toMatchObject({ acknowledged: steps, quarantined: 0, late: 0, gaps: [], readingsRejected: 0 });
  expect((await deviceOf(service, 'sensor-1')).watermark).toBe(iso(firstAt + (steps - 1) * minuteMs));
  const series = (await service.api<Series>('GET', '/devices/sensor-1/signals/value?points=1')).body;
  expect(series.points).toMatchObject([{ count: steps, min: Math.min(...values), max: Math.max(...values) }]);

  const [item] = await casesOf(service, 'sensor-1');
  expect(item).toMatchObject({ failureMode: 'anomaly', state: 'new', title: 'Unusual behaviour' });
  const [finding] = await findingsOf(service, 'sensor-1');
  expect(finding).toMatchObject({ source: 'level:value', signal: 'value', case: item?.id });
  const startsAt = Date.parse(finding?.startsAt ?? '');
  expect(startsAt).toBeGreaterThanOrEqual(firstAt + stepFrom * minuteMs);
  expect(startsAt).toBeLessThan(firstAt + stepTo * minuteMs);
  const number = /: (\d+(?:\.\d+)?)[^\d]/.exec(finding?.explanation ?? '')?.[1];
  expect(values.slice(stepFrom, stepTo).map((value) => Number(value.toPrecision(4)))).toContain(Number(number));
});

it('replays it again under a new secret: another run of the same device, counted by itself', async () => {
  const rows = [`${firstAt};20;a`, `${firstAt + minuteMs};;b`, `${firstAt + 2 * minuteMs};21;c`];
  const csv = write('few.csv', ['timestamp;value;label', ...rows]);
  const args = ['--product', 'generic-sensor', '--device', 'sensor-2', '--json'];
  const first = await replay(csv, ...args);
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('label') });
  expect(JSON.parse(first.stdout)).toMatchObject({ acknowledged: 2, messages: 1, firstAt, leftOut: ['label'] });
  const again = await replay(csv, ...args);
  expect(JSON.parse(again.stdout)).toMatchObject({ acknowledged: 2 });
  const ledger = await ledgerAtRest(service, 'sensor-2', 4);
  expect(ledger).toMatchObject({ acknowledged: 4, duplicates: 0, quarantined: 0, late: 1, readingsRejected: 0 });
});

it('says what is wrong, and exits with 2', async () => {
  const missing = await replay(join(folder, 'missing.csv'), '--product', 'generic-sensor', '--device', 's3');
  expect(missing).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('there is no such file') });
  const bad = await replay(write('bad.csv', ['time,value', '1,2']), '--product', 'generic-sensor', '--device', 's4');
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringMatching(/bad\.csv:1:1: .*timestamp/) });
  const row = write('row.csv', ['timestamp,value', `${firstAt},2`, 'tomorrow,3']);
  const badRow = await replay(row, '--product', 'generic-sensor', '--device', 's5');
  expect(badRow).toMatchObject({ code: 2, stderr: expect.stringMatching(/row\.csv:3:1: "tomorrow" is no time/) });
  const csv = write('good.csv', ['timestamp,value', `${firstAt},2`]);
  const product = await replay(csv, '--product', 'no-such', '--device', 's6');
  expect(product).toMatchObject({ code: 2, stderr: expect.stringContaining('no-such') });
  const nobody = await replay(csv, '--product', 'generic-sensor', '--device', 's7', '--url', 'http://127.0.0.1:9');
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no service at') });
  expect((await replay(csv)).code).toBe(2);
});
