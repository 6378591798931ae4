import { randomUUID } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import {
  closing,
  connectDevice,
  deadlineMs,
  deviceOf,
  hasMosquitto,
  type Inbox,
  ledgerAtRest,
  ledgerOf,
  listenRejected,
  mosquittoPublish,
  type Page,
  type Problem,
  publishReports,
  register,
  sendReports,
  type TestDevice,
} from './fixture.ts';

interface QuarantineItem {
  readonly receivedAt: string;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly payload: string | null;
  readonly bytes: number;
}

const good = (seq: number) => ({ at: Date.now() - 60_000 + seq, boot: 'b', seq, signals: { cabinet_temp: 4 } });

let service: ServiceProcess;
const clients: MqttClient[] = [];

beforeAll(async () => {
  // The tests ask at the same time, again and again.
  service = await startService({ env: { AFTERCARE_LIMIT_CALLS_PER_SECOND: '10000' } });
});

afterAll(async () => {
  for (const client of clients) client.end(true);
  await service.stop();
});

/** A new device that is connected and listens to what becomes of its messages. */
async function startDevice(): Promise<{ device: TestDevice; client: MqttClient; rejected: Inbox }> {
  const device = await register(service, `device-${randomUUID()}`);
  const client = await connectDevice(service, device);
  clients.push(client);
  return { device, client, rejected: await listenRejected(client, device.id) };
}

const told = (inbox: Inbox) => until(() => inbox.messages[0], deadlineMs, 'the device is told');

/** What was kept of a device, once there is something: it is listed when it is durable. */
function quarantineOf(device: string): Promise<readonly QuarantineItem[]> {
  const kept = async () => {
    const { items } = (await service.api<Page<QuarantineItem>>('GET', `/devices/${device}/quarantine`)).body;
    return items.length > 0 && items;
  };
  return until(kept, deadlineMs, `the quarantine of ${device} holds something`);
}

describe('who may connect', () => {
  const refusal = async (id: string, credentials: object): Promise<unknown> => {
    try {
      const client = await connectDevice(service, { id, secret: '' }, credentials);
      client.end(true);
      return 'accepted';
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };

  it('refuses a wrong, unknown or missing name or secret with CONNACK 4 or 5', async () => {
    const { device } = await startDevice();
    const other = await register(service, 'other');
    for (const [id, credentials] of [
      [device.id, { password: 'wrong' }],
      [device.id, { password: other.secret }],
      [device.id, { password: undefined }],
      [device.id, { username: undefined, password: undefined }],
      ['nobody', { password: device.secret }],
    ] as const) {
      expect([4, 5]).toContain(await refusal(id, credentials));
    }
    expect(await refusal(other.id, { password: other.secret })).toBe('accepted');
  });

  it.skipIf(!hasMosquitto)('tells mosquitto_pub so', async () => {
    const { device } = await startDevice();
    const args = ['-t', `devices/${device.id}/reports`, '-m', JSON.stringify(good(0))];
    const result = await mosquittoPublish(service, { ...device, secret: 'wrong' }, args);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/not authorised|bad user name or password/i);
    expect(await ledgerOf(service, device.id)).toMatchObject({ received: 0 });
  });

  it('registers only what it knows, once, under ids that are topic levels', async () => {
    const post = (body: object) => service.api<Problem>('POST', '/devices', body);
    expect(await post({ id: 'x1', product: 'warm-fridge' })).toMatchObject({
      status: 422,
      body: { code: 'device-invalid', detail: expect.stringContaining('warm-fridge') },
    });
    expect(await post({ id: 'a/b', product: 'cold-fridge' })).toMatchObject({ status: 422 });
    expect(await post({ id: 'x'.repeat(65), product: 'cold-fridge' })).toMatchObject({ status: 422 });
    expect(await post({ id: 'x2', product: 'cold-fridge', colour: 'red' })).toMatchObject({ status: 422 });
    expect((await post({ id: 'x3', product: 'cold-fridge' })).status).toBe(201);
    expect(await post({ id: 'x3', product: 'cold-fridge' })).toMatchObject({
      status: 409,
      body: { code: 'device-exists' },
    });
    expect((await service.api('GET', '/devices/x1')).status).toBe(404);
  });
});

describe.concurrent('messages that cannot be used are acknowledged, kept, and told', () => {
  it('a topic of another device', async () => {
    const { device, client, rejected } = await startDevice();
    const victim = await register(service, `victim-${randomUUID()}`);
    await client.publishAsync(`devices/${victim.id}/reports`, JSON.stringify(good(0)), { qos: 1 });
    expect(await told(rejected)).toMatchObject({ reason: 'forbidden-topic' });
    expect(await ledgerAtRest(service, device.id, 1)).toMatchObject({ acknowledged: 0, quarantined: 1 });
    expect(await quarantineOf(device.id)).toMatchObject([
      { reason: 'forbidden-topic', topic: `devices/${victim.id}/reports`, payload: expect.stringContaining('4') },
    ]);
    expect(await ledgerOf(service, victim.id)).toMatchObject({ received: 0 });
    expect((await deviceOf(service, victim.id)).lastSeenAt).toBeNull();
  });

  it.each([
    ['broken JSON', '{"signals": {"cabinet_temp": 4', 'undecodable', /JSON/],
    ['NaN, which JSON does not have', '{"signals": {"cabinet_temp": NaN}}', 'undecodable', /JSON/],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), 'undecodable', /UTF-8/],
    ['nothing', '', 'empty', /empty/],
    ['null', 'null', 'empty', /null/],
    ['an empty array', '[]', 'empty', /no report/],
    ['a number', '7', 'undecodable', /JSON object/],
    ['a time that is none', '{"at": "yesterday", "signals": {"cabinet_temp": 4}}', 'bad-at', /yesterday/],
    ['only an unknown signal', '{"signals": {"cabinet_tmp": 4}}', 'no-good-reading', /did you mean `cabinet_temp`/],
    ['only a wrong type', '{"signals": {"cabinet_temp": "cold"}}', 'no-good-reading', /finite number, not "cold"/],
    ['a number beyond all', '{"signals": {"cabinet_temp": 1e999}}', 'no-good-reading', /finite number/],
    ['no signals at all', '{"at": 1763755200000}', 'no-good-reading', /neither `signals` nor `faults`/],
  ] as const)('%s', async (_, payload, reason, detail) => {
    const { device, client, rejected } = await startDevice();
    await client.publishAsync(`devices/${device.id}/reports`, payload, { qos: 1 });
    const message = await told(rejected);
    expect(message).toMatchObject({ reason, detail: expect.stringMatching(detail) });
    expect(Math.abs(Date.now() - new Date(message.receivedAt as string | number).getTime())).toBeLessThan(deadlineMs);
    expect(await ledgerAtRest(service, device.id, 1)).toMatchObject({ acknowledged: 0, quarantined: 1 });
    const bytes = Buffer.byteLength(payload);
    expect(await quarantineOf(device.id)).toMatchObject([{ reason, detail: message.detail, bytes }]);

    await sendReports(client, device.id, [good(0)]);
    expect(await ledgerAtRest(service, device.id, 2)).toMatchObject({ acknowledged: 1, quarantined: 1 });
  });

  it('but of a report with one good reading only the bad ones are set aside', async () => {
    const { device, client, rejected } = await startDevice();
    const signals = { cabinet_temp: 4.5, cabinet_tmp: 4, door_open: 'ajar', compressor_current: null };
    await sendReports(client, device.id, [{ ...good(0), signals }]);
    const { reason, detail } = await told(rejected);
    expect(reason).toBe('readings-set-aside');
    for (const name of ['cabinet_tmp', 'door_open', 'compressor_current']) expect(detail).toContain(name);
    const ledger = await ledgerAtRest(service, device.id, 1);
    expect(ledger).toMatchObject({ acknowledged: 1, quarantined: 0, readingsRejected: 3 });
  });

  it('and of a batch only the bad reports', async () => {
    const { device, client, rejected } = await startDevice();
    await sendReports(client, device.id, [[good(0), 'no report', good(1), { signals: { x: 1 } }, good(2)]]);
    await until(() => rejected.messages.length === 2, deadlineMs, 'both are told');
    expect(rejected.messages.map(({ reason }) => reason)).toEqual(['not-a-report', 'no-good-reading']);
    const ledger = await ledgerAtRest(service, device.id, 5);
    expect(ledger).toMatchObject({ acknowledged: 3, quarantined: 2, readingsRejected: 1, gaps: [] });
  });

  it.each([1, 20])('a packet of %d MB: the connection is closed, others do not notice', async (megabytes) => {
    const { device, client } = await startDevice();
    const { device: other, client: otherClient } = await startDevice();
    const closed = closing(client);
    client.on('error', () => undefined);
    const payload = Buffer.alloc(megabytes * 1_000_000, 'x');
    client.publish(`devices/${device.id}/reports`, payload, { qos: 1 }, () => undefined);
    await closed;
    const ledger = await ledgerAtRest(service, device.id, 1);
    expect(ledger).toMatchObject({ acknowledged: 0, quarantined: 1 });
    const [item] = await quarantineOf(device.id);
    expect(item).toMatchObject({ reason: 'oversize', payload: null, detail: expect.stringContaining('limit') });
    expect(item?.bytes).toBeGreaterThanOrEqual(payload.length);

    await sendReports(otherClient, other.id, [good(0)]);
    expect(await ledgerAtRest(service, other.id, 1)).toMatchObject({ acknowledged: 1 });
    await publishReports(service, device, [good(0)]);
    expect(await ledgerAtRest(service, device.id, 2)).toMatchObject({ acknowledged: 1, quarantined: 1 });
  });
});

it.concurrent.each([
  ['1970', '1970-01-01T00:00:00Z'],
  ['2099', '2099-01-01T00:00:00Z'],
])('places a report from %s at its arrival and marks the clock', async (_, at) => {
  const { device, client, rejected } = await startDevice();
  const before = Date.now();
  await sendReports(client, device.id, [{ ...good(0), at }]);
  expect(await ledgerAtRest(service, device.id, 1)).toMatchObject({ acknowledged: 1, quarantined: 0 });
  const { watermark, clockSuspect } = await deviceOf(service, device.id);
  expect(new Date(clockSuspect?.rawAt ?? '').getTime()).toBe(Date.parse(at));
  expect(Date.parse(watermark ?? '')).toBeGreaterThanOrEqual(before);
  expect(Date.parse(watermark ?? '')).toBeLessThanOrEqual(Date.now());
  expect(rejected.messages).toEqual([]);

  await sendReports(client, device.id, [{ ...good(1), at: Date.now() }]);
  expect(await ledgerAtRest(service, device.id, 2)).toMatchObject({ acknowledged: 2, late: 0, conflicts: 0 });
});
