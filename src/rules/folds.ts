import { assert } from '../base/index.ts';

/** Aggregates that are several numbers each: of any two neighbouring stretches of readings, that of both can be told. */
interface Fold {
  readonly size: number;
  /** The aggregate of one reading. */
  one(at: number, value: number): readonly number[];
  /** The older stretch comes first. */
  join(a: readonly number[], b: readonly number[]): readonly number[];
}

/** As the window's two stacks, with `size` numbers an aggregate: all of it plain data. */
export interface FoldState {
  front: number[];
  /** Empty when there is no newer part. */
  back: readonly number[];
}

export type FoldFunction = 'spread' | 'slope';

const extremes: Fold = {
  size: 2,
  one: (_at, value) => [value, value],
  join: ([aLow = 0, aHigh = 0], [bLow = 0, bHigh = 0]) => [Math.min(aLow, bLow), Math.max(aHigh, bHigh)],
};

/** Beyond this no slope is meant, and its squares would be infinite. */
const steepest = 1e100;

/**
 * Count, means of time and value, and their summed squares and products about these means. Joined as by Chan, Golub and
 * LeVeque (1983), so that epoch times lose no digits and nothing is subtracted when a reading leaves.
 */
const trend: Fold = {
  size: 5,
  one: (at, value) => [1, at, Math.max(-steepest, Math.min(steepest, value)), 0, 0],
  join: ([n = 0, t = 0, v = 0, tt = 0, tv = 0], [bN = 0, bT = 0, bV = 0, bTt = 0, bTv = 0]) => {
    const [stepT, stepV, share] = [bT - t, bV - v, bN / (n + bN)];
    const weight = n * share;
    return [
      n + bN,
      t + stepT * share,
      v + stepV * share,
      tt + bTt + stepT ** 2 * weight,
      tv + bTv + stepT * stepV * weight,
    ];
  },
};

const folds: Readonly<Record<FoldFunction, Fold>> = { spread: extremes, slope: trend };

export function emptyFold(): FoldState {
  return { front: [], back: [] };
}

export function foldIn(fn: FoldFunction, state: FoldState, at: number, value: number): void {
  const { one, join } = folds[fn];
  state.back = state.back.length === 0 ? one(at, value) : join(state.back, one(at, value));
}

/** Puts one more before the oldest of the older part. */
export function foldBefore(fn: FoldFunction, state: FoldState, at: number, value: number): void {
  const { one, join, size } = folds[fn];
  const behind = state.front.slice(-size);
  state.front.push(...(behind.length === 0 ? one(at, value) : join(one(at, value), behind)));
}

/** Lets the oldest of the older part go. */
export function foldOut(fn: FoldFunction, state: FoldState): void {
  const { size } = folds[fn];
  assert(state.front.length >= size, 'only what is inside leaves');
  state.front.length -= size;
}

export function olderFolds(fn: FoldFunction, state: FoldState): number {
  return state.front.length / folds[fn].size;
}

/** `slope`: by least squares, a second; undefined for readings of one time. */
export function foldValue(fn: FoldFunction, { front, back }: FoldState): number | undefined {
  const { join, size } = folds[fn];
  const older = front.slice(-size);
  const all = older.length === 0 ? back : back.length === 0 ? older : join(older, back);
  if (all.length === 0) return undefined;
  const [first = 0, second = 0, , squares = 0, products = 0] = all;
  if (fn === 'spread') return Math.min(second - first, Number.MAX_VALUE);
  return squares > 0 ? (products * 1_000) / squares : undefined;
}
