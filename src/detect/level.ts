import { medianAbsoluteDeviation, medianSorted, quantileSorted } from 'simple-statistics';
import { type Cells, cellCount, cellsAt } from '../base/index.ts';
import { Answer, agree, type Detector, StretchAnswer, unknownParams, type WatchedReading } from './detector.ts';
import {
  type RecentState,
  recentAt,
  recentAverage,
  recentCells,
  recentCount,
  recentLearn,
  recentReadings,
} from './recent.ts';

export interface LevelParams {
  /** Readings that the slow memory of location and spread reaches back. */
  readonly memory: number;
  /** Readings that the fast memory of the location reaches back. */
  readonly recent: number;
}

const cell = {
  /** Readings seen, those of the start included. */
  seen: 0,
  slow: 1,
  fast: 2,
  /** Typical distance of a reading from the expected value, as a standard deviation of a normal signal. */
  spread: 3,
  /** Typical distance of their average from the expected value, likewise. */
  meanSpread: 4,
  last: 5,
  /** How far the signal moves when it moves: typical size of a change, and how many changes were seen (to a limit). */
  change: 6,
  changes: 7,
} as const;

export type LevelState = Cells<typeof cell>;
export const levelCells = cellCount(cell);
export { cell as levelCell };

/** What is known of the hour: `now` is added to what the level expects of the reading, `average` of their average. */
export interface Season {
  now: number;
  average: number;
}

export const startReadings = 64;
/** Spread of the average over that of a reading, until it has shown its own: between free noise and a slow wander. */
const averageShare = 0.7;
/** One reading pulls a memory at most as one this many spreads away would. */
const pullSpreads = 3;
/** Speed of learning while the finding is open. */
const openRate = 0.1;
/** Changes after which moving is taken for the signal's nature and not for an event. */
const changesProven = 3;
const changesMemory = 200;
/** A signal that has not yet varied is given this share of its level as spread: nothing better is known of it. */
const unvariedShare = 0.02;
/** And the score that a first change can reach: beyond any low bar, but never enough to open a finding alone. */
const unvariedScoreMax = 4;
/** Standard deviation over mean absolute deviation, of a normal signal. */
export const meanDeviationFactor = Math.sqrt(Math.PI / 2);
/** Width between the 10th and 90th percentile in standard deviations, and deviation over MAD, of a normal signal. */
const decileWidth = 2.563;
const madFactor = 1.4826;
/** Values beyond this are taken as this, so that no difference of two of them overflows. */
export const sizeMax = 1e300;
const spreadMin = 1e-300;

const noSeason: Season = { now: 0, average: 0 };

/**
 * Far from its own recent level. Expected is the middle of a fast and a slow memory of the location, the score is the
 * distance from it in spreads. A reading is held against the spread of readings, and the average of the last ones
 * against the spread of such averages: it tells a small excursion that stays from noise. The first
 * {@link startReadings} set location and spread robustly; after that every reading moves them, but never by more than
 * a reading three spreads away would (it is protected, not deaf).
 */
export const level: Detector<LevelParams> = {
  kind: 'level',
  version: 4,
  defaults: { memory: 2500, recent: 60 },
  size: { cells: levelCells + recentCells, starts: startReadings },
  looks: 'both',

  check(params) {
    const problems = [...unknownParams(params, ['memory', 'recent'])];
    const { memory, recent } = { ...level.defaults, ...params };
    if (!isCount(memory, 200, 100_000)) problems.push('"memory" must be a whole number of readings, 200 to 100000');
    if (!isCount(recent, 8, 100_000)) problems.push('"recent" must be a whole number of readings, 8 to 100000');
    if (typeof memory === 'number' && typeof recent === 'number' && recent > memory) {
      problems.push(`"recent" (${recent}) must not exceed "memory" (${memory})`);
    }
    return problems;
  },

  bind(params, { cells, starts }) {
    const work = levelAt(params, cells, 0, recentAt(cells, levelCells));
    return {
      init: () => forget(cells, starts),
      update(reading) {
        const value = within(reading.value);
        if (levelStarts(work.state)) return levelStart(work, starts, value);
        recentLearn(work.last32, value);
        return levelUpdate(work, noSeason, reading);
      },
    };
  },
};

/** A level at work on its cells: what it answers is made anew by each reading. */
export interface LevelWork {
  readonly params: LevelParams;
  readonly state: LevelState;
  readonly last32: RecentState;
  readonly answer: Answer;
  readonly average: StretchAnswer;
}

export function levelAt(params: LevelParams, cells: Float64Array, from: number, last32: RecentState): LevelWork {
  return { params, state: cellsAt(cell, cells, from), last32, answer: new Answer(), average: new StretchAnswer() };
}

export function forget(cells: Float64Array, starts: Float64Array): void {
  cells.fill(0);
  starts.fill(0);
}

/** A value as detectors reckon with it: cut off at the end of the scale; adding zero turns −0, which JSON loses, into 0. */
export function within(value: number): number {
  return Math.max(-sizeMax, Math.min(sizeMax, value)) + 0;
}

/** The first readings of all are still being gathered. */
export function levelStarts(state: LevelState): boolean {
  return state[cell.seen] < startReadings;
}

/**
 * Scores, then learns. The level is of what remains without the season; `last32` has the reading already. One function
 * for all that is done with a reading once its score is known: handed from function to function, its numbers would be
 * objects to the machine.
 */
export function levelUpdate(work: LevelWork, season: Season, reading: WatchedReading): Answer {
  const { params, state, last32, answer, average } = work;
  const value = within(reading.value);
  const seen = state[cell.seen];
  const slow = state[cell.slow];
  const fast = state[cell.fast];
  const middle = slow / 2 + fast / 2;
  const proven = state[cell.changes] >= changesProven;
  const size = Math.abs(slow);
  // A signal that rests for long and then flips by its resolution is as it should be: no spread is below its changes.
  const least = Math.max(proven ? state[cell.change] : unvariedShare * size, 1e-9 * size, spreadMin);
  const spread = Math.max(state[cell.spread], least);
  answer.status = 'scored';
  answer.expected = middle + season.now + 0;
  hold(answer, value, spread, reading.bar);
  if (!proven) limit(answer, reading.bar);
  // Of a signal that does not vary the average knows no more than its readings.
  answer.stretch = proven ? average : undefined;

  const count = recentCount(last32);
  // Were its n readings independent, the average would vary √n times less than one of them; never less than that.
  const meanSpread = Math.max(state[cell.meanSpread], spread / Math.sqrt(count));
  const mean = recentAverage(last32);
  average.value = mean;
  average.count = count;
  average.expected = middle + season.average + 0;
  hold(average, mean, meanSpread, reading.stretchBar);

  const rate = reading.open ? openRate : 1;
  const meanRate = rate * (1 / Math.min(seen, params.memory));
  const meanOff = Math.min(Math.abs(mean - average.expected), pullSpreads * meanSpread);
  state[cell.meanSpread] += meanRate * (meanDeviationFactor * meanOff - state[cell.meanSpread]);
  state[cell.seen] = seen + 1;
  const slowRate = rate * (1 / Math.min(seen + 1, params.memory));
  const pullMax = pullSpreads * spread;
  const off = Math.min(Math.abs(value - answer.expected), pullMax);
  const rest = value - season.now;
  state[cell.slow] = slow + slowRate * clip(rest - slow, pullMax);
  state[cell.fast] = fast + (rate / params.recent) * clip(rest - fast, pullMax);
  state[cell.spread] += slowRate * (meanDeviationFactor * off - state[cell.spread]);
  learnChange(state, rest);
  return answer;
}

export function isCount(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** Holds a value against what the answer expects: makes its score and its band. */
function hold(answer: Answer | StretchAnswer, value: number, spread: number, bar: number): void {
  const { expected } = answer;
  let low = expected - bar * spread;
  let high = expected + bar * spread;
  if (!(low > -sizeMax && high < sizeMax)) {
    low = widen(low);
    high = widen(high);
  }
  answer.low = low;
  answer.high = high;
  answer.score = agree(Math.abs(value - expected) / spread, value >= low && value <= high, bar);
}

function limit(answer: Answer, bar: number): void {
  answer.score = agree(Math.min(answer.score, unvariedScoreMax), answer.score <= bar, bar);
}

/** A bound out where values are cut off is a bound beyond every value. */
function widen(bound: number): number {
  return Math.abs(bound) >= sizeMax ? Math.sign(bound) * Number.MAX_VALUE : bound;
}

/** Gathers the first readings; with the last of them it knows a level. */
export function levelStart({ state, last32, answer }: LevelWork, starts: Float64Array, value: number): Answer {
  answer.status = 'warming-up';
  if (state[cell.seen] === 0) state[cell.last] = value;
  learnChange(state, value);
  starts[state[cell.seen]] = value;
  state[cell.seen] += 1;
  if (levelStarts(state)) return answer;
  const sorted = [...starts.toSorted()];
  const median = medianSorted(sorted) + 0;
  const deciles = (quantileSorted(sorted, 0.9) - quantileSorted(sorted, 0.1)) / decileWidth;
  state[cell.slow] = median;
  state[cell.fast] = median;
  state[cell.spread] = Math.max(deciles, madFactor * medianAbsoluteDeviation(sorted));
  state[cell.meanSpread] = averageShare * state[cell.spread];
  for (const first of starts.subarray(-recentReadings)) recentLearn(last32, first);
  starts.fill(0);
  return answer;
}

function learnChange(state: LevelState, value: number): void {
  const size = Math.abs(value - state[cell.last]);
  state[cell.last] = value;
  if (size === 0) return;
  const change = state[cell.change];
  const changes = Math.min(state[cell.changes] + 1, changesMemory);
  const bounded = changes > changesProven ? Math.min(size, pullSpreads * change) : size;
  state[cell.change] = change + (bounded - change) / changes;
  state[cell.changes] = changes;
}

export function clip(value: number, size: number): number {
  return Math.max(-size, Math.min(size, value));
}
