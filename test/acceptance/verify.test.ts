import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runAftercare, type ServiceProcess, startService } from '../service-process.ts';
import { connectDevice, ledgerAtRest, publishReports, register, sendReports } from './fixture.ts';

const start = Date.UTC(2020, 0, 1);
const data = mkdtempSync(join(tmpdir(), 'aftercare-verify-'));
/** So small that it is trimmed on the way. */
const env = { AFTERCARE_LIMIT_LOG_BYTES: '1MiB' };
const devices = ['fridge-1', 'fridge-2'];
const perDevice = 4_000;

let service: ServiceProcess;
beforeAll(async () => {
  service = await startService({ data, env });
  for (const id of devices) {
    const device = await register(service, id);
    await publishReports(
      service,
      device,
      Array.from({ length: perDevice }, (_, seq) => report(seq)),
    );
    await ledgerAtRest(service, id, perDevice);
  }
  // So all of it is in the checkpoint, however slow the disk is.
  await service.stop();
  service = await startService({ data, env });
});
afterAll(async () => {
  await service?.kill('SIGKILL');
  rmSync(data, { recursive: true });
});

function report(seq: number) {
  return {
    at: start + seq * 60_000,
    boot: 'b1',
    seq,
    firmware: '2.3.1',
    signals: { cabinet_temp: 4 + (seq % 9) / 10 },
  };
}

const verify = (...more: string[]) => runAftercare(['verify', '--data', data, ...more]);

it('does not look at a folder that a service uses: 2', async () => {
  const { code, stdout, stderr } = await verify();
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`a service runs on ${data}, so its data cannot be verified now`);
});

it('finds that everything meets after a kill in the middle of the load: 0', async () => {
  const secret = await service.api<{ secret: string }>('POST', '/devices/fridge-1/secret');
  const client = await connectDevice(service, { id: 'fridge-1', secret: secret.body.secret });
  client.on('error', () => undefined);
  const sending = sendReports(
    client,
    'fridge-1',
    Array.from({ length: 3_000 }, (_, seq) => report(perDevice + seq)),
  );
  await client.publishAsync('devices/fridge-1/status', '{"state":"online"}', { qos: 1 });
  await service.kill('SIGKILL');
  await client.endAsync(true);
  await sending.catch(() => undefined);

  const { code, stdout, stderr } = await verify();
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/Everything meets\.\n$/);
  const told = JSON.parse((await verify('--json')).stdout);
  expect(told).toMatchObject({ ok: true, differences: [], problems: [], devices: 2, folder: data });
  expect(told.log.first).toBeGreaterThan(0);
  expect(told.store.reports).toBeGreaterThanOrEqual(2 * perDevice);
});

it('names what is gone, device by device: 1', async () => {
  const db = new DatabaseSync(join(data, 'telemetry.sqlite'));
  db.exec("DELETE FROM chunk WHERE device = (SELECT id FROM device WHERE name = 'fridge-2') AND first_offset > 0");
  db.close();
  const { code, stdout } = await verify();
  expect(code).toBe(1);
  expect(stdout).toMatch(/\nfridge-2 +stored +4,000 +[\d,]+\n/);
  expect(stdout).toMatch(/\nfridge-2: [\d,]+ reports missing in the store: boot b1: 0–\d+/);
  expect(stdout).not.toMatch(/\nfridge-1/);
  const told = JSON.parse((await verify('--json')).stdout);
  expect(told.differences).toMatchObject([{ device: 'fridge-2', counts: [{ name: 'stored', ledger: perDevice }] }]);
});

it('is used wrongly where there are no data: 2', async () => {
  const { code, stderr } = await runAftercare(['verify', '--data', join(tmpdir(), 'nothing-here')]);
  expect(code).toBe(2);
  expect(stderr).toContain('holds no data of Aftercare');
  expect((await runAftercare(['verify', '--date'])).code).toBe(2);
});
