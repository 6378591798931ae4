import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../simulators/random.ts';

const draws = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.next());

describe('chance that can be repeated', () => {
  it('gives the same draws for the same key and others for another', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 1_000 }), (seed, index) => {
        expect(draws(new Random(seed, 'physics', index), 20)).toEqual(draws(new Random(seed, 'physics', index), 20));
        expect(draws(new Random(seed, 'physics', index), 5)).not.toEqual(
          draws(new Random(seed, 'physics', index + 1), 5),
        );
        expect(draws(new Random(seed, 'network', index), 5)).not.toEqual(draws(new Random(seed, 'physics', index), 5));
      }),
      { numRuns: 50 },
    );
  });

  it('has the moments of its distributions', () => {
    const random = new Random(7, 'moments');
    const count = 20_000;
    const normals = Array.from({ length: count }, () => random.normal());
    const mean = normals.reduce((sum, value) => sum + value, 0) / count;
    const variance = normals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
    expect(Math.max(...normals.map(Math.abs))).toBeLessThan(3.8);
    const uniforms = draws(random, count);
    expect(uniforms.reduce((sum, value) => sum + value, 0) / count).toBeCloseTo(0.5, 1);
    expect(uniforms.every((value) => value >= 0 && value < 1)).toBe(true);
    const waits = Array.from({ length: count }, () => random.exponential(3));
    expect(waits.reduce((sum, value) => sum + value, 0) / count / 3).toBeCloseTo(1, 1);
  });

  it('shuffles without losing anything', () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = new Random(1).shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  });
});
