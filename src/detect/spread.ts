import { type Cells, cellCount, cellsAt } from '../base/index.ts';
import { Answer, agree, type Detector, StretchAnswer, scoreMax, unknownParams } from './detector.ts';
import { clip, isCount, meanDeviationFactor, within } from './level.ts';
import { type RecentState, recentAt, recentAverage, recentCells, recentCount, recentLearn } from './recent.ts';

export interface SpreadParams {
  /** Readings that the memory of the usual variation reaches back. */
  readonly memory: number;
}

const cell = {
  seen: 0,
  /** Where the signal is just now: variation is the distance from here. */
  middle: 1,
  /** The two readings before. */
  before: 2,
  last: 3,
  /** Readings whose variation was more than none. */
  varied: 4,
  /** Usual logarithm of the variation of the last readings, and how far it goes from there. */
  usual: 5,
  width: 6,
} as const;

type SpreadState = Cells<typeof cell>;

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
export const spread: Detector<SpreadParams> = {
  kind: 'spread',
  version: 2,
  defaults: { memory: 4000 },
  size: { cells: cellCount(cell) + recentCells, starts: 0 },
  looks: 'stretches',

  check(params) {
    const problems = [...unknownParams(params, ['memory'])];
    if (!isCount(params.memory ?? spread.defaults.memory, 200, 100_000)) {
      problems.push('"memory" must be a whole number of readings, 200 to 100000');
    }
    return problems;
  },

  bind(params, { cells }) {
    const state = cellsAt(cell, cells, 0);
    const last32 = recentAt(cells, cellCount(cell));
    const stretch = new StretchAnswer();
    const answer = new Answer();
    answer.stretch = stretch;
    return {
      init() {
        cells.fill(0);
        state[cell.width] = widthPrior;
      },
      update(reading) {
        const value = within(reading.value);
        const figure = follow(state, last32, value);
        answer.expected = value;
        answer.status = state[cell.seen] <= startReadings ? 'warming-up' : 'scored';
        if (answer.status === 'warming-up') {
          begin(state, figure);
          return answer;
        }
        stretch.value = figure;
        stretch.count = recentCount(last32);
        judge(state, figure, reading.stretchBar, stretch);
        if (figure > 0) learn(params, state, figure, reading.open ? openRate : 1);
        return answer;
      },
    };
  },
};

/** Mean distance of the last readings, this one included, from the middle. */
function follow(state: SpreadState, last32: RecentState, value: number): number {
  if (state[cell.seen] === 0) {
    state[cell.middle] = value;
    state[cell.before] = value;
    state[cell.last] = value;
  }
  const known = state[cell.varied] >= startReadings;
  const distance = Math.abs(value - state[cell.middle]);
  recentLearn(last32, known ? Math.min(distance, readingMax * Math.exp(state[cell.usual])) : distance);
  state[cell.seen] += 1;
  // One wild reading does not move the middle, two in a row do.
  const low = Math.min(value, state[cell.last]);
  const high = Math.max(value, state[cell.last]);
  const middling = Math.max(low, Math.min(high, state[cell.before]));
  state[cell.middle] += (middling - state[cell.middle]) / Math.min(state[cell.seen], middleMemory);
  state[cell.before] = state[cell.last];
  state[cell.last] = value;
  return recentAverage(last32);
}

/** The figure of the last of the first readings is where the usual begins. */
function begin(state: SpreadState, figure: number): void {
  if (figure === 0 || state[cell.seen] <= startReadings / 2) return;
  state[cell.varied] += 1;
  state[cell.usual] += (Math.log(Math.max(figure, floorMin)) - state[cell.usual]) / state[cell.varied];
}

function judge(state: SpreadState, figure: number, bar: number, answer: StretchAnswer): void {
  // What has never varied has no usual variation.
  if (state[cell.varied] < startReadings) {
    answer.score = 0;
    answer.low = 0;
    answer.high = Number.MAX_VALUE;
    answer.expected = 0;
    return;
  }
  const usual = state[cell.usual];
  const width = state[cell.width];
  const expected = Math.exp(usual);
  const floor = Math.max(floorShare * expected, floorMin);
  const distance = Math.abs(Math.log(Math.max(figure, floor)) - usual) / width;
  const lowest = Math.exp(usual - bar * width);
  answer.low = lowest <= floor ? 0 : Math.min(lowest, expected);
  answer.high = Math.max(expected, Math.min(Number.MAX_VALUE, Math.exp(usual + bar * width)));
  answer.expected = expected;
  answer.score = agree(Math.min(distance, scoreMax), figure >= answer.low && figure <= answer.high, bar);
}

function learn(params: SpreadParams, state: SpreadState, figure: number, rate: number): void {
  state[cell.varied] = Math.min(state[cell.varied] + 1, params.memory);
  const floor = Math.max(floorShare * Math.exp(state[cell.usual]), floorMin);
  const offset = Math.log(Math.max(figure, floor)) - state[cell.usual];
  const pull = clip(offset, pullWidths * state[cell.width]);
  const speed = rate / state[cell.varied];
  state[cell.usual] += speed * pull;
  state[cell.width] = Math.max(
    widthMin,
    state[cell.width] + speed * (meanDeviationFactor * Math.abs(pull) - state[cell.width]),
  );
}
