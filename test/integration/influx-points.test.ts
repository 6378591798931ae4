import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openEmbeddedStore, type SeriesQuery } from '../../src/store/index.ts';
import type { Report, SignalValue } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';
import { requireProgram } from '../servers.ts';
import { number } from '../store/reports.ts';
import { type InfluxUnderTest, influxPlace, influxql, startInfluxd, type TestServer } from './influx-server.ts';

const influxd = requireProgram('influxd');

const chart = (changes: Partial<SeriesQuery> = {}): SeriesQuery => ({
  device: 'fridge-1',
  product: 'fridge',
  signal: 'cabinet_temp',
  from: undefined,
  to: undefined,
  pointsMax: 5_000,
  ...changes,
});

const byTime = (device: string) =>
  ({ by: 'time', device, from: undefined, to: undefined, limit: 1_000, descending: false }) as const;

describe.skipIf(influxd === undefined)('points in InfluxDB 1.6', () => {
  let server: TestServer;
  let places: InfluxUnderTest[] = [];
  beforeAll(async () => {
    server = await startInfluxd(influxd ?? '');
  });
  afterEach(async () => {
    await Promise.all(places.map((place) => place.destroy()));
    places = [];
  });
  afterAll(() => server.destroy());

  async function open(limits = {}): Promise<InfluxUnderTest> {
    const place = await influxPlace({ url: server.url, limits });
    places.push(place);
    return place;
  }

  const each = (...signals: Readonly<Record<string, SignalValue>>[]): Report[] =>
    signals.map((own, i) => report(i, { signals: own }));

  it('come back as they were, whatever characters are in names and words', async () => {
    const { store } = await open();
    const text = fc.string({ unit: 'binary', maxLength: 8 }).map((word) => word.toWellFormed());
    const odd = fc.stringMatching(/^["'\\, =\n\r\t#a\u00e9\u{1f600}]{0,8}$/u);
    const word = fc.oneof(text, odd);
    const name = word.filter((own) => own !== '' && !/^#|[\\\p{Cc}]/u.test(own));
    let next = 0;
    const one = fc.record({
      device: name,
      // Prefixed, for one field must not be a number in one run and a word in the next.
      words: fc.dictionary(
        name.map((own) => `w${own}`),
        word,
        { maxKeys: 3, noNullPrototype: true },
      ),
      numbers: fc.dictionary(
        name.map((own) => `n${own}`),
        number,
        { maxKeys: 3, noNullPrototype: true },
      ),
      boot: fc.option(word, { nil: undefined }),
      code: word,
    });
    await fc.assert(
      fc.asyncProperty(one, async ({ device, words, numbers, boot, code }) => {
        // Each at a time of its own, since two runs may come to the same device.
        const at = 1_763_683_200_000 + next;
        const signals = Object.fromEntries(
          [...Object.entries(words), ...Object.entries(numbers)].filter(([signal]) => !/\s/.test(signal)),
        );
        const whole = report(next++, { device, at, boot, signals, firmware: code, faults: [{ code, active: true }] });
        await store.write([whole], next);
        expect(await store.reports({ ...byTime(device), from: at, to: at + 1 })).toEqual([whole]);
      }),
      { numRuns: 150 },
    );
    expect(await store.poison(1)).toEqual({ total: 0, points: [] });
    expect(await store.cursor()).toBe(next);
  });

  it('make the same charts as in the embedded store', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aftercare-same-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const embedded = await openEmbeddedStore({ folder });
    const { store } = await open();
    const readings = fc.sample(fc.tuple(fc.nat({ max: 400_000 }), fc.integer({ min: -999, max: 999 }), fc.boolean()), {
      numRuns: 2_500,
      seed: 7,
    });
    const log = readings.map(([ms, value, yes], i) =>
      // A stretch without readings, and two of very unequal density.
      report(i, {
        at: 1_763_683_200_000 + (i % 10 === 0 ? 900_000 + ms * 40 : ms),
        signals: { cabinet_temp: value / 8, door_open: yes },
      }),
    );
    for (const one of [embedded, store]) await one.write(log, log.length);
    const start = 1_763_683_200_000;
    const ranges = [
      [undefined, undefined],
      [start + 77, start + 350_001],
      [start - 5_000_000, undefined],
      [undefined, start + 2_000_000],
      [start + 500_000, start + 800_000],
      [start + 9, start + 9],
    ] as const;
    for (const [from, to] of ranges) {
      for (const pointsMax of [1, 3, 97, 1_000, 5_000]) {
        for (const signal of ['cabinet_temp', 'door_open']) {
          const query = chart({ from, to, pointsMax, signal });
          const expected = await embedded.series(query);
          const found = await store.series(query);
          // The last digit of a mean is the server's own business.
          const rounded = (points: typeof found) => points.map((point) => ({ ...point, mean: point.mean.toFixed(9) }));
          expect(rounded(found), JSON.stringify(query)).toEqual(rounded(expected));
        }
      }
    }
    await embedded.close();
  });

  it('of another type than their signal has are kept with the reason; all others are stored', async () => {
    const { store, reopen, db } = await open();
    await store.write(each({ cabinet_temp: 1, door_open: true }), 1);
    const later = Array.from({ length: 300 }, (_, i) =>
      report(i + 1, { signals: { cabinet_temp: i % 3 === 0 ? 'warm' : i, door_open: false, power: 5 } }),
    );
    await store.write(later, 301);
    expect(await store.cursor()).toBe(301);
    const again = await reopen();
    expect(await again.series(chart())).toHaveLength(201);
    expect(await again.series(chart({ signal: 'power' }))).toHaveLength(300);
    expect(await again.series(chart({ signal: 'door_open' }))).toHaveLength(301);
    expect(await again.reports(byTime('fridge-1'))).toHaveLength(301);
    const { total, points } = await again.poison(2);
    expect(total).toBe(100);
    expect(points[0]).toEqual({
      offset: 298,
      line: `fridge,device=fridge-1 cabinet_temp="warm" ${later[297]?.at}`,
      reason: 'field type conflict: cabinet_temp is float, not string',
    });
    expect(await influxql(server, db, 'SELECT count(power) FROM fridge')).toEqual([[0, 300]]);
  });

  it('that nobody can store are kept with the reason, also when they are alone', async () => {
    const { store } = await open();
    // The year 2300 is beyond what 64-bit nanoseconds reach.
    await store.write([report(0, { at: Date.UTC(2300, 0) })], 1);
    await store.write(
      [
        report(1, { signals: { mode: 'defrosted' } }),
        report(2, { device: 'a\nb' }),
        report(3, { signals: { mode: 'x'.repeat(250_000) } }),
      ],
      4,
    );
    expect(await store.cursor()).toBe(4);
    const { total, points } = await store.poison(10);
    expect([total, ...points.map(({ offset }) => offset)]).toEqual([4, 2, 2, 0, 0]);
    expect(points[0]?.reason).toContain('cannot hold the name');
    expect(points[3]?.reason).toContain('time outside range');
    const good = await store.reports(byTime('fridge-1'));
    expect(good.map(({ seq, signals }) => [seq, String(signals.mode).length])).toEqual([
      [1, 9],
      [3, 250_000],
    ]);
  });

  it('older than the retention that somebody chose are kept with the reason, in one request a batch', async () => {
    const { store, db } = await open({ batchPointsMax: 1_000 });
    await store.write([report(0, { at: Date.now() })], 1);
    const policy = `"autogen" ON "${db.replaceAll('"', '\\"')}"`;
    await influxql(server, db, `ALTER RETENTION POLICY ${policy} DURATION 1d SHARD DURATION 1h`);
    const old = Array.from({ length: 2_000 }, (_, i) => report(i + 1));
    await store.write([...old, report(2_001, { at: Date.now() })], 2_002);
    const { total, points } = await store.poison(3);
    expect(total).toBe(4_000);
    expect(points[0]?.reason).toContain('retention');
    expect((await store.series(chart())).map(({ count }) => count)).toEqual([1, 1]);
  });

  it('of many devices are the newest, with their readings', async () => {
    const { store } = await open();
    const devices = Array.from({ length: 1_000 }, (_, i) => `d${i}`);
    const round = (number: number) =>
      devices.map((device, i) => report(number * 1_000 + i, { device, signals: { cabinet_temp: number + i / 1_000 } }));
    await store.write([...round(0), ...round(1)], 2_000);
    const latest = await store.latest(devices);
    expect([...latest.values()]).toEqual(round(1));
  });

  it('are found although they lie a little ahead of the clock', async () => {
    const { store } = await open();
    const start = Date.now() - 60_000;
    const log = Array.from({ length: 30 }, (_, i) => report(i, { at: start + i * 6_000 }));
    await store.write(log, 30);
    expect((await store.latest(['fridge-1'])).get('fridge-1')).toEqual(log.at(-1));
    expect(await store.reports(byTime('fridge-1'))).toEqual(log);
    const points = await store.series(chart({ pointsMax: 4 }));
    expect(points.reduce((sum, { count }) => sum + count, 0)).toBe(30);
  });

  it('of others in the same database do not disturb', async () => {
    const { store, db } = await open();
    await store.write(each({ cabinet_temp: 1 }), 1);
    const lines = [`reports,device=fridge-1 note="not ours" 1763683205000`, `fridge,device=fridge-1 x=1 1763683206000`];
    const path = `/write?${new URLSearchParams({ db, precision: 'ms' })}`;
    expect((await fetch(`${server.url}${path}`, { method: 'POST', body: lines.join('\n') })).status).toBe(204);
    expect(await store.reports(byTime('fridge-1'))).toEqual(each({ cabinet_temp: 1 }));
  });

  it('are looked for in a database of another name with an empty answer', async () => {
    const { store } = await open();
    expect(await store.series(chart())).toEqual([]);
    expect(await store.latest(['fridge-1'])).toEqual(new Map());
    expect(await store.reports({ by: 'offset', from: 0, to: 100, limit: 10 })).toEqual([]);
  });
});
