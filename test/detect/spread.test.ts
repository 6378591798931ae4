import { describe, expect, it } from 'vitest';
import { detectors } from '../../src/detect/index.ts';
import { series, stretches, wobble, worst } from './run.ts';

const steady = series(2000, (index) => 5 + wobble(index));
const following = (values: readonly number[]) => stretches('spread', [...steady, ...values]).slice(steady.length - 64);

describe('spread', () => {
  it('finds nothing in a steady noise, and says what is usual', () => {
    const seen = stretches('spread', steady);
    expect(worst(seen)).toBeLessThan(4);
    // The mean of |x| of a noise that is even within ±1.
    expect(seen.at(-1)?.expected).toBeCloseTo(0.5, 1);
  });

  it('sees variation grow and shrink', () => {
    const wild = following(series(40, (index) => 5 + 4 * wobble(index))).at(-1);
    expect(wild?.score).toBeGreaterThan(4);
    expect(wild?.value).toBeGreaterThan(wild?.high ?? 0);
    const calm = following(series(40, (index) => 5 + 0.2 * wobble(index))).at(-1);
    expect(calm?.score).toBeGreaterThan(4);
    expect(calm?.value).toBeLessThan(calm?.low ?? 0);
  });

  it('does not take another level for another variation', () => {
    const moved = following(series(200, (index) => 8 + wobble(index)));
    expect(worst(moved.slice(80))).toBeLessThan(4);
  });

  it('lets one wild reading not speak for many', () => {
    expect(worst(following([500, ...steady.slice(0, 10)]))).toBeLessThan(5);
  });

  it('says nothing of what has never varied', () => {
    expect(worst(stretches('spread', [...series(500, () => 3), 4, ...series(20, () => 3)]))).toBe(0);
  });

  it('names every problem of its parameters', () => {
    expect(detectors.get('spread')?.check({ memory: 3, sigma: 2 })).toHaveLength(2);
  });
});
