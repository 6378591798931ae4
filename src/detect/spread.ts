import { agree, boundless, type Detector, scoreMax, unknownParams } from './detector.ts';
import { clip, isCount, meanDeviationFactor, within } from './level.ts';
import { type RecentState, recentAverage, recentCount, recentInit, recentLearn } from './recent.ts';

export interface SpreadParams {
  /** Readings that the memory of the usual variation reaches back. */
  readonly memory: number;
}

interface SpreadState {
  seen: number;
  /** Where the signal is just now: variation is the distance from here. */
  middle: number;
  /** The two readings before. */
  before: number;
  last: number;
  readonly last32: RecentState;
  /** Readings whose variation was more than none. */
  varied: number;
  /** Usual logarithm of the variation of the last readings, and how far it goes from there. */
  usual: number;
  width: number;
}

const startReadings = 64;
const middleMemory = 16;
/** One reading counts at most as this many usual ones, so that a spike does not speak for all. */
const readingMax = 6;
/** What the logarithm of an average of 32 distances does in plain noise, and a margin for the tides that signals have. */
const widthPrior = 0.3;
const widthMin = 0.1;
const pullWidths = 3;
const openRate = 0.1;
/** Below this share of the usual, less is no more telling. */
const floorShare = 0.02;
const floorMin = 1e-290;

/**
 * Variance up or down. The figure is the mean distance of the last readings from where the signal is, held against
 * its own history on a logarithmic scale, so that twice as much and half as much are as unusual.
 */
export const spread: Detector<SpreadParams, SpreadState> = {
  kind: 'spread',
  version: 1,
  defaults: { memory: 4000 },

  check(params) {
    const problems = [...unknownParams(params, ['memory'])];
    if (!isCount(params.memory ?? spread.defaults.memory, 200, 100_000)) {
      problems.push('"memory" must be a whole number of readings, 200 to 100000');
    }
    return problems;
  },

  init: () => ({
    seen: 0,
    middle: 0,
    before: 0,
    last: 0,
    last32: recentInit(),
    varied: 0,
    usual: 0,
    width: widthPrior,
  }),

  update(params, state, reading, { stretchBar, open }) {
    const value = within(reading.value);
    const figure = follow(state, value);
    if (state.seen <= startReadings) {
      begin(state, figure);
      return { status: 'warming-up' };
    }
    const stretch = judge(state, figure, stretchBar);
    if (figure > 0) learn(params, state, figure, open ? openRate : 1);
    return { status: 'scored', score: 0, ...boundless, expected: value, model: 0, stretch };
  },
};

/** Mean distance of the last readings, this one included, from the middle. */
function follow(state: SpreadState, value: number): number {
  if (state.seen === 0) Object.assign(state, { middle: value, before: value, last: value });
  const known = state.varied >= startReadings;
  const distance = Math.abs(value - state.middle);
  recentLearn(state.last32, known ? Math.min(distance, readingMax * Math.exp(state.usual)) : distance);
  state.seen += 1;
  // One wild reading does not move the middle, two in a row do.
  const low = Math.min(value, state.last);
  const high = Math.max(value, state.last);
  const middling = Math.max(low, Math.min(high, state.before));
  state.middle += (middling - state.middle) / Math.min(state.seen, middleMemory);
  state.before = state.last;
  state.last = value;
  return recentAverage(state.last32);
}

/** The figure of the last of the first readings is where the usual begins. */
function begin(state: SpreadState, figure: number): void {
  if (figure === 0 || state.seen <= startReadings / 2) return;
  state.varied += 1;
  state.usual += (Math.log(Math.max(figure, floorMin)) - state.usual) / state.varied;
}

function judge(state: SpreadState, figure: number, bar: number) {
  const count = recentCount(state.last32);
  // What has never varied has no usual variation.
  if (state.varied < startReadings) {
    return { score: 0, low: 0, high: Number.MAX_VALUE, expected: 0, value: figure, count, since: undefined };
  }
  const expected = Math.exp(state.usual);
  const floor = Math.max(floorShare * expected, floorMin);
  const distance = Math.abs(Math.log(Math.max(figure, floor)) - state.usual) / state.width;
  const lowest = Math.exp(state.usual - bar * state.width);
  const low = lowest <= floor ? 0 : Math.min(lowest, expected);
  const high = Math.max(expected, Math.min(Number.MAX_VALUE, Math.exp(state.usual + bar * state.width)));
  const score = agree(Math.min(distance, scoreMax), figure >= low && figure <= high, bar);
  return { score, low, high, expected, value: figure, count, since: undefined };
}

function learn(params: SpreadParams, state: SpreadState, figure: number, rate: number): void {
  state.varied = Math.min(state.varied + 1, params.memory);
  const floor = Math.max(floorShare * Math.exp(state.usual), floorMin);
  const offset = Math.log(Math.max(figure, floor)) - state.usual;
  const pull = clip(offset, pullWidths * state.width);
  const speed = rate / state.varied;
  state.usual += speed * pull;
  state.width = Math.max(widthMin, state.width + speed * (meanDeviationFactor * Math.abs(pull) - state.width));
}
