import { medianAbsoluteDeviation, medianSorted } from 'simple-statistics';
import { agree, boundless, type Detector, type JudgedStretch, unknownParams } from './detector.ts';
import { clip, isCount, meanDeviationFactor, within } from './level.ts';
import { type Period, type SeasonState, seasonAt, seasonInit, seasonLearn } from './season.ts';

export interface DriftParams {
  /** Readings that the memory of the reference level reaches back. */
  readonly memory: number;
}

/** A sum that grows while blocks lie beyond the slack on one side, and starts again when it falls to nothing. */
interface Side {
  /** Blocks since it was nothing, and the sum of their means. */
  blocks: number;
  total: number;
  /** Event time of the first of them. */
  since: number;
}

interface DriftState {
  readonly season: SeasonState;
  /** The block that is being gathered. */
  count: number;
  sum: number;
  from: number;
  /** Blocks learned. */
  blocks: number;
  /** Level that blocks are held against, how far their means usually are from it. */
  reference: number;
  width: number;
  readonly up: Side;
  readonly down: Side;
  /** Mean of the last block. */
  last: number;
  /** How far the signal moves when it moves, over how many moves (to a limit), and its last reading. */
  change: number;
  changes: number;
  lastValue: number;
  /** Which seasons were taken away. */
  period: Period;
  /** The means of the first blocks; empty when they are all there. */
  first: number[];
}

const blockReadings = 32;
const startBlocks = 12;
/** CUSUM: a block adds what it lies away beyond this many widths; so many make one point of score. */
const slack = 0.5;
const scale = 4;
const blockMax = 3;
/** The sums stop at so many bars, or a mended device would stay in its finding for as long as it was ill. */
const barsMax = 1.5;
const openRate = 0.1;
/** Deviation over MAD of a normal signal, and a margin for so few blocks. */
const startMargin = 1.4826 * 1.3;
/** See {@link widthOf}: a block in which an eighth of the readings moved. */
const changeShare = 1 / 8;
const changesProven = 3;
const changesMemory = 200;
/** Of a signal that has not varied yet no more is known than its level. */
const unvariedShare = 0.02;
const widthMin = 1e-300;

/**
 * Slow change of level: a two-sided CUSUM of block means, seasons taken away, against a reference that hardly moves.
 * A CUSUM beyond its limit says the same as "the average since the sum last was nothing is so far off", and that is
 * how it is told, with that time as the start of the change.
 */
export const drift: Detector<DriftParams, DriftState> = {
  kind: 'drift',
  version: 1,
  defaults: { memory: 50_000 },

  check(params) {
    const problems = [...unknownParams(params, ['memory'])];
    if (!isCount(params.memory ?? drift.defaults.memory, 1000, 1_000_000)) {
      problems.push('"memory" must be a whole number of readings, 1000 to 1000000');
    }
    return problems;
  },

  init: () => ({
    season: seasonInit(),
    count: 0,
    sum: 0,
    from: 0,
    blocks: 0,
    reference: 0,
    width: 0,
    up: { blocks: 0, total: 0, since: 0 },
    down: { blocks: 0, total: 0, since: 0 },
    last: 0,
    change: 0,
    changes: 0,
    lastValue: 0,
    period: 'none',
    first: [],
  }),

  update(params, state, reading, { stretchBar, open }) {
    const { at } = reading;
    const value = within(reading.value);
    const { season } = state;
    learnChange(state, value);
    gather(params, state, { at, value: value - seasonal(season, at), open, bar: stretchBar });
    if (state.blocks < startBlocks) return { status: 'warming-up' };
    seasonLearn(season, { at, value, spread: widthOf(state), open });
    const model = state.period === 'none' ? 0 : 1;
    return { status: 'scored', score: 0, ...boundless, expected: value, model, stretch: judge(state, stretchBar) };
  },
};

/** How much of a reading is due to its hour. */
function seasonal(season: SeasonState, at: number): number {
  return season.period === 'none' ? 0 : (seasonAt(season, at) ?? season.mean) - season.mean;
}

interface Gathered {
  readonly at: number;
  readonly value: number;
  readonly open: boolean;
  readonly bar: number;
}

function gather(params: DriftParams, state: DriftState, { at, value, open, bar }: Gathered): void {
  if (state.count === 0) state.from = at;
  state.sum += value / blockReadings;
  state.count += 1;
  if (state.count < blockReadings) return;
  const mean = state.sum + 0;
  state.count = 0;
  state.sum = 0;
  if (state.blocks < startBlocks) {
    learnStart(state, mean);
    return;
  }
  if ((state.season.period === 'none') !== (state.period === 'none')) renew(state);
  state.period = state.season.period;
  const width = widthOf(state);
  state.last = state.reference + clip(mean - state.reference, blockMax * width);
  grow(state, state.up, 1, bar);
  grow(state, state.down, -1, bar);
  learn(params, state, width, open ? openRate : 1);
}

/**
 * With seasons taken away, or no longer, the signal has another width: at first that by which hours are forecast. What
 * was summed up does not fit it.
 */
function renew(state: DriftState): void {
  const { period, plain, daily, weekly } = state.season;
  const { error } = { none: plain, day: daily, week: weekly }[period];
  state.width = meanDeviationFactor * error;
  state.blocks = startBlocks;
  for (const side of [state.up, state.down]) Object.assign(side, nothing());
}

function nothing(): Side {
  return { blocks: 0, total: 0, since: 0 };
}

function learnStart(state: DriftState, mean: number): void {
  state.first.push(mean);
  state.blocks += 1;
  state.last = mean;
  if (state.blocks < startBlocks) return;
  state.reference = medianSorted(state.first.toSorted((a, b) => a - b)) + 0;
  state.width = startMargin * medianAbsoluteDeviation(state.first);
  state.first = [];
}

function learnChange(state: DriftState, value: number): void {
  const size = Math.abs(value - state.lastValue);
  const first = state.blocks === 0 && state.count === 0;
  state.lastValue = value;
  if (first || size === 0) return;
  state.changes = Math.min(state.changes + 1, changesMemory);
  const bounded = state.changes > changesProven ? Math.min(size, blockMax * state.change) : size;
  state.change += (bounded - state.change) / state.changes;
}

/** A signal that rests and then flips by its resolution is as it should be. */
function widthOf(state: DriftState): number {
  const { reference, changes, change } = state;
  const least = changes >= changesProven ? change * changeShare : unvariedShare * Math.abs(reference);
  return Math.max(state.width, least, 1e-9 * Math.abs(reference), widthMin);
}

function grow(state: DriftState, side: Side, sign: 1 | -1, bar: number): void {
  if (side.blocks === 0) side.since = state.from;
  side.blocks += 1;
  side.total += state.last;
  const most = barsMax * bar * scale;
  const sum = sumOf(state, side, sign);
  if (sum <= 0) Object.assign(side, nothing());
  if (sum <= most) return;
  // Fewer blocks of the same mean.
  const blocks = (side.blocks * most) / sum;
  side.total *= blocks / side.blocks;
  side.blocks = blocks;
}

function sumOf(state: DriftState, side: Side, sign: 1 | -1): number {
  if (side.blocks === 0) return 0;
  const away = (sign * (side.total / side.blocks - state.reference)) / widthOf(state);
  return side.blocks * (away - slack);
}

function judge(state: DriftState, bar: number): JudgedStretch {
  const { up, down, reference } = state;
  const [sumUp, sumDown] = [sumOf(state, up, 1), sumOf(state, down, -1)];
  const side = sumUp >= sumDown ? up : down;
  const known = side.blocks > 0;
  const blocks = known ? side.blocks : 1;
  const value = known ? side.total / side.blocks + 0 : state.last;
  const half = widthOf(state) * (slack + (bar * scale) / blocks);
  const [low, high] = [reference - half, reference + half];
  const score = agree(Math.max(0, sumUp, sumDown) / scale, value >= low && value <= high, bar);
  const count = Math.max(1, Math.round(blocks)) * blockReadings;
  return { score, low, high, expected: reference, value, count, since: known ? side.since : state.from };
}

function learn(params: DriftParams, state: DriftState, width: number, rate: number): void {
  state.blocks += 1;
  const speed = rate * Math.max(1 / state.blocks, blockReadings / params.memory);
  const offset = state.last - state.reference;
  state.reference += speed * offset;
  state.width = width + speed * (meanDeviationFactor * Math.abs(offset) - width);
}
