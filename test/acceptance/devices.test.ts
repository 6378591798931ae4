import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import {
  type CaseItem,
  casesOf,
  closing,
  connectDevice,
  deadlineMs,
  deviceOf,
  findingsOf,
  ledgerAtRest,
  ledgerOf,
  minuteMs,
  type Page,
  type Problem,
  publishReports,
  register,
  sendReports,
  type TestDevice,
} from './fixture.ts';

/** Silence of seconds, so that a test can wait for it. */
const lamp = `product: lamp
title: Lamp
reports: {every: 1s, silentAfter: 3s}
signals:
  on: {kind: state, values: [true, false]}
failureModes:
  cut-off: {title: Cut off, severity: major}
  burnt-out: {title: Burnt out, severity: minor}
faultCodes:
  F1: {title: Filament broken, failureMode: burnt-out}
  F2: {title: Lamp is dusty}
rules:
  - id: gone
    title: Gone
    when: 'silent()'
    failureMode: cut-off
    stage: live
`;

const folder = mkdtempSync(join(tmpdir(), 'aftercare-lamp-'));
let service: ServiceProcess;

beforeAll(async () => {
  writeFileSync(join(folder, 'lamp.yaml'), lamp);
  service = await startService({ products: folder });
});

afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

const report = (seq: number, more: object = {}) => ({
  at: Date.now() - minuteMs + seq,
  boot: 'b1',
  seq,
  signals: { on: true },
  ...more,
});

/** What the service makes of a message is known once a report behind it is counted. */
async function settled(device: TestDevice, received: number): Promise<void> {
  await publishReports(service, device, [report(received)]);
  await ledgerAtRest(service, device.id, received);
}

it('a silent device is found, a rule with silent() opens a case, and its return ends it', async () => {
  const device = await register(service, 'silent-1', 'lamp');
  const quiet = await register(service, 'never-installed', 'lamp');
  await publishReports(service, device, [report(0)]);
  const { body } = await until(
    async () => {
      const cases = await service.api<Page<CaseItem>>('GET', `/cases?device=${device.id}`);
      return cases.body.items.length > 0 && cases;
    },
    60_000,
    'silence opens a case',
  );
  expect(body.items).toMatchObject([{ failureMode: 'cut-off', severity: 'major', state: 'new', findingsOpen: 1 }]);
  const findings = await until(
    async () => {
      const found = await findingsOf(service, device.id);
      return found.length === 2 && found;
    },
    deadlineMs,
    'both findings are there',
  );
  expect(findings.map(({ source, state }) => `${source} ${state}`).sort()).toEqual([
    'rule:gone raised',
    'silent raised',
  ]);
  const silence = findings.find(({ source }) => source === 'silent');
  expect(silence).toMatchObject({ failureMode: 'silent', severity: 'minor', case: null });
  expect(silence?.startsAt).toBe((await deviceOf(service, device.id)).lastSeenAt);
  expect(await findingsOf(service, quiet.id)).toEqual([]);

  await publishReports(service, device, [report(1)]);
  await until(
    async () => (await findingsOf(service, device.id)).every(({ state }) => state === 'cleared'),
    deadlineMs,
    'its return clears both findings',
  );
  expect(await casesOf(service, device.id)).toMatchObject([{ state: 'new', findings: 1, findingsOpen: 0 }]);
});

it('help asked for at the device opens a case', async () => {
  const device = await register(service, 'assist-1', 'lamp');
  const client = await connectDevice(service, device);
  onTestFinished(() => {
    client.end(true);
  });
  const at = Date.now() - 5_000;
  const payload = JSON.stringify({ at, note: 'it flickers' });
  await client.publishAsync(`devices/${device.id}/assist`, payload, { qos: 1 });
  expect(await casesOf(service, device.id)).toMatchObject([
    {
      failureMode: 'device-requested',
      explanation: expect.stringContaining('it flickers'),
      openedAt: new Date(at).toISOString(),
    },
  ]);
  expect(await ledgerOf(service, device.id)).toMatchObject({ received: 0 });
});

it('a listed fault code opens a case, others are findings only', async () => {
  const device = await register(service, 'codes-1', 'lamp');
  const faults = ['F1', 'F2', 'F9'].map((code) => ({ code, active: true }));
  await publishReports(service, device, [{ ...report(0), signals: undefined, faults }]);
  expect(await casesOf(service, device.id)).toMatchObject([
    { failureMode: 'burnt-out', severity: 'minor', explanation: expect.stringContaining('F1 (Filament broken)') },
  ]);
  const found = async () => (await findingsOf(service, device.id)).filter(({ source }) => source.startsWith('fault:'));
  const severities = Object.fromEntries((await found()).map(({ source, severity }) => [source, severity]));
  expect(severities).toEqual({ 'fault:F1': 'minor', 'fault:F2': 'major', 'fault:F9': 'info' });

  await publishReports(service, device, [{ ...report(1), faults: [{ code: 'F1', active: false }] }]);
  await ledgerAtRest(service, device.id, 2);
  expect((await found()).map(({ source, state }) => `${source} ${state}`)).toEqual([
    'fault:F1 cleared',
    'fault:F2 raised',
    'fault:F9 raised',
  ]);
});

it('says whether it is online, by its status and its will; the will of an old boot changes nothing', async () => {
  const device = await register(service, 'status-1', 'lamp');
  const topic = `devices/${device.id}/status`;
  const status = (state: string, boot: string) => JSON.stringify({ state, boot });
  const will = { topic, payload: Buffer.from(status('offline', 'b2')), qos: 1, retain: true } as const;
  const client = await connectDevice(service, device, { will });
  client.on('error', () => undefined);
  await client.publishAsync(topic, status('online', 'b2'), { qos: 1, retain: true });
  const online = async () => (await deviceOf(service, device.id)).online;
  await until(online, deadlineMs, 'it is online');
  await client.publishAsync(topic, status('offline', 'b1'), { qos: 1, retain: true });
  await sendReports(client, device.id, [report(1)]);
  await ledgerAtRest(service, device.id, 1);
  expect(await online()).toBe(true);

  client.stream.destroy();
  await until(async () => !(await online()), deadlineMs, 'its will says that it is gone');
  expect(await deviceOf(service, device.id)).toMatchObject({ life: 'active', online: false });
});

it('a new secret ends the connections of the old one', async () => {
  const device = await register(service, 'secret-1', 'lamp');
  const client = await connectDevice(service, device);
  const closed = closing(client);
  const { status, body } = await service.api<TestDevice>('POST', `/devices/${device.id}/secret`);
  expect(status).toBe(200);
  expect(body).toEqual({ id: device.id, secret: expect.stringMatching(/^\S{22,}$/) });
  expect(body.secret).not.toBe(device.secret);
  await closed;
  await expect(connectDevice(service, device)).rejects.toMatchObject({ code: expect.toBeOneOf([4, 5]) });
  await settled(body, 1);
});

it('a retired device is let in no more; what it told stays', async () => {
  const device = await register(service, 'retired-1', 'lamp');
  await settled(device, 1);
  const client = await connectDevice(service, device);
  const closed = closing(client);
  const { status, body } = await service.api<{ life: string }>('POST', `/devices/${device.id}/retire`);
  expect([status, body.life]).toEqual([200, 'retired']);
  await closed;
  await expect(connectDevice(service, device)).rejects.toMatchObject({ code: expect.toBeOneOf([4, 5]) });
  expect(await ledgerOf(service, device.id)).toMatchObject({ acknowledged: 1, stored: 1 });
  const again = await service.api<Problem>('POST', '/devices', { id: device.id, product: 'lamp' });
  expect(again).toMatchObject({ status: 409, body: { code: 'device-exists' } });
  expect((await service.api<Problem>('POST', `/devices/${device.id}/secret`)).status).toBe(422);
});

it('keeps the facts that it is given, and tells what is wrong with them', async () => {
  const { id } = await register(service, 'facts-1', 'lamp');
  const patch = (body: object) => service.api<Record<string, unknown> & Problem>('PATCH', `/devices/${id}`, body);
  const facts = { serial: 'S-1', site: 'Oslo', customer: 'Kari', timezone: 'Europe/Oslo', batch: '2026-11' };
  expect(await patch(facts)).toMatchObject({ status: 200, body: facts });
  expect(await patch({ site: null })).toMatchObject({ status: 200, body: { ...facts, site: null } });
  const wrong = await patch({ timezone: 'Europe/Atlantis', parent: 'nobody' });
  expect(wrong).toMatchObject({ status: 422, body: { code: 'device-invalid' } });
  expect(wrong.body.detail).toContain('Atlantis');
  const read = await service.api<Record<string, unknown>>('GET', `/devices/${id}`);
  expect(read).toMatchObject({ status: 200, body: { ...facts, site: null, life: 'registered' } });
  expect(read.body).not.toHaveProperty('secret');
});
