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
  const parts = state[cell.parts];
  if (parts < blockReadings) {
    state[cell.part] += value;
    state[cell.parts] = parts + 1;
    return;
  }
  closeBlock(state);
  // Not the value itself: of minus zero the sum is zero.
  state[cell.part] = 0 + value;
  state[cell.parts] = 1;
}

function closeBlock(state: RecentState): void {
  const whole = state[cell.whole];
  if (whole < blocks) state[cell.whole] = whole + 1;
  // So few numbers are moved faster one by one.
  else for (let index = cell.sum0; index < cell.sum6; index += 1) state[index] = state[index + 1] ?? 0;
  state[cell.sum0 + Math.min(whole, blocks - 1)] = state[cell.part];
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
