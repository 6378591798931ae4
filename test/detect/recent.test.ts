import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recentAt, recentAverage, recentCells, recentCount, recentLearn } from '../../src/detect/recent.ts';

/** The same by keeping every reading: seven whole blocks of four at most, and the unfinished one. */
function kept(values: readonly number[]): { readonly count: number; readonly average: number } {
  const begun = Math.max(0, Math.ceil(values.length / 4) - 1);
  const oldest = Math.max(0, begun - 7);
  const sumOf = (block: readonly number[]) => block.reduce((sum, value) => sum + value, 0);
  let sum = sumOf(values.slice(4 * begun));
  for (let block = oldest; block < begun; block += 1) sum += sumOf(values.slice(4 * block, 4 * block + 4));
  const count = values.length - 4 * oldest;
  return { count, average: sum / count };
}

describe('the average of the last readings', () => {
  it('is that of the readings in its blocks, to the last bit', () => {
    const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(numbers, (given) => {
        const values = given.map((value) => value + 0);
        const state = recentAt(new Float64Array(recentCells), 0);
        for (const [index, value] of values.entries()) {
          recentLearn(state, value);
          const { count, average } = kept(values.slice(0, index + 1));
          expect([recentCount(state), recentAverage(state)]).toEqual([count, average + 0]);
        }
      }),
    );
  });
});
