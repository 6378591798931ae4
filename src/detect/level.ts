import { medianAbsoluteDeviation, medianSorted, quantileSorted } from 'simple-statistics';
import {
  agree,
  type Detector,
  type Judged,
  type JudgedStretch,
  type Judgement,
  type Score,
  unknownParams,
} from './detector.ts';
import { type RecentState, recentAverage, recentCount, recentInit, recentLearn, recentReadings } from './recent.ts';

export interface LevelParams {
  /** Readings that the slow memory of location and spread reaches back. */
  readonly memory: number;
  /** Readings that the fast memory of the location reaches back. */
  readonly recent: number;
}

export interface LevelState {
  /** Readings seen, those of the start included. */
  seen: number;
  /** The first readings, sorted only when they are all there; empty after that. */
  start: number[];
  slow: number;
  fast: number;
  /** Typical distance of a reading from the expected value, as a standard deviation of a normal signal. */
  spread: number;
  /** Typical distance of their average from the expected value, likewise. */
  meanSpread: number;
  last: number;
  /** How far the signal moves when it moves: typical size of a change, and how many changes were seen (to a limit). */
  change: number;
  changes: number;
}

/** What is known of the hour: `now` is added to what the level expects of the reading, `average` of their average. */
export interface Season {
  readonly now: number;
  readonly average: number;
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

const warmingUp: Score = { status: 'warming-up' };

const noSeason: Season = { now: 0, average: 0 };

/**
 * Far from its own recent level. Expected is the middle of a fast and a slow memory of the location, the score is the
 * distance from it in spreads. A reading is held against the spread of readings, and the average of the last ones
 * against the spread of such averages: it tells a small excursion that stays from noise. The first
 * {@link startReadings} set location and spread robustly; after that every reading moves them, but never by more than
 * a reading three spreads away would (it is protected, not deaf).
 */
export const level: Detector<LevelParams, LevelState & { readonly last32: RecentState }> = {
  kind: 'level',
  version: 3,
  defaults: { memory: 2500, recent: 60 },

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

  init: () => ({ ...levelInit(), last32: recentInit() }),

  update(params, state, reading, judgement) {
    const value = within(reading.value);
    recall(state, state.last32, value);
    return levelUpdate(params, state, { value, last32: state.last32, season: noSeason }, judgement);
  },
};

export function levelInit(): LevelState {
  return {
    seen: 0,
    start: [],
    slow: 0,
    fast: 0,
    spread: 0,
    meanSpread: 0,
    last: 0,
    change: 0,
    changes: 0,
  };
}

/** A value as detectors reckon with it: cut off at the end of the scale; adding zero turns −0, which JSON loses, into 0. */
export function within(value: number): number {
  return Math.max(-sizeMax, Math.min(sizeMax, value)) + 0;
}

/** Takes a reading into the last ones; the first readings of all are in `start` until it is whole. */
export function recall(state: LevelState, last32: RecentState, value: number): void {
  if (state.seen >= startReadings) recentLearn(last32, value);
}

export interface LevelReading {
  readonly value: number;
  /** The last readings, this one included. */
  readonly last32: RecentState;
  /** The level is of what remains when this is taken away. */
  readonly season: Season;
}

/** Scores, then learns; changes only `state`. */
export function levelUpdate(
  params: LevelParams,
  state: LevelState,
  reading: LevelReading,
  { bar, stretchBar, open }: Judgement,
): Score {
  const { value, season, last32 } = reading;
  const rest = value - season.now;
  if (state.seen < startReadings) {
    learnStart(state, rest, last32);
    return warmingUp;
  }
  const middle = state.slow / 2 + state.fast / 2;
  const expected = middle + season.now + 0;
  const spread = Math.max(state.spread, spreadFloor(state));
  const proven = state.changes >= changesProven;
  const own = judge(value, { expected, spread, bar, top: proven ? Number.MAX_VALUE : unvariedScoreMax });
  const rate = open ? openRate : 1;
  const given = { expected: middle + season.average + 0, spread, bar: stretchBar, rate };
  const average = judgeAverage(params, state, last32, given);
  learn(params, state, rest, { offset: value - expected, spread, rate });
  // Of a signal that does not vary the average knows no more than its readings.
  return { status: 'scored', ...own, model: 0, stretch: proven ? average : undefined };
}

export function isCount(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** A signal that rests for long and then flips by its resolution is as it should be: no spread is below its changes. */
function spreadFloor(state: LevelState): number {
  const known = state.changes >= changesProven ? state.change : unvariedShare * Math.abs(state.slow);
  return Math.max(known, 1e-9 * Math.abs(state.slow), spreadMin);
}

export interface Expectation {
  readonly expected: number;
  readonly spread: number;
  readonly bar: number;
  readonly top: number;
}

export function judge(value: number, { expected, spread, bar, top }: Expectation): Judged {
  const distance = Math.abs(value - expected) / spread;
  const low = widen(expected - bar * spread);
  const high = widen(expected + bar * spread);
  const inside = value >= low && value <= high;
  return { score: agree(Math.min(distance, top), inside, bar), low, high, expected };
}

/** A bound out where values are cut off is a bound beyond every value. */
function widen(bound: number): number {
  return Math.abs(bound) >= sizeMax ? Math.sign(bound) * Number.MAX_VALUE : bound;
}

function learnStart(state: LevelState, value: number, last32: RecentState): void {
  if (state.seen === 0) state.last = value;
  learnChange(state, value);
  state.start.push(value);
  state.seen += 1;
  if (state.seen < startReadings) return;
  const sorted = state.start.toSorted((a, b) => a - b);
  const median = medianSorted(sorted) + 0;
  const deciles = (quantileSorted(sorted, 0.9) - quantileSorted(sorted, 0.1)) / decileWidth;
  state.slow = median;
  state.fast = median;
  state.spread = Math.max(deciles, madFactor * medianAbsoluteDeviation(sorted));
  state.meanSpread = averageShare * state.spread;
  for (const first of state.start.slice(-recentReadings)) recentLearn(last32, first);
  state.start = [];
}

interface AverageExpectation {
  readonly expected: number;
  readonly spread: number;
  readonly bar: number;
  readonly rate: number;
}

/** Judges the average as it stands, and learns how far such averages go. */
function judgeAverage(
  params: LevelParams,
  state: LevelState,
  last32: RecentState,
  given: AverageExpectation,
): JudgedStretch {
  const { expected, bar, rate } = given;
  const count = recentCount(last32);
  const value = recentAverage(last32);
  // Were its n readings independent, the average would vary √n times less than one of them; never less than that.
  const spread = Math.max(state.meanSpread, given.spread / Math.sqrt(count));
  const { score, low, high } = judge(value, { expected, spread, bar, top: Number.MAX_VALUE });
  const deviation = meanDeviationFactor * Math.min(Math.abs(value - expected), pullSpreads * spread);
  const slowRate = rate * Math.max(1 / state.seen, 1 / params.memory);
  state.meanSpread += slowRate * (deviation - state.meanSpread);
  return { score, low, high, expected, value, count, since: undefined };
}

interface Lesson {
  readonly offset: number;
  readonly spread: number;
  readonly rate: number;
}

function learn(params: LevelParams, state: LevelState, value: number, { offset, spread, rate }: Lesson): void {
  state.seen += 1;
  const pullMax = pullSpreads * spread;
  const slowRate = rate * Math.max(1 / state.seen, 1 / params.memory);
  state.slow += slowRate * clip(value - state.slow, pullMax);
  state.fast += (rate / params.recent) * clip(value - state.fast, pullMax);
  const deviation = meanDeviationFactor * Math.min(Math.abs(offset), pullMax);
  state.spread += slowRate * (deviation - state.spread);
  learnChange(state, value);
}

function learnChange(state: LevelState, value: number): void {
  const size = Math.abs(value - state.last);
  state.last = value;
  if (size === 0) return;
  state.changes = Math.min(state.changes + 1, changesMemory);
  const bounded = state.changes > changesProven ? Math.min(size, pullSpreads * state.change) : size;
  state.change += (bounded - state.change) / state.changes;
}

export function clip(value: number, size: number): number {
  return Math.max(-size, Math.min(size, value));
}
