import { agree, type Detector, unknownParams } from './detector.ts';

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
export const range: Detector<RangeParams, Record<string, never>> = {
  kind: 'range',
  version: 1,
  defaults: {},

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

  init: () => ({}),

  update(params, _state, { value }, { bar }) {
    const half = params.high / 2 - params.low / 2;
    const expected = params.low + half;
    // At its own bar the band is the range to the last bit.
    const low = bar === rangeBar ? params.low : Math.max(-Number.MAX_VALUE, expected - bar * half);
    const high = bar === rangeBar ? params.high : Math.min(Number.MAX_VALUE, expected + bar * half);
    const inside = value >= low && value <= high;
    const score = agree(Math.abs(value - expected) / half, inside, bar);
    return { status: 'scored', score, low, high, expected, model: 0, stretch: undefined };
  },
};
