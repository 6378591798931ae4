import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report } from '../contract/store.ts';
import { requireProgram } from '../servers.ts';
import { until } from '../service-process.ts';
import { influxPlace, startVictoriaMetrics, type TestServer } from './influx-server.ts';

const victoria = requireProgram('victoria-metrics');

interface Exported {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  readonly timestamps: readonly number[];
}

describe.skipIf(victoria === undefined)('the write path of InfluxDB 2, at Debian’s VictoriaMetrics', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startVictoriaMetrics(victoria ?? '');
  });
  afterAll(() => server.destroy());

  async function exported(metric: string): Promise<Exported | undefined> {
    // It shows what was just written only after a while, unless told to.
    await fetch(`${server.url}/internal/force_flush`);
    const match = new URLSearchParams({ 'match[]': `{__name__="${metric}"}` });
    const text = await (await fetch(`${server.url}/api/v1/export?${match}`)).text();
    // The shape that its documentation gives: one series a line.
    return text === '' ? undefined : (JSON.parse(text.split('\n')[0] ?? '') as Exported);
  }

  it('stores readings and records, in batches, by bucket, organisation and token', async () => {
    const place = await influxPlace({
      url: `${server.url}/`,
      org: 'an org',
      bucket: 'a/bucket',
      token: 'secret',
      limits: { batchPointsMax: 7 },
    });
    const log = Array.from({ length: 50 }, (_, i) =>
      report(i, { device: 'd 1,x', signals: { cabinet_temp: i / 4, door_open: i % 2 === 0 } }),
    );
    await place.store.write(log, 50);
    expect(await place.store.cursor()).toBe(50);
    const temps = await until(() => exported('fridge_cabinet_temp'), 20_000, 'the readings can be read');
    expect(temps.metric).toMatchObject({ device: 'd 1,x' });
    expect(temps.values).toEqual(log.map(({ signals }) => signals.cabinet_temp));
    expect(temps.timestamps).toEqual(log.map(({ at }) => at));
    expect((await exported('fridge_door_open'))?.values.slice(0, 3)).toEqual([1, 0, 1]);
    expect((await exported('reports_offset'))?.values).toEqual(log.map(({ offset }) => offset));
    expect((await exported('reports_receivedAt'))?.values).toEqual(log.map(({ receivedAt }) => receivedAt));
    await place.destroy();
  });

  it('does not take a server that refuses everything for one with bad points', async () => {
    const place = await influxPlace({ url: `${server.url}/not-here` });
    await expect(place.store.write([report(0), report(1)], 2)).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('takes no point at all'),
    });
    expect(await place.store.cursor()).toBe(0);
    expect(await place.store.poison(10)).toEqual({ total: 0, points: [] });
    await place.destroy();
  });
});

describe.skipIf(victoria === undefined)('a server that wants a password', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startVictoriaMetrics(victoria ?? '', ['-httpAuth.username=aftercare', '-httpAuth.password=a:b c']);
  });
  afterAll(() => server.destroy());

  it('takes what the URL holds, and never shows it', async () => {
    const { host } = new URL(server.url);
    const wrong = await influxPlace({ url: `http://aftercare:hidden@${host}` });
    const error: unknown = await wrong.store.write([report(0)], 1).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'store-failed', hint: expect.stringContaining('INFLUX_TOKEN') });
    expect(String(error)).toContain('answers 401');
    expect(JSON.stringify([String(error), error])).not.toContain('hidden');
    await wrong.destroy();
    const right = await influxPlace({ url: `http://aftercare:a%3Ab%20c@${host}` });
    await right.store.write([report(0)], 1);
    expect(await right.store.cursor()).toBe(1);
    await right.destroy();
  });
});
