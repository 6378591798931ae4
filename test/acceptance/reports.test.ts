import { randomUUID } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceProcess, startService } from '../service-process.ts';
import {
  connectDevice,
  deviceOf,
  iso,
  type Ledger,
  ledgerAtRest,
  minuteMs,
  register,
  type Series,
  sendReports,
  type TestDevice,
} from './fixture.ts';

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

/** A whole minute, an hour ago. */
const hourAgo = Math.floor(Date.now() / minuteMs - 60) * minuteMs;
const report = (seq: number, cabinet_temp = 4) => ({
  at: hourAgo + seq * minuteMs,
  boot: 'b1',
  seq,
  signals: { cabinet_temp },
});

/** Sends messages, each once the one before is acknowledged, and gives the ledger when they are counted. */
async function startDevice(): Promise<{
  device: TestDevice;
  send: (messages: readonly unknown[], received: number) => Promise<Ledger>;
}> {
  const device = await register(service, `device-${randomUUID()}`);
  const client = await connectDevice(service, device);
  clients.push(client);
  return {
    device,
    send: async (messages, received) => {
      for (const message of messages) await sendReports(client, device.id, [message]);
      return ledgerAtRest(service, device.id, received);
    },
  };
}

async function temperatures(device: string): Promise<Series['points']> {
  return (await service.api<Series>('GET', `/devices/${device}/signals/cabinet_temp`)).body.points;
}

describe.concurrent('identity', () => {
  it('the same report again is a duplicate, singly and in a batch', async () => {
    const { device, send } = await startDevice();
    const ledger = await send([report(0), report(1), report(0), [report(1), report(2)], report(2)], 6);
    expect(ledger).toMatchObject({ acknowledged: 3, duplicates: 3, conflicts: 0, late: 0, gaps: [] });
    expect(await temperatures(device.id)).toHaveLength(3);
  });

  it('another report under a used number loses nothing', async () => {
    const { device, send } = await startDevice();
    const reset = { ...report(0, 7), at: hourAgo + 10 * minuteMs };
    const ledger = await send([report(0), report(1), reset, reset], 4);
    expect(ledger).toMatchObject({ acknowledged: 3, duplicates: 1, conflicts: 1 });
    expect((await temperatures(device.id)).map(({ mean }) => mean)).toEqual([4, 4, 7]);
  });

  it('is still known when it was stored long before', async () => {
    const { send } = await startDevice();
    expect(await send([report(0)], 1)).toMatchObject({ acknowledged: 1 });
    expect(await send([report(0), report(0, 5)], 3)).toMatchObject({ acknowledged: 2, duplicates: 1, conflicts: 1 });
  });

  it('without a number goes by content and time; without both nothing is the same', async () => {
    const { send } = await startDevice();
    const timed = { at: hourAgo, signals: { cabinet_temp: 4 } };
    const reordered = { signals: { cabinet_temp: 4 }, at: hourAgo };
    const bare = { signals: { cabinet_temp: 4 } };
    const ledger = await send([timed, reordered, { ...timed, signals: { cabinet_temp: 5 } }, bare, bare], 5);
    expect(ledger).toMatchObject({ acknowledged: 4, duplicates: 1, conflicts: 0 });
  });
});

describe.concurrent('gaps', () => {
  it('are listed with both ends, by boot, and closed by what comes later', async () => {
    const { send } = await startDevice();
    const other = (seq: number) => ({ ...report(seq + 30), boot: 'b2', seq });
    const open = await send([report(3), report(4), report(8), other(0), other(2)], 5);
    expect(open.gaps).toEqual([
      { boot: 'b1', from: 5, to: 7 },
      { boot: 'b2', from: 1, to: 1 },
    ]);
    const closed = await send([[report(5), report(6), report(7)]], 8);
    expect(closed.gaps).toEqual([{ boot: 'b2', from: 1, to: 1 }]);
    expect(closed).toMatchObject({ acknowledged: 8, late: 3, tooLate: 0 });
  });

  it('are not made of a report that could not be used', async () => {
    const { send } = await startDevice();
    const unusable = { ...report(1), signals: { nothing: 1 } };
    expect(await send([report(0), unusable, report(2)], 3)).toMatchObject({ quarantined: 1, gaps: [] });
  });
});

describe.concurrent('time', () => {
  it('a batch is judged and stored by the times of its reports', async () => {
    const { device, send } = await startDevice();
    const ledger = await send(
      [Array.from({ length: 200 }, (_, seq) => ({ ...report(0), at: hourAgo + seq, seq }))],
      200,
    );
    expect(ledger).toMatchObject({ acknowledged: 200, late: 0, gaps: [] });
    expect((await deviceOf(service, device.id)).watermark).toBe(iso(hourAgo + 199));
    const points = await temperatures(device.id);
    expect(points.reduce((sum, { count }) => sum + count, 0)).toBe(200);
  });

  it('two reports of one moment are both counted; the last one’s readings stand', async () => {
    const { device, send } = await startDevice();
    const ledger = await send([report(0, 4), { ...report(1, 6), at: report(0).at }], 2);
    expect(ledger).toMatchObject({ acknowledged: 2, stored: 2, late: 0 });
    expect((await temperatures(device.id)).map(({ mean, count }) => [mean, count])).toEqual([[6, 1]]);
  });

  it('what is behind is counted late, what is far behind too late; both are stored', async () => {
    const { device, send } = await startDevice();
    const weekAgo = { ...report(2), at: hourAgo - 8 * 24 * 60 * minuteMs };
    const ledger = await send([report(5), report(4), weekAgo], 3);
    expect(ledger).toMatchObject({ acknowledged: 3, late: 2, tooLate: 1, evaluated: 3 });
    expect((await temperatures(device.id)).map(({ at }) => at)).toEqual(
      [weekAgo, report(4), report(5)].map(({ at }) => iso(at)),
    );
  });

  it('`sentAt` of the last report corrects a clock that is wrong', async () => {
    const { device, send } = await startDevice();
    const wrongBy = 3 * 365 * 24 * 60 * minuteMs;
    const before = Date.now();
    const wrongNow = before - wrongBy;
    const batch = [10, 5, 0].map((minutes, seq) => ({ ...report(seq), at: wrongNow - minutes * minuteMs }));
    const ledger = await send([[...batch.slice(0, 2), { ...batch[2], sentAt: wrongNow }]], 3);
    expect(ledger).toMatchObject({ acknowledged: 3, late: 0 });
    const times = (await temperatures(device.id)).map(({ at }) => Date.parse(at));
    for (const [index, minutes] of [10, 5, 0].entries()) {
      expect(times[index]).toBeGreaterThanOrEqual(before - minutes * minuteMs);
      expect(times[index]).toBeLessThanOrEqual(Date.now() - minutes * minuteMs);
    }
    expect((await deviceOf(service, device.id)).clockSuspect).not.toBeNull();
  });

  it('`uptime` places the reports of a device without a clock', async () => {
    const { device, send } = await startDevice();
    const before = Date.now();
    const uptimes = [5 * minuteMs, 65 * minuteMs];
    const batch = uptimes.map((uptime, seq) => ({ boot: 'b1', seq, uptime, signals: { cabinet_temp: 4 } }));
    expect(await send([batch], 2)).toMatchObject({ acknowledged: 2, late: 0 });
    const [first = 0, second = 0] = (await temperatures(device.id)).map(({ at }) => Date.parse(at));
    expect(second - first).toBe(60 * minuteMs);
    expect(second).toBeGreaterThanOrEqual(before);
    expect(second).toBeLessThanOrEqual(Date.now());
  });

  it('`at` may be RFC 3339, with a zone', async () => {
    const { device, send } = await startDevice();
    const local = iso(hourAgo + 2 * 60 * minuteMs).replace(/\.000Z$/, '+02:00');
    expect(await send([{ ...report(0), at: local }], 1)).toMatchObject({ acknowledged: 1 });
    expect((await temperatures(device.id)).map(({ at }) => at)).toEqual([iso(hourAgo)]);
  });
});

it('is there for readers of metrics and of the description', async () => {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const { body } = await service.api<Ledger>('GET', '/ledger');
  expect(body.acknowledged).toBeGreaterThan(0);
  expect(metrics).toMatch(new RegExp(`^aftercare_reports_acknowledged\\S* ${body.acknowledged}$`, 'm'));
  const description = (await (await fetch(`${service.url}/openapi.json`)).json()) as { openapi: string; paths: object };
  expect(description.openapi).toMatch(/^3\.1/);
  expect(Object.keys(description.paths)).toEqual(
    expect.arrayContaining(['/api/v1/devices', '/api/v1/devices/{id}/ledger', '/api/v1/cases/{id}/resolve']),
  );
});
