import { describe, expect, it } from 'vitest';
import { detectors, rangeBar, type Score } from '../../src/detect/index.ts';

const range = detectors.get('range');

function scoreOf(value: number): Score | undefined {
  const bound = range?.bind({ low: -40, high: 60 });
  return bound?.update(bound.init(), { at: 0, value }, { bar: rangeBar, stretchBar: rangeBar, open: false });
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
    expect(score?.status === 'scored' && score.score > rangeBar).toBe(outside);
  });

  it('names every problem of its parameters', () => {
    expect(range?.check({})).toEqual(['"low" must be a number', '"high" must be a number']);
    expect(range?.check({ low: 5, high: 5 })).toEqual(['"low" (5) must be below "high" (5)']);
    expect(range?.check({ low: 'a', high: 1, step: 1 })).toHaveLength(2);
  });
});
