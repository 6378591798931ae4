import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TelemetryStore } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';
import { requireProgram } from '../servers.ts';
import { until } from '../service-process.ts';
import { type InfluxUnderTest, influxPlace, startInfluxd, type TestServer } from './influx-server.ts';

const influxd = requireProgram('influxd');
const chart = { device: 'fridge-1', product: 'fridge', signal: 'cabinet_temp', from: undefined, to: undefined };
const failed = { code: 'store-failed', hint: expect.any(String) };

const temps = (from: number, count: number): Report[] =>
  Array.from({ length: count }, (_, i) => report(from + i, { signals: { cabinet_temp: from + i } }));

describe.skipIf(influxd === undefined)('an InfluxDB that is away', () => {
  let server: TestServer;
  let place: InfluxUnderTest;
  let store: TelemetryStore;

  beforeEach(async () => {
    server = await startInfluxd(influxd ?? '');
    place = await influxPlace({ url: server.url });
    ({ store } = place);
  });
  afterEach(async () => {
    await place.destroy();
    await server.destroy();
  });

  /** Gives the log from the cursor on again and again, as its forwarder does, until all of it is stored. */
  async function forward(log: readonly Report[], width: number): Promise<number> {
    let failures = 0;
    await until(
      async () => {
        const next = await store.cursor();
        const batch = log.slice(next, next + width);
        if (batch.length === 0) return true;
        try {
          await store.write(batch, next + batch.length);
        } catch (error) {
          failures++;
          throw error;
        }
        return false;
      },
      60_000,
      'the log is stored',
    );
    return failures;
  }

  async function expectAll(log: readonly Report[]): Promise<void> {
    const points = await store.series({ ...chart, pointsMax: 5_000 });
    expect(points.map(({ at, mean }) => [at, mean])).toEqual(log.map(({ at, signals }) => [at, signals.cabinet_temp]));
    const records = await store.reports({ by: 'offset', from: 0, to: log.length, limit: 10_000 });
    expect(records).toEqual(log);
  }

  it('refuses connections: writes and reads say so, nothing moves, and a repeat mends it', async () => {
    await store.write(temps(0, 3), 3);
    await server.kill();
    await expect(store.write(temps(3, 3), 6)).rejects.toMatchObject({
      ...failed,
      message: expect.stringContaining('cannot be reached'),
    });
    await expect(store.series({ ...chart, pointsMax: 10 })).rejects.toMatchObject(failed);
    await expect(store.latest(['fridge-1'])).rejects.toMatchObject(failed);
    expect(await store.cursor()).toBe(3);
    await server.start();
    await store.write(temps(3, 3), 6);
    await expectAll(temps(0, 6));
  });

  it('stands still: each call ends at its time-out, and what was in the socket does no harm', async () => {
    const timeoutMs = 1_000;
    await place.destroy();
    place = await influxPlace({ url: server.url, limits: { timeoutMs } });
    ({ store } = place);
    await forward(temps(0, 3), 3);
    server.signal('SIGSTOP');
    const late = { ...failed, message: expect.stringContaining(`did not answer within ${timeoutMs} ms`) };
    await expect(store.write(temps(3, 500), 503)).rejects.toMatchObject(late);
    await expect(store.write(temps(3, 500), 503)).rejects.toMatchObject(late);
    await expect(store.series({ ...chart, pointsMax: 10 })).rejects.toMatchObject(late);
    expect(await store.cursor()).toBe(3);
    server.signal('SIGCONT');
    await forward(temps(0, 1_000), 250);
    await expectAll(temps(0, 1_000));
  });

  it('closes at once while a write waits for it', async () => {
    server.signal('SIGSTOP');
    const patient = await influxPlace({ url: server.url, limits: { timeoutMs: 3_600_000 } });
    const write = expect(patient.store.write(temps(0, 1), 1)).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('closed'),
    });
    const turn = expect(patient.store.write(temps(1, 1), 2)).rejects.toMatchObject({ code: 'store-failed' });
    await patient.destroy();
    await write;
    await turn;
    server.signal('SIGCONT');
  });

  it('is killed and started in the middle of batches: nothing is lost, order is kept', async () => {
    const log = temps(0, 4_000);
    const forwarded = forward(log, 40);
    for (const reached of [200, 900, 1_600, 2_500]) {
      await until(async () => (await store.cursor()) >= reached, 30_000, `${reached} are stored`);
      await server.kill();
      await server.start();
    }
    expect(await forwarded).toBeGreaterThan(0);
    await expectAll(log);
  });

  it('has no room: the batch stays where it is until there is some', async () => {
    await place.destroy();
    await server.destroy();
    server = await startInfluxd(influxd ?? '', { INFLUXDB_DATA_CACHE_MAX_MEMORY_SIZE: '200000' });
    place = await influxPlace({ url: server.url });
    ({ store } = place);
    const log = temps(0, 4_000);
    let next = 0;
    const fill = async (): Promise<void> => {
      for (; next < log.length; next += 100) await store.write(log.slice(next, next + 100), next + 100);
    };
    await expect(fill()).rejects.toMatchObject({
      ...failed,
      message: expect.stringMatching(/answers 5\d\d.*cache-max-memory-size/),
    });
    expect(await store.cursor()).toBe(next);
    expect(next).toBeLessThan(log.length);
    await server.kill();
    await server.start({});
    await forward(log, 500);
    await expectAll(log);
  });
});
