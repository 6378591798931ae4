import { describe, expect, it } from 'vitest';
import { whatChanged } from '../../dashboards/console/src/case/conflict.ts';
import { expectedAt, firingAt, pointWords, readingWords } from '../../dashboards/console/src/chart/reading-words.ts';
import type { ChartSeries, Point } from '../../dashboards/console/src/chart/series.ts';
import { nextIndex } from '../../dashboards/console/src/chart/steps.ts';
import { tickWords } from '../../dashboards/console/src/chart/ticks.ts';
import { countedWords } from '../../dashboards/console/src/words/cases.ts';
import { caseItem } from './case-item.ts';

const point = (at: number, value: number): Point => ({ at, min: value, max: value, mean: value, count: 1 });
const series: ChartSeries = {
  points: Array.from({ length: 30 }, (_, index) => point(index * 1000, index)),
  band: [{ at: 0, low: 1, high: 12 }],
  firings: [5, 20].map((second) => ({ at: second * 1000, value: second, low: 2, high: 4, severity: 'major' as const })),
  episodes: [],
  gaps: [],
  bucketed: false,
  switches: false,
};

describe('whatChanged', () => {
  it('names what people did, and nothing of what only the machine wrote', () => {
    expect(whatChanged(caseItem, { ...caseItem, state: 'acknowledged', owner: 'Ana', version: 2 })).toEqual([
      'state New → Acknowledged',
      'owner nobody → Ana',
    ]);
    expect(whatChanged(caseItem, { ...caseItem, explanation: 'Now 9.4 °C.', findings: 2, version: 2 })).toEqual([]);
  });
});

describe('reading a chart by keys', () => {
  it('starts at the newest reading and walks within the ends', () => {
    expect(nextIndex(series, undefined, 'ArrowLeft', false)).toBe(29);
    expect(nextIndex(series, 29, 'ArrowRight', false)).toBe(29);
    expect(nextIndex(series, 29, 'ArrowLeft', true)).toBe(19);
    expect(nextIndex(series, 3, 'PageDown', false)).toBe(0);
    expect(nextIndex(series, 3, 'End', false)).toBe(29);
  });

  it('goes from firing reading to firing reading', () => {
    expect(nextIndex(series, undefined, 'n', false)).toBe(5);
    expect(nextIndex(series, 5, 'n', false)).toBe(20);
    expect(nextIndex(series, 20, 'n', false)).toBeUndefined();
    expect(nextIndex(series, undefined, 'p', false)).toBe(20);
  });

  it('leaves other keys, and charts without readings, alone', () => {
    expect(nextIndex(series, 3, 'j', false)).toBeUndefined();
    expect(nextIndex({ ...series, points: [] }, undefined, 'End', false)).toBeUndefined();
  });
});

describe('a reading in words', () => {
  it('says what was expected: the band that the firing reading left, else the band in force', () => {
    expect(expectedAt(series, 5000)).toEqual({ low: 2, high: 4 });
    expect(expectedAt(series, 6000)).toMatchObject({ low: 1, high: 12 });
    expect(readingWords(series, point(5000, 5), '°C')).toMatch(/5\u2009°C, expected 2 to 4, fired$/);
  });

  it('finds the firing reading inside a bucket', () => {
    const bucket: Point = { at: 4000, min: 4, max: 6, mean: 5, count: 3 };
    const bucketed = { ...series, points: [bucket, point(8000, 8)], bucketed: true };
    expect(firingAt(bucketed, bucket)?.at).toBe(5000);
    expect(firingAt(series, point(6000, 6))).toBeUndefined();
  });

  it('says a switch in words', () => {
    const door = { ...series, switches: true };
    expect(pointWords(door, point(0, 1), '')).toBe('yes');
    expect(pointWords(door, point(0, 0), '')).toBe('no');
    expect(pointWords(door, { at: 0, min: 0, max: 1, mean: 0.25, count: 8 }, '')).toBe('yes in 25\u2009% of 8');
  });
});

describe('the words of a time axis', () => {
  it('name the day where it changes, and days alone when ticks are days', () => {
    const noon = new Date(2025, 10, 21, 12).getTime() / 1000;
    const hours = [0, 6, 12, 18].map((hour) => noon + hour * 3600);
    expect(tickWords(hours)).toEqual(['12:00\n21 Nov', '18:00', '00:00\n22 Nov', '06:00']);
    expect(tickWords([noon, noon + 86_400])).toEqual(['21 Nov', '22 Nov']);
    expect(tickWords([])).toEqual([]);
  });
});

describe('how often it came', () => {
  const words = (changes: Partial<typeof caseItem>) => countedWords({ ...caseItem, ...changes });

  it('counts flaps, devices behind a gateway, and those of a storm', () => {
    expect(words({ findings: 3 })).toMatch(/^3 times since 21 Nov.*; 1 holds now$/);
    expect(words({ findings: 51, findingsOpen: 2, devices: 51 })).toBe(
      '50 devices behind it; of 51 findings 2 hold now',
    );
    expect(words({ findings: 9, devices: 8, storm: 'rule:x' })).toBe('9 findings on 8 devices; 1 holds now');
  });
});
