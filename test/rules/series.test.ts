import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Series, seriesReadingsMax } from '../../src/rules/series.ts';

interface Reading {
  readonly at: number;
  readonly value: number;
}

function kept(series: Series): Reading[] {
  return Array.from({ length: series.end - series.first }, (_, index) => {
    const number = series.first + index;
    return { at: series.at(number), value: series.value(number) };
  });
}

describe('a series', () => {
  it('keeps what is not let go, whatever comes and goes, and through snapshots', () => {
    const step = fc.record({
      pushed: fc.integer({ min: 0, max: 60 }),
      keptMax: fc.integer({ min: 0, max: 200 }),
      restored: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let series = new Series();
        const all: Reading[] = [];
        let first = 0;
        for (const { pushed, keptMax, restored } of steps) {
          for (let count = 0; count < pushed; count += 1) {
            const reading = { at: 1_700_000_000_000 + all.length, value: all.length / 7 };
            all.push(reading);
            series.push(reading.at, reading.value);
          }
          first = Math.max(first, all.length - keptMax);
          series.letGo(first);
          if (restored) series = new Series(series.snapshot());
          expect([series.first, series.end]).toEqual([first, all.length]);
          expect(kept(series)).toEqual(all.slice(first));
        }
      }),
    );
  });

  it('lets the oldest go when it is full, and counts them', () => {
    const series = new Series();
    const dropped = 2 * seriesReadingsMax;
    for (let index = 0; index < 3 * seriesReadingsMax; index += 1) series.push(index, index);
    expect([series.first, series.end, series.dropped]).toEqual([dropped, 3 * seriesReadingsMax, dropped]);
    expect(kept(series)).toEqual(
      Array.from({ length: seriesReadingsMax }, (_, index) => ({ at: dropped + index, value: dropped + index })),
    );
    expect(series.room).toBeLessThanOrEqual(1.25 * seriesReadingsMax);
    expect(new Series(series.snapshot()).dropped).toBe(dropped);
  });

  it('gives back the memory of a burst with the readings of it', () => {
    const series = new Series();
    for (let index = 0; index < 5_000; index += 1) series.push(index, index);
    expect(series.room).toBeGreaterThanOrEqual(5_000);
    series.letGo(4_990);
    expect(series.room).toBeLessThan(30);
    expect(kept(series).map(({ at }) => at)).toEqual(Array.from({ length: 10 }, (_, index) => 4_990 + index));
  });

  it('moves within the memory that it has while as many come as go', () => {
    const series = new Series();
    const go = (from: number, to: number) => {
      for (let index = from; index < to; index += 1) {
        series.push(index, index);
        series.letGo(Math.max(0, index - 99));
      }
    };
    go(0, 200);
    const { room } = series;
    const made = vi.spyOn(globalThis, 'Float64Array');
    try {
      go(200, 5_000);
      expect(made).not.toHaveBeenCalled();
    } finally {
      made.mockRestore();
    }
    expect(series.room).toBe(room);
    expect(kept(series).map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, index) => 4_900 + index));
  });
});
