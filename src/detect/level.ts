import { medianAbsoluteDeviation, medianSorted, quantileSorted } from 'simple-statistics';
import { agree, type Detector, type Judged, type JudgedAverage, type Score, unknownParams } from './detector.ts';

export interface LevelParams {
  /** Readings that the slow memory of location and spread reaches back. */
  readonly memory: number;
  /** Readings that the fast memory of the location reaches back. */
  readonly recent: number;
}

interface LevelState {
  /** Readings seen, those of the start included. */
  seen: number;
  /** The first readings, sorted only when they are all there; empty after that. */
  start: number[];
  slow: number;
  fast: number;
  /** Typical distance of a reading from the expected value, as a standard deviation of a normal signal. */
  spread: number;
  /** Sums of the newest readings, {@link blockReadings} each, oldest first, and the sum and count of the unfinished one. */
  sums: number[];
  part: number;
  parts: number;
  /** Typical distance of their average from the expected value, likewise. */
  averageSpread: number;
  last: number;
  /** How far the signal moves when it moves: typical size of a change, and how many changes were seen (to a limit). */
  change: number;
  changes: number;
}

const startReadings = 64;
/** The average is of so many whole blocks and the unfinished one: 29 to 32 readings, without keeping each of them. */
const blockReadings = 4;
const blocks = 7;
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
const meanDeviationFactor = Math.sqrt(Math.PI / 2);
/** Width between the 10th and 90th percentile in standard deviations, and deviation over MAD, of a normal signal. */
const decileWidth = 2.563;
const madFactor = 1.4826;
/** Values beyond this are taken as this, so that no difference of two of them overflows. */
const sizeMax = 1e300;
const spreadMin = 1e-300;

const warmingUp: Score = { status: 'warming-up' };

/**
 * Far from its own recent level. Expected is the middle of a fast and a slow memory of the location, the score is the
 * distance from it in spreads. A reading is held against the spread of readings, and the average of the last ones
 * against the spread of such averages: it tells a small excursion that stays from noise. The first
 * {@link startReadings} set location and spread robustly; after that every reading moves them, but never by more than
 * a reading three spreads away would (it is protected, not deaf).
 */
export const level: Detector<LevelParams, LevelState> = {
  kind: 'level',
  version: 2,
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

  init: () => ({
    seen: 0,
    start: [],
    slow: 0,
    fast: 0,
    spread: 0,
    sums: [],
    part: 0,
    parts: 0,
    averageSpread: 0,
    last: 0,
    change: 0,
    changes: 0,
  }),

  update(params, state, reading, { bar, averageBar, open }) {
    // Adding zero turns negative zero, which JSON does not keep, into zero.
    const value = Math.max(-sizeMax, Math.min(sizeMax, reading.value)) + 0;
    if (state.seen < startReadings) {
      learnStart(state, value);
      return warmingUp;
    }
    const expected = state.slow / 2 + state.fast / 2 + 0;
    const spread = Math.max(state.spread, spreadFloor(state));
    const offset = value - expected;
    const proven = state.changes >= changesProven;
    const own = judge(value, { expected, spread, bar, top: proven ? Number.MAX_VALUE : unvariedScoreMax });
    learnAverage(state, value);
    const rate = open ? openRate : 1;
    const average = judgeAverage(params, state, { expected, spread, bar: averageBar, rate });
    learn(params, state, value, { offset, spread, rate });
    // Of a signal that does not vary the average knows no more than its readings.
    const { score, low, high } = own;
    return { status: 'scored', score, low, high, expected, average: proven ? average : undefined };
  },
};

function isCount(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** A signal that rests for long and then flips by its resolution is as it should be: no spread is below its changes. */
function spreadFloor(state: LevelState): number {
  const known = state.changes >= changesProven ? state.change : unvariedShare * Math.abs(state.slow);
  return Math.max(known, 1e-9 * Math.abs(state.slow), spreadMin);
}

interface Expectation {
  readonly expected: number;
  readonly spread: number;
  readonly bar: number;
  readonly top: number;
}

function judge(value: number, { expected, spread, bar, top }: Expectation): Judged {
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

function learnStart(state: LevelState, value: number): void {
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
  state.averageSpread = averageShare * state.spread;
  for (const first of state.start.slice(-blocks * blockReadings)) learnAverage(state, first);
  state.start = [];
}

function learnAverage(state: LevelState, value: number): void {
  if (state.parts === blockReadings) {
    state.sums.push(state.part);
    if (state.sums.length > blocks) state.sums.shift();
    state.part = 0;
    state.parts = 0;
  }
  state.part += value;
  state.parts += 1;
}

interface AverageExpectation {
  readonly expected: number;
  readonly spread: number;
  readonly bar: number;
  readonly rate: number;
}

/** Judges the average as it stands, and learns how far such averages go. */
function judgeAverage(params: LevelParams, state: LevelState, given: AverageExpectation): JudgedAverage {
  const { expected, bar, rate } = given;
  const count = blocks * blockReadings + state.parts;
  const value = averageOf(state, count);
  // Were its n readings independent, the average would vary √n times less than one of them; never less than that.
  const spread = Math.max(state.averageSpread, given.spread / Math.sqrt(count));
  const { score, low, high } = judge(value, { expected, spread, bar, top: Number.MAX_VALUE });
  const deviation = meanDeviationFactor * Math.min(Math.abs(value - expected), pullSpreads * spread);
  const slowRate = rate * Math.max(1 / state.seen, 1 / params.memory);
  state.averageSpread += slowRate * (deviation - state.averageSpread);
  return { score, low, high, expected, value, count };
}

function averageOf(state: LevelState, count: number): number {
  let sum = state.part;
  for (let index = 0; index < state.sums.length; index += 1) sum += state.sums[index] ?? 0;
  return sum / count + 0;
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

function clip(value: number, size: number): number {
  return Math.max(-size, Math.min(size, value));
}
