import { Answer, agree, type Detector, unknownParams } from './detector.ts';

export interface RangeParams {
  readonly low: number;
  readonly high: number;
}

/** The bar that fits this score: 1 is the edge of the range. */
export const rangeBar = 1;

/**
 * Outside the signal's physical range: a fault of the sensor, not of the product. The score is the distance from the
 * middle of the range in half widths; it needs no memory and the band is the range itself.
 */
export const range: Detector<RangeParams> = {
  kind: 'range',
  version: 1,
  defaults: {},
  size: { cells: 0, starts: 0 },
  looks: 'readings',

  check(params) {
    const problems = [...unknownParams(params, ['low', 'high'])];
    const { low, high } = params;
    for (const [name, value] of [
      ['low', low],
      ['high', high],
    ] as const) {
      if (typeof value !== 'number' || !Number.isFinite(value)) problems.push(`"${name}" must be a number`);
    }
    if (typeof low === 'number' && typeof high === 'number' && low >= high) {
      problems.push(`"low" (${low}) must be below "high" (${high})`);
    }
    return problems;
  },

  bind(params) {
    const answer = new Answer();
    const half = params.high / 2 - params.low / 2;
    answer.expected = params.low + half;
    return {
      init: () => undefined,
      update({ value, bar }) {
        const { expected } = answer;
        // At its own bar the band is the range to the last bit.
        answer.low = bar === rangeBar ? params.low : Math.max(-Number.MAX_VALUE, expected - bar * half);
        answer.high = bar === rangeBar ? params.high : Math.min(Number.MAX_VALUE, expected + bar * half);
        const inside = value >= answer.low && value <= answer.high;
        answer.score = agree(Math.abs(value - expected) / half, inside, bar);
        return answer;
      },
    };
  },
};
