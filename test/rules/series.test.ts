import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
        for (const { pushed, keptMax, restored } of steps) {
          for (let count = 0; count < pushed; count += 1) {
            const reading = { at: 1_700_000_000_000 + all.length, value: all.length / 7 };
            all.push(reading);
            series.push(reading.at, reading.value);
          }
          series.letGo(Math.max(series.first, series.end - keptMax));
          if (restored) series = new Series(series.snapshot());
          expect(series.end).toBe(all.length);
          expect(kept(series)).toEqual(all.slice(series.first));
          expect(series.end - series.first).toBeLessThanOrEqual(keptMax);
        }
      }),
    );
  });

  it('lets the oldest go when it is full, and counts them', () => {
    const series = new Series();
    for (let index = 0; index < seriesReadingsMax + 3; index += 1) series.push(index, index);
    expect([series.first, series.end, series.dropped]).toEqual([3, seriesReadingsMax + 3, 3]);
    expect(kept(series)[0]).toEqual({ at: 3, value: 3 });
    expect(new Series(series.snapshot()).dropped).toBe(3);
  });

  it('gives back the memory of a burst that is gone', () => {
    const series = new Series();
    for (let index = 0; index < 5_000; index += 1) series.push(index, index);
    series.letGo(4_990);
    const { room } = series;
    expect(room).toBeGreaterThanOrEqual(5_000);
    for (let index = 5_000; index < 5_000 + room; index += 1) {
      series.push(index, index);
      series.letGo(index - 9);
    }
    expect(series.room).toBeLessThan(30);
    expect(kept(series).map(({ value }) => value)).toEqual(Array.from({ length: 10 }, (_, i) => 4_990 + room + i));
  });
});
