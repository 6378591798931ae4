import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hourMs } from '../../src/base/index.ts';
import { type EmbeddedStoreOptions, type EmbeddedStoreSizes, openEmbeddedStore } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';

const hour = 1_763_683_200_000;

/** Every four reports of a device make a full chunk at once, and charts read hours wherever they can. */
const little: Partial<EmbeddedStoreSizes> = {
  fullReports: 4,
  tinyReports: 1,
  fewChunks: 0,
  recent: { reportsMax: 0, writesMax: 1, bytesMax: 0 },
};

async function place(options: Partial<EmbeddedStoreOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-upkeep-'));
  let store = await openEmbeddedStore({ folder, sizes: little, ...options });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return {
    store: () => store,
    reopen: async (changed: Partial<EmbeddedStoreOptions> = {}) => {
      await store.close();
      store = await openEmbeddedStore({ folder, sizes: little, ...options, ...changed });
    },
  };
}

/** A reading every half hour from an hour on. */
const halfHours = (from: number, count: number, first = 0): Report[] =>
  Array.from({ length: count }, (_, i) => {
    return report(first + i, { at: from + (i * hourMs) / 2, signals: { cabinet_temp: i } });
  });

const chart = { device: 'fridge-1', product: 'fridge', signal: 'cabinet_temp', from: undefined, to: undefined };
const byTime = {
  by: 'time',
  device: 'fridge-1',
  from: undefined,
  to: undefined,
  limit: 100,
  descending: false,
} as const;
const everything = { before: Number.MAX_SAFE_INTEGER, offset: Number.MAX_SAFE_INTEGER };

describe('hours', () => {
  it('answer long charts, cut at full hours, with readings at the ends', async () => {
    const { store } = await place();
    await store().write(halfHours(hour, 16), 16);
    const points = await store().series({ ...chart, pointsMax: 4 });
    expect(points.map(({ at, min, max, mean, count }) => [at - hour, min, max, mean, count])).toEqual([
      [0, 0, 3, 1.5, 4],
      [2 * hourMs, 4, 7, 5.5, 4],
      [4 * hourMs, 8, 11, 9.5, 4],
      [6 * hourMs, 12, 15, 13.5, 4],
    ]);
    const part = { from: hour + hourMs / 4, to: hour + 6.25 * hourMs };
    const inside = await store().series({ ...chart, ...part, pointsMax: 2 });
    expect(inside.reduce((sum, { count }) => sum + count, 0)).toBe(12);
    expect(inside[0]).toMatchObject({ at: part.from, min: 1 });
  });

  it('are made anew by late readings, also by one that supersedes another', async () => {
    const { store, reopen } = await place();
    await store().write(halfHours(hour, 16), 16);
    const late = [
      report(16, { at: hour + hourMs, signals: { cabinet_temp: 99 } }),
      report(17, { at: hour + hourMs + 5, signals: { cabinet_temp: -99 } }),
      report(18, { at: hour + 20 * hourMs, signals: { cabinet_temp: 5 } }),
    ];
    await store().write(late, 19);
    const total = async () => {
      const points = await store().series({ ...chart, pointsMax: 4 });
      return { count: points.reduce((sum, { count }) => sum + count, 0), first: points[0] };
    };
    const expected = { count: 18, first: { at: hour, min: -99, max: 99 } };
    expect(await total()).toMatchObject(expected);
    await store().write(halfHours(hour + 21 * hourMs, 1, 19), 20);
    await reopen();
    expect(await total()).toMatchObject({ ...expected, count: 19 });
  });
});

describe('retention', () => {
  it('lets old chunks go a few at a time, and keeps what they come to', async () => {
    const { store, reopen } = await place();
    await store().write(halfHours(hour, 401), 401);
    const charted = await store().series({ ...chart, pointsMax: 10 });
    const before = hour + 100 * hourMs;
    let steps = 0;
    while (await store().keepUp({ before, offset: 1_000 })) steps++;
    expect(steps).toBeGreaterThan(1);
    await reopen();
    const left = await store().reports({ ...byTime, limit: 1_000 });
    expect(left[0]?.at).toBe(before);
    expect(await store().series({ ...chart, pointsMax: 10 })).toEqual(charted);
    const day = await store().series({ ...chart, from: hour, to: hour + 24 * hourMs, pointsMax: 5_000 });
    expect(day.map(({ at, count }) => [at, count])).toEqual(
      Array.from({ length: 24 }, (_, i) => [hour + i * hourMs, 2]),
    );
  });

  it('keeps what somebody has yet to read, and takes what is in memory', async () => {
    const recent = { reportsMax: 100, writesMax: 100, bytesMax: 1_000_000 };
    const { store } = await place({ sizes: { ...little, fullReports: 50, recent } });
    await store().write(halfHours(hour, 10), 10);
    expect(await store().keepUp({ before: everything.before, offset: 9 })).toBe(false);
    expect(await store().reports(byTime)).toHaveLength(10);
    while (await store().keepUp(everything));
    expect(await store().reports(byTime)).toEqual([]);
    const points = await store().series({ ...chart, pointsMax: 1 });
    expect(points).toEqual([{ at: hour, min: 0, max: 9, mean: 4.5, count: 10 }]);
    expect((await store().latest(['fridge-1'])).get('fridge-1')?.offset).toBe(9);
  });

  it('adds what comes later than its chunks', async () => {
    const { store } = await place();
    await store().write(halfHours(hour, 8), 8);
    while (await store().keepUp(everything));
    await store().write(
      [0, 1, 2, 3].map((i) => report(8 + i, { at: hour + 5 + i, signals: { cabinet_temp: 50 } })),
      12,
    );
    const points = await store().series({ ...chart, pointsMax: 1 });
    expect(points).toMatchObject([{ min: 0, max: 50, count: 12 }]);
  });
});

describe('deletion', () => {
  it('hides a device at once, frees its room, and lets the device begin anew', async () => {
    const { store, reopen } = await place();
    const both = Array.from({ length: 600 }, (_, i) => report(i, { device: `fridge-${1 + (i % 2)}` }));
    await store().write(both, 600);
    const held = store().space().bytes;
    const deleted = store().delete('fridge-1');
    const others = both.filter(({ device }) => device === 'fridge-2');
    const all = { by: 'offset', from: 0, to: 10_000, limit: 10_000 } as const;
    expect(await store().reports(all)).toEqual(others);
    expect(await store().reports(byTime)).toEqual([]);
    const again = report(600, { at: hour, signals: { cabinet_temp: 7 } });
    await store().write([again], 601);
    await deleted;
    expect(store().space().bytes).toBeLessThan(held);
    await reopen();
    expect(await store().reports(all)).toEqual([...others, again]);
    expect((await store().latest(['fridge-1'])).get('fridge-1')).toEqual(again);
    expect(await store().series({ ...chart, pointsMax: 10 })).toMatchObject([{ mean: 7, count: 1 }]);
  });

  it('up to a place in the log, and not again when that place is met once more', async () => {
    const { store, reopen } = await place();
    const before = Array.from({ length: 300 }, (_, i) => report(i));
    await store().write(before, 301);
    await store().forsake('fridge-1', 301);
    await store().forsake('fridge-9', 301);
    const later = [report(301), report(302, { device: 'fridge-9' })];
    await store().write(later, 303);
    await reopen();
    await store().forsake('fridge-1', 301);
    await store().forsake('fridge-9', 301);
    while (await store().keepUp());
    expect(await store().reports({ by: 'offset', from: 0, to: 10_000, limit: 10_000 })).toEqual(later);
  });

  it('of what is in memory, and of nobody', async () => {
    const { store, reopen } = await place({ sizes: {} });
    await store().write([report(0), report(1, { device: 'fridge-2' })], 2);
    await store().delete('fridge-1');
    await store().delete('nobody');
    expect(await store().reports(byTime)).toEqual([]);
    await reopen();
    expect(await store().reports(byTime)).toEqual([]);
    expect((await store().latest(['fridge-1', 'fridge-2'])).size).toBe(1);
  });

  it('goes on where the process ended', async () => {
    const { store, reopen } = await place();
    await store().write(
      Array.from({ length: 600 }, (_, i) => report(i)),
      600,
    );
    const unfinished = store().delete('fridge-1');
    await reopen();
    await expect(unfinished).rejects.toMatchObject({ code: 'store-failed' });
    const held = store().space().bytes;
    while (await store().keepUp());
    expect(store().space().bytes).toBeLessThan(held);
    expect(await store().reports(byTime)).toEqual([]);
  });
});

describe('the bound', () => {
  it('is told before it is reached, refuses writes at it, and loses nothing', async () => {
    const { store, reopen } = await place();
    await store().write(
      Array.from({ length: 600 }, (_, i) => report(i)),
      600,
    );
    const { bytes } = store().space();
    expect(store().space()).toMatchObject({ trouble: undefined, full: false, bytesMax: undefined });
    await reopen({ bytesMax: Math.round(bytes * 1.1) });
    expect(store().space()).toMatchObject({ full: false, trouble: expect.stringContaining('at most') });
    await store().write([report(600)], 601);
    await reopen({ bytesMax: bytes });
    expect(store().space()).toMatchObject({ full: true, trouble: expect.stringContaining('bound') });
    const refused = store().write([report(601)], 602);
    await expect(refused).rejects.toMatchObject({
      code: 'store-failed',
      hint: expect.stringContaining('AFTERCARE_LIMIT_STORE_BYTES'),
    });
    expect(await store().cursor()).toBe(601);
    await store().delete('fridge-1');
    await store().write([report(601)], 602);
    expect(await store().reports(byTime)).toEqual([report(601)]);
  });
});
