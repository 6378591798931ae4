import { describe, expect, it } from 'vitest';
import { detectors, rangeBar, type Score } from '../../src/detect/index.ts';
import { atWork } from '../contract/detector.ts';

const range = detectors.get('range');

function scoreOf(value: number): Score | undefined {
  const reading = { at: 0, value, bar: rangeBar, stretchBar: rangeBar, open: false };
  return range && atWork(range, { low: -40, high: 60 }).detector.update(reading);
}

describe('range', () => {
  it.each([
    [-40, false],
    [60, false],
    [0, false],
    [60.001, true],
    [-1000, true],
    [1e308, true],
  ])('%d is outside -40 to 60: %s', (value, outside) => {
    const score = scoreOf(value);
    expect(score).toMatchObject({ status: 'scored', low: -40, high: 60, expected: 10 });
    expect((score?.score ?? 0) > rangeBar).toBe(outside);
  });

  it('names every problem of its parameters', () => {
    expect(range?.check({})).toEqual(['"low" must be a number', '"high" must be a number']);
    expect(range?.check({ low: 5, high: 5 })).toEqual(['"low" (5) must be below "high" (5)']);
    expect(range?.check({ low: 'a', high: 1, step: 1 })).toHaveLength(2);
  });
});
