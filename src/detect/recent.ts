/**
 * The average of the last readings without keeping each of them: whole blocks of {@link blockReadings}, oldest first,
 * and the unfinished one. Once full it holds 29 to 32 readings.
 */
export interface RecentState {
  readonly sums: number[];
  part: number;
  parts: number;
}

const blockReadings = 4;
const blocks = 7;
/** Readings of the past that fill it. */
export const recentReadings = blocks * blockReadings;

export function recentInit(): RecentState {
  return { sums: [], part: 0, parts: 0 };
}

export function recentLearn(state: RecentState, value: number): void {
  if (state.parts === blockReadings) {
    state.sums.push(state.part);
    if (state.sums.length > blocks) state.sums.shift();
    state.part = 0;
    state.parts = 0;
  }
  state.part += value;
  state.parts += 1;
}

export function recentCount(state: RecentState): number {
  return state.sums.length * blockReadings + state.parts;
}

export function recentAverage(state: RecentState): number {
  let sum = state.part;
  for (let index = 0; index < state.sums.length; index += 1) sum += state.sums[index] ?? 0;
  return sum / recentCount(state) + 0;
}
