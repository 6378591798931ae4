import { afterEach, describe, expect, it } from 'vitest';
import type { ReportsQuery, SeriesQuery, TelemetryStore } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';

export interface StoreUnderTest {
  readonly store: TelemetryStore;
  /** Closes it and opens the same data again. */
  reopen(): Promise<TelemetryStore>;
  /** Closes it and removes its data. */
  destroy(): Promise<void>;
}

/** What a driver may be unable to do; everything else it owes. */
export interface StoreCapabilities {
  /** Keeps two reports of one device and one `at`; else `reports` gives the later. */
  readonly sharedTimes: boolean;
  /** Keeps log offsets: `reports` by offset, exact replay. */
  readonly offsets: boolean;
  /** Keeps `rawAt`. */
  readonly rawTimes: boolean;
  /** Keeps a signal that is a number in one report and a word in another. */
  readonly changingTypes: boolean;
}

const day = 1_763_683_200_000;

/** A report that is a message of its own; its time follows from its offset unless given. */
export function report(offset: number, changes: Partial<Report> = {}): Report {
  const at = changes.at ?? day + offset * 1_000;
  return {
    device: 'fridge-1',
    product: 'fridge',
    offset,
    index: 0,
    at,
    receivedAt: at + 20,
    rawAt: undefined,
    boot: 'b1',
    seq: offset,
    firmware: '2.3.1',
    signals: { cabinet_temp: 4.1 },
    faults: [],
    ...changes,
  };
}

/** What every driver of the telemetry store seam promises. */
export function telemetryStoreContract(
  driver: string,
  can: StoreCapabilities,
  make: () => Promise<StoreUnderTest>,
): void {
  describe(`telemetry store contract: ${driver}`, () => {
    let made: StoreUnderTest[] = [];
    const open = async (): Promise<StoreUnderTest> => {
      const one = await make();
      made.push(one);
      return one;
    };
    afterEach(async () => {
      await Promise.all(made.map((one) => one.destroy()));
      made = [];
    });
    writing(open);
    series(open);
    seriesOrder(open);
    latest(open);
    reportsByTime(open, can);
    reportsByIdentity(open);
    if (can.sharedTimes) sharedTimes(open);
    if (can.offsets) reportsByOffset(open);
    if (can.rawTimes) rawTimes(open);
    if (can.changingTypes) changingTypes(open);
  });
}

type Open = () => Promise<StoreUnderTest>;

const chart = (changes: Partial<SeriesQuery> = {}): SeriesQuery => ({
  device: 'fridge-1',
  product: 'fridge',
  signal: 'cabinet_temp',
  from: undefined,
  to: undefined,
  pointsMax: 100,
  ...changes,
});

const byTime = (changes: Partial<ReportsQuery & { by: 'time' }> = {}): ReportsQuery => ({
  by: 'time',
  device: 'fridge-1',
  from: undefined,
  to: undefined,
  limit: 100,
  descending: false,
  ...changes,
});

const temps = (from: number, values: readonly number[]): Report[] =>
  values.map((value, i) => report(from + i, { signals: { cabinet_temp: value } }));

const seqs = (reports: readonly Report[]): (number | undefined)[] => reports.map(({ seq }) => seq);
const single = (at: number, value: number) => ({ at, min: value, max: value, mean: value, count: 1 });

function writing(open: Open): void {
  it('starts at offset 0 and keeps reports and cursor together over a restart', async () => {
    const { store, reopen } = await open();
    expect(await store.cursor()).toBe(0);
    await store.write(temps(0, [4.1, 4.2]), 5);
    expect(await store.cursor()).toBe(5);
    const again = await reopen();
    expect(await again.cursor()).toBe(5);
    expect((await again.series(chart())).map(({ mean }) => mean)).toEqual([4.1, 4.2]);
  });

  it('moves the cursor over a stretch without reports', async () => {
    const { store, reopen } = await open();
    await store.write([], 17);
    expect(await (await reopen()).cursor()).toBe(17);
  });

  it('ignores what it has already, also where a stretch overlaps the cursor', async () => {
    const { store, reopen } = await open();
    await store.write(temps(0, [1, 2, 3]), 3);
    await store.write(temps(0, [7, 8, 9]), 3);
    await store.write(temps(1, [7, 8, 4]), 4);
    await store.write(temps(0, [7]), 1);
    expect(await store.cursor()).toBe(4);
    expect((await (await reopen()).series(chart())).map(({ mean }) => mean)).toEqual([1, 2, 3, 4]);
  });

  it('brings every field back as it was', async () => {
    const { store, reopen } = await open();
    const full = report(3, {
      index: 1,
      receivedAt: day + 99_999,
      signals: { cabinet_temp: -0.30000000000000004, door_open: true, mode: 'défrost "2" \n', constructor: 1e-320 },
      faults: [
        { code: 'E21', active: true },
        { code: 'E7', active: false },
      ],
    });
    const bare = report(4, { boot: undefined, seq: undefined, firmware: undefined, signals: { t: 1 } });
    await store.write([full, bare], 5);
    expect(await (await reopen()).reports(byTime())).toEqual([full, bare]);
  });

  it('keeps many devices and products apart', async () => {
    const { store, reopen } = await open();
    const reports = Array.from({ length: 300 }, (_, i) =>
      report(i, { device: `d${i % 30}`, product: i % 2 ? 'fridge' : 'boiler', signals: { cabinet_temp: i } }),
    );
    await store.write(reports.slice(0, 200), 200);
    await store.write(reports.slice(200), 300);
    const again = await reopen();
    const answers = await Promise.all(
      ['d0', 'd7', 'd29'].map((device) => again.reports(byTime({ device, limit: 1_000 }))),
    );
    expect(answers).toEqual(['d0', 'd7', 'd29'].map((device) => reports.filter((one) => one.device === device)));
    expect(await again.series(chart({ device: 'd7', product: 'boiler' }))).toEqual([]);
    expect(await again.series(chart({ device: 'd7' }))).toHaveLength(10);
  });

  it('rejects calls after close', async () => {
    const { store } = await open();
    await store.close();
    await expect(store.cursor()).rejects.toMatchObject({ code: 'store-failed' });
  });
}

function series(open: Open): void {
  it('gives a point a reading, at its own time, while they are at most pointsMax', async () => {
    const { store } = await open();
    await store.write(temps(0, [4, 6, 5]), 3);
    const points = await store.series(chart({ pointsMax: 3 }));
    expect(points).toEqual([single(day, 4), single(day + 1_000, 6), single(day + 2_000, 5)]);
  });

  it('cuts [from, to) into equal buckets, leaves empty ones out, counts exactly', async () => {
    const { store } = await open();
    const values = [1, 3, 2, 10];
    const at = [0, 10, 24, 99].map((ms) => day + ms);
    await store.write(
      values.map((value, i) => report(i, { at: at[i] ?? 0, signals: { cabinet_temp: value } })),
      4,
    );
    const points = await store.series(chart({ from: day, to: day + 100, pointsMax: 3 }));
    expect(points).toEqual([{ at: day, min: 1, max: 3, mean: 2, count: 3 }, single(day + 99, 10)]);
  });

  it('cuts what the readings span where the range is open', async () => {
    const { store } = await open();
    await store.write(temps(100, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 110);
    const points = await store.series(chart({ pointsMax: 5 }));
    expect(points.reduce((sum, point) => sum + point.count, 0)).toBe(10);
    expect(points.length).toBeLessThanOrEqual(5);
    expect(points[0]).toMatchObject({ at: day + 100_000, min: 1 });
    expect(points.at(-1)).toMatchObject({ max: 10 });
  });

  it('takes from inclusive, to exclusive', async () => {
    const { store } = await open();
    await store.write(temps(0, [1, 2, 3]), 3);
    const points = await store.series(chart({ from: day + 1_000, to: day + 2_000 }));
    expect(points).toEqual([single(day + 1_000, 2)]);
  });

  it('gives booleans as 0 and 1, leaves words out', async () => {
    const { store } = await open();
    const signals = [
      { door_open: true, mode: 'cool' },
      { door_open: false, mode: 'idle' },
    ];
    await store.write(
      signals.map((each, i) => report(i, { signals: each })),
      2,
    );
    expect((await store.series(chart({ signal: 'door_open' }))).map(({ mean }) => mean)).toEqual([1, 0]);
    expect(await store.series(chart({ signal: 'mode' }))).toEqual([]);
  });
}

function seriesOrder(open: Open): void {
  it('lets the later in log order win a signal at one time, and only that signal', async () => {
    const { store, reopen } = await open();
    await store.write([report(0, { at: day, signals: { cabinet_temp: 1, power: 50 } })], 1);
    await store.write([report(1, { at: day, signals: { cabinet_temp: 2 } }), report(2, { at: day + 5 })], 3);
    const again = await reopen();
    expect(await again.series(chart())).toEqual([single(day, 2), single(day + 5, 4.1)]);
    expect(await again.series(chart({ signal: 'power' }))).toEqual([single(day, 50)]);
  });

  it('orders readings that came late', async () => {
    const { store } = await open();
    await store.write(temps(10, [3, 4]), 12);
    await store.write([report(12, { at: day, signals: { cabinet_temp: 1 } }), report(13)], 14);
    const points = await store.series(chart());
    expect(points.map(({ at }) => at)).toEqual([day, day + 10_000, day + 11_000, day + 13_000]);
  });

  it('answers empty for an unknown device, signal or range', async () => {
    const { store } = await open();
    await store.write(temps(0, [1]), 1);
    expect(await store.series(chart({ device: 'nobody' }))).toEqual([]);
    expect(await store.series(chart({ signal: 'nothing' }))).toEqual([]);
    expect(await store.series(chart({ from: 0, to: 1_000 }))).toEqual([]);
  });
}

function latest(open: Open): void {
  it('gives the newest by event time of each device that has one', async () => {
    const { store, reopen } = await open();
    await store.write([report(0), report(1, { device: 'fridge-2' }), report(2)], 3);
    await store.write([report(3, { at: day - 60_000 }), report(4, { device: 'fridge-3' })], 5);
    const found = await (await reopen()).latest(['fridge-1', 'fridge-2', 'nobody']);
    expect([...found].map(([device, { seq }]) => [device, seq])).toEqual([
      ['fridge-1', 2],
      ['fridge-2', 1],
    ]);
  });

  it('gives the later in log order of two with one time', async () => {
    const { store } = await open();
    await store.write([report(0, { at: day }), report(1, { at: day })], 2);
    expect((await store.latest(['fridge-1'])).get('fridge-1')?.seq).toBe(1);
  });
}

function reportsByTime(open: Open, can: StoreCapabilities): void {
  it('reads a device by time, both ways, within a range and a limit', async () => {
    const { store } = await open();
    await store.write(temps(0, [0, 1, 2, 3, 4, 5]), 6);
    await store.write([report(6, { at: day + 2_500 }), report(7, { device: 'fridge-2' })], 8);
    expect(seqs(await store.reports(byTime()))).toEqual([0, 1, 2, 6, 3, 4, 5]);
    expect(seqs(await store.reports(byTime({ limit: 3 })))).toEqual([0, 1, 2]);
    expect(seqs(await store.reports(byTime({ limit: 3, descending: true })))).toEqual([5, 4, 3]);
    const range = { from: day + 1_000, to: day + 3_000 };
    expect(seqs(await store.reports(byTime(range)))).toEqual([1, 2, 6]);
    expect(seqs(await store.reports(byTime({ ...range, descending: true })))).toEqual([6, 2, 1]);
    expect(await store.reports(byTime({ device: 'nobody' }))).toEqual([]);
  });

  it(can.sharedTimes ? 'gives both of two reports with one time' : 'gives the later of two with one time', async () => {
    const { store } = await open();
    await store.write([report(0, { at: day }), report(1, { at: day })], 2);
    expect(seqs(await store.reports(byTime()))).toEqual(can.sharedTimes ? [0, 1] : [1]);
  });
}

function reportsByIdentity(open: Open): void {
  it('finds a report by device, boot and seq, wherever it lies', async () => {
    const { store, reopen } = await open();
    const reports = [report(0, { seq: 9 }), report(1, { seq: 9, boot: 'b2' }), report(2, { seq: 5 })];
    await store.write([...reports, report(3, { device: 'fridge-2', seq: 9 })], 4);
    const again = await reopen();
    const find = (boot: string, seq: number) => again.reports({ by: 'identity', device: 'fridge-1', boot, seq });
    expect(await find('b1', 9)).toEqual(reports.slice(0, 1));
    expect(await find('b2', 9)).toEqual(reports.slice(1, 2));
    expect(await find('b2', 5)).toEqual([]);
    expect(await find('b1', 7)).toEqual([]);
  });

  it('finds the reports of a boot by a range of numbers, in log order', async () => {
    const { store, reopen } = await open();
    const numbers = [8, 3, 4, 6, 5, 7];
    const reports = numbers.map((seq, offset) => report(offset, { seq }));
    await store.write([...reports, report(6, { seq: 5, boot: 'b2' }), report(7, { seq: undefined })], 8);
    const again = await reopen();
    const found = await again.reports({ by: 'identity', device: 'fridge-1', boot: 'b1', seq: 4, seqs: 3 });
    expect(seqs(found)).toEqual([4, 6, 5]);
  });
}

function sharedTimes(open: Open): void {
  it('finds all reports of one identity, in log order', async () => {
    const { store } = await open();
    const reports = [report(0, { seq: 9, at: day }), report(1, { seq: 9, at: day, signals: { cabinet_temp: 8 } })];
    await store.write(reports, 2);
    expect(await store.reports({ by: 'identity', device: 'fridge-1', boot: 'b1', seq: 9 })).toEqual(reports);
  });
}

function reportsByOffset(open: Open): void {
  const range = (from: number, to: number, limit: number): ReportsQuery => ({ by: 'offset', from, to, limit });

  it('reads all devices in log order, from inclusive, to exclusive', async () => {
    const { store, reopen } = await open();
    const reports = Array.from({ length: 40 }, (_, i) => report(i * 2, { device: `d${i % 7}` }));
    await store.write(reports.slice(0, 25), 50);
    await store.write(reports.slice(25), 90);
    const again = await reopen();
    expect(await again.reports(range(0, 1_000, 1_000))).toEqual(reports);
    expect(await again.reports(range(4, 10, 1_000))).toEqual(reports.slice(2, 5));
    expect(await again.reports(range(90, 1_000, 10))).toEqual([]);
  });

  it('never parts a message, and holds the first whole', async () => {
    const { store } = await open();
    const message = (offset: number, count: number) =>
      Array.from({ length: count }, (_, index) => report(offset, { index, at: day + offset * 1_000 + index }));
    const reports = [...message(0, 2), ...message(1, 3), ...message(2, 8), ...message(3, 1)];
    await store.write(reports, 4);
    const pages: number[][] = [];
    for (let from = 0; ; ) {
      const page = await store.reports(range(from, 100, 5));
      const last = page.at(-1);
      if (last === undefined) break;
      pages.push(page.map(({ offset }) => offset));
      from = last.offset + 1;
    }
    expect(pages).toEqual([[0, 0, 1, 1, 1], [2, 2, 2, 2, 2, 2, 2, 2], [3]]);
  });
}

function rawTimes(open: Open): void {
  it('keeps the stamp that was not believed', async () => {
    const { store, reopen } = await open();
    const reports = [report(0, { rawAt: 4_070_908_800_000 }), report(1), report(2, { rawAt: 5 })];
    await store.write(reports, 3);
    expect((await (await reopen()).reports(byTime())).map(({ rawAt }) => rawAt)).toEqual([
      4_070_908_800_000,
      undefined,
      5,
    ]);
  });
}

function changingTypes(open: Open): void {
  it('keeps a signal that changes its type; a word supersedes the number of its time', async () => {
    const { store, reopen } = await open();
    const values = [1.5, true, 'off', 2, 'late'];
    const reports = values.map((value, i) =>
      report(i, { at: day + Math.min(i, 3) * 1_000, signals: { cabinet_temp: value } }),
    );
    await store.write(reports, 5);
    const again = await reopen();
    expect(await again.reports(byTime())).toEqual(reports);
    expect(await again.series(chart())).toEqual([single(day, 1.5), single(day + 1_000, 1)]);
  });
}
