import { describe, expect, it } from 'vitest';
import type { Finding } from '../../dashboards/console/src/api/model.ts';
import { chartRange } from '../../dashboards/console/src/chart/range.ts';
import {
  bandAt,
  chartSeries,
  findGaps,
  indexAt,
  nearestIndex,
  valueRange,
  within,
} from '../../dashboards/console/src/chart/series.ts';
import { valueTickWords } from '../../dashboards/console/src/chart/ticks.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.parse('2025-11-21T20:00:00Z');
const time = (at: number): string => new Date(at).toISOString();
const number = (name: string) => ({ name, type: 'number' as const });
const raw = (...minutes: number[]) => minutes.map((value) => ({ at: value * minute, count: 1 }));

describe('findGaps', () => {
  it('joins neighbours up to three reports apart', () => {
    expect(findGaps(raw(0, 1, 4, 5), minute)).toEqual([]);
    expect(findGaps(raw(0, 1, 4.1, 5), minute)).toEqual([{ from: minute, to: 4.1 * minute }]);
  });

  it('allows two buckets where points stand for buckets', () => {
    const buckets = [0, 10, 20, 40, 50, 71, 80].map((at) => ({ at: at * minute, count: 10 }));
    expect(findGaps(buckets, minute)).toEqual([{ from: 50 * minute, to: 71 * minute }]);
  });

  it('finds none in nothing and in one point', () => {
    expect(findGaps([], minute)).toEqual([]);
    expect(findGaps(raw(3), minute)).toEqual([]);
  });
});

describe('chartSeries', () => {
  const finding: Pick<Finding, 'state' | 'signal' | 'severity' | 'startsAt' | 'endsAt' | 'evidence'> = {
    state: 'raised',
    signal: null,
    severity: 'major',
    startsAt: time(start),
    endsAt: null,
    evidence: [
      { signal: 'temp', at: time(start + minute), value: 9, low: 2, high: 5 },
      { signal: 'door', at: time(start + minute), value: true },
      { signal: 'mode', at: time(start + minute), value: 'defrost' },
    ],
  };
  const series = { points: [{ at: time(start), min: 4, max: 4, mean: 4, count: 1 }], band: [] };

  it('takes the readings and the episodes of its own signal', () => {
    const chart = chartSeries(series, [finding], number('temp'), minute);
    expect(chart.firings).toEqual([{ at: start + minute, value: 9, low: 2, high: 5, severity: 'major' }]);
    expect(chart.episodes).toEqual([{ from: start, to: undefined, severity: 'major' }]);
    expect(chart.bucketed).toBe(false);
  });

  it('shows of a stretch only the marks that lie in it', () => {
    const chart = chartSeries(series, [{ ...finding, endsAt: time(start + hour) }], number('temp'), minute);
    expect(within(chart, { from: start + 2 * minute, to: undefined })).toMatchObject({ firings: [], episodes: [{}] });
    expect(within(chart, { from: start + 2 * hour, to: undefined })).toMatchObject({ firings: [], episodes: [] });
    expect(within(chart, { from: undefined, to: start - 1 })).toMatchObject({ firings: [], episodes: [] });
    expect(within(chart, { from: undefined, to: undefined })).toEqual(chart);
  });

  it('shows nothing of what late reports took back', () => {
    const chart = chartSeries(series, [{ ...finding, state: 'retracted' }], number('temp'), minute);
    expect([chart.firings, chart.episodes]).toEqual([[], []]);
  });

  it('draws switches as 0 and 1, and words not at all', () => {
    expect(chartSeries(series, [finding], { name: 'door', type: 'boolean' }, minute).firings[0]?.value).toBe(1);
    expect(chartSeries(series, [finding], number('mode'), minute).firings).toEqual([]);
    expect(chartSeries(series, [finding], number('other'), minute).episodes).toEqual([]);
  });

  it('has a scale that holds readings, band and firing readings', () => {
    const [low, high] = valueRange(chartSeries(series, [finding], number('temp'), minute));
    expect(low).toBeLessThan(4);
    expect(high).toBeGreaterThan(9);
    expect(valueRange(chartSeries({ points: [], band: [] }, [], number('temp'), minute))).toEqual([0, 1]);
  });

  it('holds the last band up to the newest reading', () => {
    const point = (minute: number) => ({
      at: new Date(minute * 60_000).toISOString(),
      min: 1,
      max: 1,
      mean: 1,
      count: 1,
    });
    const band = [{ at: new Date(0).toISOString(), low: 0, high: 2 }];
    const series = chartSeries({ points: [point(0), point(9)], band }, [], { name: 'x', type: 'number' }, 60_000);
    expect(series.band).toEqual([
      { at: 0, low: 0, high: 2 },
      { at: 540_000, low: 0, high: 2 },
    ]);
  });

  it('is not pressed into a line by a band that is very wide', () => {
    const point = (value: number) => ({ at: time(start + value), min: value, max: value, mean: value, count: 1 });
    const range = (values: number[], low: number, high: number) => {
      const band = [{ at: time(start), low, high }];
      return valueRange(chartSeries({ points: values.map(point), band }, [], number('temp'), minute));
    };
    const [low, high] = range([1, 2], -50, 50);
    expect([low > -0.5, low <= 0, high < 3.5, high >= 3]).toEqual([true, true, true, true]);
    expect(range([1], 0, 4)[1]).toBeGreaterThanOrEqual(4);
    expect(range([], 0, 4)[0]).toBeLessThanOrEqual(0);
  });
});

describe('looking up by time', () => {
  const items = [{ at: 10 }, { at: 20 }, { at: 30 }];

  it('finds the last at or before, and the nearest', () => {
    expect([5, 10, 29, 99].map((at) => indexAt(items, at))).toEqual([-1, 0, 1, 2]);
    expect([5, 14, 16, 99].map((at) => nearestIndex(items, at))).toEqual([0, 0, 1, 2]);
    expect(nearestIndex([], 5)).toBe(-1);
  });

  it('holds the band until its next evaluation', () => {
    const band = [
      { at: 10, low: 1, high: 2 },
      { at: 20, low: 3, high: 4 },
    ];
    expect(bandAt(band, 5)).toBeUndefined();
    expect(bandAt(band, 19)?.high).toBe(2);
  });
});

describe('chartRange', () => {
  const facts = { startsAt: start, endsAt: undefined, watermark: start + 2 * hour, everyMs: minute };

  it('shows three times the episode before it, and at least 200 reports', () => {
    expect(chartRange('episode', facts).from).toBe(start - 6 * hour);
    expect(chartRange('episode', { ...facts, watermark: start + minute }).from).toBe(start + minute - 200 * minute);
  });

  it('ends with the episode when it is over, else where the device is', () => {
    expect(chartRange('day', facts).from).toBe(start + 2 * hour - 24 * hour);
    expect(chartRange('day', { ...facts, endsAt: start + hour }).from).toBe(start + hour - 24 * hour);
    expect(chartRange('week', facts).to).toBeGreaterThan(start + 2 * hour);
  });

  it('has no ends for all', () => {
    expect(chartRange('all', facts)).toEqual({ from: undefined, to: undefined });
  });
});

describe('the numbers of a value axis', () => {
  it('tell neighbours apart and are short enough for it', () => {
    expect(valueTickWords([0, 0.25, 0.5])).toEqual(['0', '0.25', '0.5']);
    expect(valueTickWords([-20, 0, 20])).toEqual(['\u221220', '0', '20']);
    expect(valueTickWords([400.5, 401, 401.5])).toEqual(['400.5', '401', '401.5']);
    expect(valueTickWords([98_000, 99_000])).toEqual(['98,000', '99,000']);
    expect(valueTickWords([11_400_000, 11_500_000])).toEqual(['11.4M', '11.5M']);
    expect(valueTickWords([0.000_000_1, 0.000_000_2])).toEqual(['1.00e-7', '2.00e-7']);
    expect(valueTickWords([])).toEqual([]);
  });
});
