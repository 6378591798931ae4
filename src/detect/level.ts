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
        return levelUpdate(work, value, noSeason, reading);
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

/** Scores, then learns. The level is of what remains without the season; `last32` has the reading already. */
export function levelUpdate(work: LevelWork, value: number, season: Season, reading: WatchedReading): Answer {
  const { state, answer, average } = work;
  const middle = state[cell.slow] / 2 + state[cell.fast] / 2;
  const spread = Math.max(state[cell.spread], spreadFloor(state));
  const proven = state[cell.changes] >= changesProven;
  answer.status = 'scored';
  answer.expected = middle + season.now + 0;
  hold(answer, value, spread, reading.bar);
  if (!proven) limit(answer, reading.bar);
  const rate = reading.open ? openRate : 1;
  average.expected = middle + season.average + 0;
  judgeAverage(work, spread, reading.stretchBar, rate);
  learn(work, { rest: value - season.now, off: Math.abs(value - answer.expected) }, spread, rate);
  // Of a signal that does not vary the average knows no more than its readings.
  answer.stretch = proven ? average : undefined;
  return answer;
}

export function isCount(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** A signal that rests for long and then flips by its resolution is as it should be: no spread is below its changes. */
function spreadFloor(state: LevelState): number {
  const size = Math.abs(state[cell.slow]);
  const known = state[cell.changes] >= changesProven ? state[cell.change] : unvariedShare * size;
  return Math.max(known, 1e-9 * size, spreadMin);
}

/** Holds a value against what the answer expects: makes its score and its band. */
function hold(answer: Answer | StretchAnswer, value: number, spread: number, bar: number): void {
  const { expected } = answer;
  const distance = Math.abs(value - expected) / spread;
  answer.low = widen(expected - bar * spread);
  answer.high = widen(expected + bar * spread);
  answer.score = agree(distance, value >= answer.low && value <= answer.high, bar);
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

/** Judges the average as it stands, and learns how far such averages go. */
function judgeAverage({ params, state, last32, average }: LevelWork, own: number, bar: number, rate: number): void {
  const count = recentCount(last32);
  const value = recentAverage(last32);
  // Were its n readings independent, the average would vary √n times less than one of them; never less than that.
  const spread = Math.max(state[cell.meanSpread], own / Math.sqrt(count));
  hold(average, value, spread, bar);
  average.value = value;
  average.count = count;
  const deviation = meanDeviationFactor * Math.min(Math.abs(value - average.expected), pullSpreads * spread);
  const slowRate = rate * (1 / Math.min(state[cell.seen], params.memory));
  state[cell.meanSpread] += slowRate * (deviation - state[cell.meanSpread]);
}

interface Lesson {
  readonly rest: number;
  /** How far the reading was from what was expected. */
  readonly off: number;
}

function learn({ params, state }: LevelWork, { rest, off }: Lesson, spread: number, rate: number): void {
  state[cell.seen] += 1;
  const pullMax = pullSpreads * spread;
  const slowRate = rate * (1 / Math.min(state[cell.seen], params.memory));
  const deviation = meanDeviationFactor * Math.min(off, pullMax);
  state[cell.slow] += slowRate * clip(rest - state[cell.slow], pullMax);
  state[cell.fast] += (rate / params.recent) * clip(rest - state[cell.fast], pullMax);
  state[cell.spread] += slowRate * (deviation - state[cell.spread]);
  learnChange(state, rest);
}

function learnChange(state: LevelState, value: number): void {
  const size = Math.abs(value - state[cell.last]);
  state[cell.last] = value;
  if (size === 0) return;
  state[cell.changes] = Math.min(state[cell.changes] + 1, changesMemory);
  const bounded = state[cell.changes] > changesProven ? Math.min(size, pullSpreads * state[cell.change]) : size;
  state[cell.change] += (bounded - state[cell.change]) / state[cell.changes];
}

export function clip(value: number, size: number): number {
  return Math.max(-size, Math.min(size, value));
}
