import { type Cells, cellCount, cellsAt } from '../base/index.ts';

/**
 * The average of the last readings without keeping each of them: whole blocks of {@link blockReadings}, oldest first,
 * and the unfinished one. Once full it holds 29 to 32 readings.
 */
const cell = {
  /** Sum and number of the readings of the unfinished block. */
  part: 0,
  parts: 1,
  /** How many whole blocks there are, and the sum of each. */
  whole: 2,
  sum0: 3,
  sum1: 4,
  sum2: 5,
  sum3: 6,
  sum4: 7,
  sum5: 8,
  sum6: 9,
} as const;

export type RecentState = Cells<typeof cell>;
export const recentCells = cellCount(cell);

const blockReadings = 4;
const blocks = 7;
/** Readings of the past that fill it. */
export const recentReadings = blocks * blockReadings;

export function recentAt(numbers: Float64Array, from: number): RecentState {
  return cellsAt(cell, numbers, from);
}

export function recentLearn(state: RecentState, value: number): void {
  if (state[cell.parts] === blockReadings) {
    if (state[cell.whole] === blocks) state.copyWithin(cell.sum0, cell.sum1);
    else state[cell.whole] += 1;
    state[cell.sum0 + state[cell.whole] - 1] = state[cell.part];
    state[cell.part] = 0;
    state[cell.parts] = 0;
  }
  state[cell.part] += value;
  state[cell.parts] += 1;
}

export function recentCount(state: RecentState): number {
  return state[cell.whole] * blockReadings + state[cell.parts];
}

export function recentAverage(state: RecentState): number {
  let sum = state[cell.part];
  const end = cell.sum0 + state[cell.whole];
  for (let index = cell.sum0; index < end; index += 1) sum += state[index] ?? 0;
  return sum / recentCount(state) + 0;
}
