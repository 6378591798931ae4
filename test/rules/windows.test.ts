import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Series, seriesReadingsMax } from '../../src/rules/series.ts';
import {
  advanceWindow,
  openWindow,
  pushReading,
  type WindowFunction,
  type WindowSpec,
  type WindowState,
  windowReadings,
  windowValue,
} from '../../src/rules/windows.ts';

const functions = [
  ...(['avg', 'sum', 'min', 'max', 'median', 'spread', 'slope', 'change', 'rise'] as const),
  ...(['count', 'held', 'rate', 'ago'] as const),
] as const;

interface Reading {
  readonly at: number;
  readonly value: number;
}

/** What the window means, computed from all readings. */
function naive(fn: WindowFunction, lengthMs: number, readings: readonly Reading[], at: number): number | undefined {
  if (fn === 'ago') return readings.findLast((reading) => reading.at <= at - lengthMs)?.value;
  const inside = readings.filter((reading) => reading.at > at - lengthMs && reading.at <= at);
  const [first] = inside;
  const last = inside.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const values = inside.map((reading) => reading.value);
  const sum = values.reduce((total, value) => total + value, 0);
  if (fn === 'count') return inside.length;
  if (fn === 'held' || fn === 'sum') return sum;
  if (fn === 'avg') return sum / inside.length;
  if (fn === 'min') return Math.min(...values);
  if (fn === 'max') return Math.max(...values);
  if (fn === 'spread') return Math.max(...values) - Math.min(...values);
  if (fn === 'median') return median(values);
  if (fn === 'slope') return slope(inside);
  if (fn === 'change') return inside.length < 2 ? undefined : last.value - first.value;
  if (fn === 'rise' ? inside.length < 2 : last.at === first.at) return undefined;
  const rises = values.slice(1).map((value, index) => {
    const before = values[index] ?? 0;
    return value >= before || 2 * value > before ? value - before : value;
  });
  const risen = rises.reduce((total, rise) => total + rise, 0);
  return fn === 'rise' ? Math.max(0, risen) : (Math.max(0, risen) * 1_000) / (last.at - first.at);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

function slope(inside: readonly Reading[]): number | undefined {
  const mean = (of: (reading: Reading) => number) => inside.reduce((sum, item) => sum + of(item), 0) / inside.length;
  const [at, value] = [mean((item) => item.at), mean((item) => item.value)];
  const squares = mean((item) => (item.at - at) ** 2);
  return squares === 0 ? undefined : (mean((item) => (item.at - at) * (item.value - value)) * 1_000) / squares;
}

function windows(specs: readonly WindowSpec[]) {
  const series = new Series();
  return { series, all: specs.map((spec) => ({ spec, state: openWindow(spec, series) })) };
}

function specOf(fn: WindowFunction, lengthMs: number): WindowSpec {
  return { key: `${fn} ${lengthMs}`, fn, series: 's', lengthMs };
}

const steps = fc.array(
  fc.record({
    stepMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 40_000 })),
    value: fc.integer({ min: -1_000, max: 1_000 }).map((value) => value / 8),
    reads: fc.boolean(),
    restored: fc.boolean(),
  }),
  { maxLength: 400 },
);

describe('windows', () => {
  it('say what the readings in (t − w, t] say, whenever they are asked, through JSON and snapshots', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 60_000 }), (history, lengthMs) => {
        let { series, all } = windows([
          ...functions.map((fn) => specOf(fn, lengthMs)),
          ...functions.map((fn) => specOf(fn, 2_500)),
        ]);
        const readings: Reading[] = [];
        let at = 0;
        for (const { stepMs, value, reads, restored } of history) {
          at += stepMs;
          if (restored) series = new Series(series.snapshot());
          all = JSON.parse(JSON.stringify(all));
          if (reads) {
            readings.push({ at, value });
            pushReading(series, all, at, value);
          }
          for (const { spec, state } of all) {
            // Eighths are exact in binary, so the sums are too.
            const [told, meant] = [windowValue(spec, state, series, at), naive(spec.fn, spec.lengthMs, readings, at)];
            if (spec.fn !== 'slope' || told === undefined) expect(told).toBe(meant);
            else expect(told).toBeCloseTo(meant ?? Number.NaN, 6);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('forget an outlier without a trace when it has left', () => {
    const { series, all } = windows([specOf('avg', 10_000)]);
    for (let second = 0; second < 40; second++) pushReading(series, all, second * 1_000, second === 5 ? 1e300 : 4.25);
    expect(all.map(({ spec, state }) => windowValue(spec, state, series, 39_000))).toEqual([4.25]);
  });

  it('keep numbers that survive JSON, whatever the readings are', () => {
    const { series, all } = windows(functions.map((fn) => specOf(fn, 10_000)));
    const extremes = [Number.MAX_VALUE, Number.MAX_VALUE, -0, -Number.MAX_VALUE, Number.MAX_VALUE, Number.MIN_VALUE];
    for (const [second, value] of extremes.entries()) {
      pushReading(series, all, second * 1_000, value);
      for (const { spec, state } of all) windowValue(spec, state, series, second * 1_000);
      const values = [...series.snapshot().readings];
      expect(JSON.parse(JSON.stringify({ values, all }))).toEqual({ values, all });
    }
  });

  it('hold a bounded number of readings, the newest, and count those let go', () => {
    const specs = functions.map((fn) => specOf(fn, 86_400_000));
    const { series, all } = windows(specs);
    const readings = 2 * seriesReadingsMax + 500;
    for (let index = 0; index < readings; index++) pushReading(series, all, index, index);
    const value = (fn: WindowFunction) => {
      const window = all.find(({ spec }) => spec.fn === fn);
      return window && windowValue(window.spec, window.state, series, readings);
    };
    const dropped = seriesReadingsMax + 500;
    expect(series.dropped).toBe(dropped);
    expect(series.room).toBeLessThanOrEqual(1.25 * seriesReadingsMax);
    expect([value('count'), value('min'), value('max')]).toEqual([seriesReadingsMax, dropped, readings - 1]);
    expect([value('median'), value('spread')]).toEqual([dropped + seriesReadingsMax / 2 - 0.5, seriesReadingsMax - 1]);
    expect(value('slope')).toBeCloseTo(1_000, 6);
    expect(value('rate')).toBeCloseTo(1_000);
  });

  it('do not grow with readings that no window needs any more', () => {
    const { series, all } = windows([specOf('avg', 5_000), specOf('min', 1_000)]);
    for (let second = 0; second < 20_000; second++) pushReading(series, all, second * 1_000, second);
    expect(series.room).toBeLessThan(30);
    expect(series.dropped).toBe(0);
  });

  it('cost no more when they are longer', () => {
    const steps = (lengthMs: number) => {
      const { series, all } = windows(functions.map((fn) => specOf(fn, lengthMs)));
      for (let index = 0; index < 6_000; index++) pushReading(series, all, index * 1_000, (index * 7_919) % 1_009);
      const [at, value] = [vi.spyOn(series, 'at'), vi.spyOn(series, 'value')];
      for (let index = 6_000; index < 8_000; index++) {
        pushReading(series, all, index * 1_000, (index * 7_919) % 1_009);
        for (const { spec, state } of all) windowValue(spec, state, series, index * 1_000);
      }
      return (at.mock.calls.length + value.mock.calls.length) / 2_000;
    };
    expect(steps(2_000_000)).toBeLessThan(steps(100_000) * 1.5);
  });

  it('say what held so long ago while it was young enough then', () => {
    const spec = { ...specOf('ago', 10_000), maxAgeMs: 3_000 };
    const { series, all } = windows([spec]);
    const [window] = all;
    const told: (number | undefined)[] = [];
    for (let second = 0; second < 20; second++) {
      if (second < 3 || second > 8) pushReading(series, all, second * 1_000, second);
      if (window) told.push(windowValue(spec, window.state, series, second * 1_000));
    }
    const unknown = undefined;
    expect(told.slice(8)).toEqual([unknown, unknown, 0, 1, 2, 2, 2, 2, unknown, unknown, unknown, 9]);
  });

  it('see through the resets of a counter', () => {
    const { series, all } = windows([specOf('rate', 60_000)]);
    for (const [index, value] of [100, 110, 3, 13].entries()) pushReading(series, all, index * 10_000, value);
    expect(all.map(({ spec, state }) => windowValue(spec, state, series, 30_000))).toEqual([23 / 30]);
  });

  it('see through readings of a counter that were overtaken on their way', () => {
    const { series, all } = windows([specOf('rate', 60_000)]);
    const rates = [20_000, 20_001, 19_998, 20_003, 20_004].map((value, index) => {
      pushReading(series, all, index * 10_000, value);
      return all.map(({ spec, state }) => windowValue(spec, state, series, index * 10_000));
    });
    expect(rates).toEqual([[undefined], [1 / 10], [0], [3 / 30], [4 / 40]]);
  });

  it('can be opened over readings that are there already', () => {
    const { series, all } = windows([specOf('avg', 60_000)]);
    for (const value of [1, 2, 3]) pushReading(series, all, value * 1_000, value);
    const later: WindowState = openWindow(specOf('max', 2_000), series);
    expect(windowValue(specOf('max', 2_000), later, series, 3_000)).toBe(3);
    advanceWindow(specOf('max', 2_000), later, series, 4_500);
    expect(windowReadings(later, series, 10)).toEqual([{ at: 3_000, value: 3 }]);
  });
});
