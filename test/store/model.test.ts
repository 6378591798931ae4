import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hourMs } from '../../src/base/index.ts';
import { type EmbeddedStoreSizes, openEmbeddedStore, type TelemetryStore } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { reportLog } from './reports.ts';

/** In memory where there is such a place: what is tried here is the order of things, not the disk. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const devices = ['d1', 'd2', 'd3', 'd4', 'nobody'];
const boots = ['b1', 'b2'];

/** Plain arrays that promise the same. */
class Model {
  readonly stored: Report[] = [];
  cursor = 0;

  delete(device: string): void {
    for (let i = this.stored.length - 1; i >= 0; i--) if (this.stored[i]?.device === device) this.stored.splice(i, 1);
  }

  write(reports: readonly Report[], next: number): void {
    if (next <= this.cursor) return;
    this.stored.push(...reports.filter(({ offset }) => offset >= this.cursor));
    this.cursor = next;
  }

  byTime(device: string, from: number, to: number): Report[] {
    const found = this.stored.filter((one) => one.device === device && one.at >= from && one.at < to);
    return found.sort((a, b) => a.at - b.at || a.offset - b.offset || a.index - b.index);
  }

  latest(): Map<string, Report> {
    const all = devices.map((device): [string, Report | undefined] => [device, this.byTime(device, 0, 9e15).at(-1)]);
    return new Map(all.filter((entry): entry is [string, Report] => entry[1] !== undefined));
  }

  readings(device: string, signal: string): [number, number][] {
    const byAt = new Map<number, Report['signals'][string]>();
    for (const one of this.stored) {
      const value = one.device === device && one.product === 'fridge' ? own(one.signals, signal) : undefined;
      if (value !== undefined) byAt.set(one.at, value);
    }
    const numbers = [...byAt].filter(([, value]) => typeof value !== 'string');
    return numbers.map(([at, value]): [number, number] => [at, Number(value)]).sort(([a], [b]) => a - b);
  }
}

const own = <T>(values: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

/** A write gives the log from `back` before the cursor on, `reports` of it; a reopening closes and opens the store. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ back: fc.nat({ max: 4 }), reports: fc.nat({ max: 25 }) }) },
  { weight: 1, arbitrary: fc.constant('reopen' as const) },
  { weight: 1, arbitrary: fc.constantFrom('delete d1', 'delete d2', 'delete nobody') },
);

const size = (max: number) => fc.integer({ min: 1, max });
const sizes: fc.Arbitrary<EmbeddedStoreSizes> = fc.record({
  fullReports: size(6),
  tinyReports: size(4),
  tinyChunksMax: fc.integer({ min: 2, max: 4 }),
  recent: fc.record({ reportsMax: fc.nat({ max: 10 }), writesMax: size(5), bytesMax: fc.constantFrom(500, 100_000) }),
  aheadReports: size(30),
  fewChunks: fc.constantFrom(0, 0, 1_000),
});

async function agree(store: TelemetryStore, model: Model, limit: number, fewChunks: number): Promise<void> {
  const pivot = model.stored[model.stored.length >> 1];
  const { at, offset } = pivot ?? { at: 0, offset: 0 };
  expect(await store.cursor()).toBe(model.cursor);
  expect(await store.latest(devices)).toEqual(model.latest());
  for (const device of devices) {
    for (const [from, to] of [
      [undefined, undefined],
      [at, undefined],
      [undefined, at],
      [at - 5_000, at + 5_000],
    ]) {
      const expected = model.byTime(device, from ?? 0, to ?? 9e15);
      const query = { by: 'time', device, from, to, limit } as const;
      expect(await store.reports({ ...query, descending: false })).toEqual(expected.slice(0, limit));
      expect(await store.reports({ ...query, descending: true })).toEqual(expected.reverse().slice(0, limit));
    }
    for (const boot of boots) {
      const expected = model.stored.filter((one) => one.device === device && one.boot === boot && one.seq === 3);
      expect(await store.reports({ by: 'identity', device, boot, seq: 3 })).toEqual(expected);
    }
    if (fewChunks > 0) await readingsAgree(store, model, device);
    await seriesAgrees(store, model, device);
  }
  expect(await everyPage(store, offset, limit)).toEqual(model.stored.filter((one) => one.offset >= offset));
  const middle = Math.ceil(offset * 1.5);
  expect(await everyPage(store, 0, limit, middle)).toEqual(model.stored.filter((one) => one.offset < middle));
  const before = await store.reports({ by: 'offset', from: 0, to: offset, limit: 10_000 });
  expect(before).toEqual(model.stored.filter((one) => one.offset < offset));
}

const chart = { product: 'fridge', signal: 'temp', from: undefined, to: undefined };

async function readingsAgree(store: TelemetryStore, model: Model, device: string): Promise<void> {
  const single = await store.series({ ...chart, device, pointsMax: 5_000 });
  expect(single.map(({ at, mean }) => [at, mean])).toEqual(model.readings(device, 'temp'));
}

/** In few buckets, from readings or from hours, of all there is and of what begins and ends at a multiple of `cutMs`. */
async function seriesAgrees(store: TelemetryStore, model: Model, device: string, cutMs = 1): Promise<void> {
  const all = model.readings(device, 'temp');
  const cut = (at: number) => Math.floor(at / cutMs) * cutMs;
  const [at] = all[all.length >> 1] ?? [0];
  const middle = cut(at);
  const ranges = [
    [undefined, undefined],
    [middle, undefined],
    [undefined, middle],
    [cut(middle - 3_000), cut(middle + 9e12)],
  ];
  for (const [from, to] of ranges) {
    const readings = all.filter(([at]) => at >= (from ?? 0) && at < (to ?? 9e15));
    const buckets = await store.series({ ...chart, device, from, to, pointsMax: 3 });
    expect(buckets.length).toBeLessThanOrEqual(3);
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(readings.length);
    expect(Math.max(...buckets.map(({ max }) => max))).toBe(Math.max(...readings.map(([, value]) => value)));
    expect(Math.min(...buckets.map(({ min }) => min))).toBe(Math.min(...readings.map(([, value]) => value)));
    expect(buckets.every(({ min, mean, max }) => min <= mean && mean <= max)).toBe(true);
    expect(buckets.every((bucket) => bucket.at >= (from ?? 0) && bucket.at < (to ?? 9e15))).toBe(true);
  }
}

async function everyPage(store: TelemetryStore, from: number, limit: number, to = 1_000_000): Promise<Report[]> {
  const read: Report[] = [];
  let page = await store.reports({ by: 'offset', from, to, limit });
  while (page.length > 0) {
    read.push(...page);
    page = await store.reports({ by: 'offset', from: (page.at(-1)?.offset ?? 0) + 1, to, limit });
  }
  return read;
}

describe('the embedded store against plain arrays', () => {
  it('answers alike after any writes, repeats and reopenings', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(reportLog(120), steps, sizes, size(9), async (log, taken, chosen, limit) => {
        const folder = await mkdtemp(join(place, 'aftercare-model-'));
        let store = await openEmbeddedStore({ folder, sizes: chosen });
        const model = new Model();
        for (const one of taken) {
          if (one === 'reopen') {
            await store.close();
            store = await openEmbeddedStore({ folder, sizes: chosen });
            continue;
          }
          if (typeof one === 'string') {
            const [, device = ''] = one.split(' ');
            await store.delete(device);
            model.delete(device);
            continue;
          }
          const start = log.findIndex(({ offset }) => offset >= model.cursor - one.back);
          const first = log.slice(start < 0 ? log.length : start);
          const next = (first[one.reports - 1]?.offset ?? model.cursor) + 1;
          const reports = first.filter(({ offset }) => offset < next);
          await store.write(reports, next);
          model.write(reports, next);
        }
        await agree(store, model, limit, chosen.fewChunks);
        await store.close();
        store = await openEmbeddedStore({ folder, sizes: chosen });
        await agree(store, model, limit, chosen.fewChunks);
        await store.close();
        await rm(folder, { recursive: true });
      }),
      { numRuns: 30 },
    );
  });
});

describe('retention in the embedded store', () => {
  it('keeps every count, whatever goes and whatever comes late', async () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(reportLog(40), sizes, share, share, async (log, chosen, written, old) => {
        const folder = await mkdtemp(join(place, 'aftercare-model-'));
        let store = await openEmbeddedStore({ folder, sizes: chosen });
        const model = new Model();
        const write = async (reports: readonly Report[]) => {
          const next = (reports.at(-1)?.offset ?? -1) + 1;
          await store.write(reports, next);
          model.write(reports, next);
        };
        const offset = Math.floor(log.length * written);
        await write(log.filter((one) => one.offset < offset));
        const times = log.map(({ at }) => at).sort((a, b) => a - b);
        const before = times[Math.floor(times.length * old)] ?? 0;
        while (await store.keepUp({ before, offset: offset + 1 }));
        for (const device of devices) await seriesAgrees(store, model, device, hourMs);
        // Of hours that lack chunks, a part is not known any more, nor whether an event time is repeated.
        const whole = Math.ceil(before / hourMs) * hourMs;
        await write(log.filter((one) => one.offset >= offset && one.at >= whole));
        await store.close();
        store = await openEmbeddedStore({ folder, sizes: chosen });
        for (const device of devices) {
          await seriesAgrees(store, model, device, hourMs);
          const kept = await store.reports({
            by: 'time',
            device,
            from: before,
            to: undefined,
            limit: 1_000,
            descending: false,
          });
          expect(kept).toEqual(model.byTime(device, before, 9e15));
        }
        await store.close();
        await rm(folder, { recursive: true });
      }),
      { numRuns: 20 },
    );
  });
});
