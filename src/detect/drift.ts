import { medianAbsoluteDeviation, medianSorted } from 'simple-statistics';
import { type Cells, cellCount, cellsAt } from '../base/index.ts';
import { Answer, agree, type Detector, StretchAnswer, unknownParams } from './detector.ts';
import { clip, isCount, meanDeviationFactor, within } from './level.ts';
import {
  periods,
  type SeasonState,
  seasonAt,
  seasonCells,
  seasonError,
  seasonExpects,
  seasonInit,
  seasonLearn,
  seasonMean,
  seasonPeriod,
} from './season.ts';

export interface DriftParams {
  /** Readings that the memory of the reference level reaches back. */
  readonly memory: number;
}

/** A sum that grows while blocks lie beyond the slack on one side, and starts again when it falls to nothing. */
const sideCell = {
  /** Blocks since it was nothing, and the sum of their means. */
  blocks: 0,
  total: 1,
  /** Event time of the first of them. */
  since: 2,
} as const;

type Side = Cells<typeof sideCell>;

const cell = {
  /** The block that is being gathered. */
  count: 0,
  sum: 1,
  from: 2,
  /** Blocks learned. */
  blocks: 3,
  /** Level that blocks are held against, how far their means usually are from it. */
  reference: 4,
  width: 5,
  /** Mean of the last block. */
  last: 6,
  /** How far the signal moves when it moves, over how many moves (to a limit), and its last reading. */
  change: 7,
  changes: 8,
  lastValue: 9,
  /** Which seasons were taken away. */
  period: 10,
} as const;

interface DriftState {
  readonly own: Cells<typeof cell>;
  readonly up: Side;
  readonly down: Side;
  readonly season: SeasonState;
  /** The means of the first blocks, until they are all there. */
  readonly first: Float64Array;
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
export const drift: Detector<DriftParams> = {
  kind: 'drift',
  version: 2,
  defaults: { memory: 50_000 },
  size: { cells: seasonCells + cellCount(cell) + 2 * cellCount(sideCell), starts: startBlocks },
  looks: 'stretches',

  check(params) {
    const problems = [...unknownParams(params, ['memory'])];
    if (!isCount(params.memory ?? drift.defaults.memory, 1000, 1_000_000)) {
      problems.push('"memory" must be a whole number of readings, 1000 to 1000000');
    }
    return problems;
  },

  bind(params, { cells, starts }) {
    const state = stateAt(cells, starts);
    const stretch = new StretchAnswer();
    const answer = new Answer();
    answer.stretch = stretch;
    return {
      init() {
        cells.fill(0);
        starts.fill(0);
        seasonInit(state.season);
      },
      update({ at, value: read, stretchBar, open }) {
        const value = within(read);
        learnChange(state.own, value);
        gather(params, state, { at, value: value - seasonal(state.season, at), open, bar: stretchBar });
        answer.expected = value;
        answer.status = state.own[cell.blocks] < startBlocks ? 'warming-up' : 'scored';
        if (answer.status === 'warming-up') return answer;
        seasonLearn(state.season, { at, value, spread: widthOf(state.own), open });
        answer.model = state.own[cell.period] === periods.none ? 0 : 1;
        judge(state, stretchBar, stretch);
        return answer;
      },
    };
  },
};

function stateAt(cells: Float64Array, first: Float64Array): DriftState {
  const size = cellCount(sideCell);
  const sides = seasonCells + cellCount(cell);
  return {
    season: seasonAt(cells, 0),
    own: cellsAt(cell, cells, seasonCells),
    up: cellsAt(sideCell, cells, sides),
    down: cellsAt(sideCell, cells, sides + size),
    first,
  };
}

/** How much of a reading is due to its hour. */
function seasonal(season: SeasonState, at: number): number {
  if (seasonPeriod(season) === periods.none) return 0;
  const mean = seasonMean(season);
  return (seasonExpects(season, at) ?? mean) - mean;
}

interface Gathered {
  readonly at: number;
  readonly value: number;
  readonly open: boolean;
  readonly bar: number;
}

function gather(params: DriftParams, state: DriftState, { at, value, open, bar }: Gathered): void {
  const { own } = state;
  if (own[cell.count] === 0) own[cell.from] = at;
  own[cell.sum] += value / blockReadings;
  own[cell.count] += 1;
  if (own[cell.count] < blockReadings) return;
  const mean = own[cell.sum] + 0;
  own[cell.count] = 0;
  own[cell.sum] = 0;
  if (own[cell.blocks] < startBlocks) {
    learnStart(state, mean);
    return;
  }
  const period = seasonPeriod(state.season);
  if ((period === periods.none) !== (own[cell.period] === periods.none)) renew(state);
  own[cell.period] = period;
  const width = widthOf(own);
  own[cell.last] = own[cell.reference] + clip(mean - own[cell.reference], blockMax * width);
  grow(state, state.up, 1, bar);
  grow(state, state.down, -1, bar);
  learn(params, own, width, open ? openRate : 1);
}

/**
 * With seasons taken away, or no longer, the signal has another width: at first that by which hours are forecast. What
 * was summed up does not fit it.
 */
function renew({ own, up, down, season }: DriftState): void {
  own[cell.width] = meanDeviationFactor * seasonError(season);
  own[cell.blocks] = startBlocks;
  up.fill(0);
  down.fill(0);
}

function learnStart({ own, first }: DriftState, mean: number): void {
  first[own[cell.blocks]] = mean;
  own[cell.blocks] += 1;
  own[cell.last] = mean;
  if (own[cell.blocks] < startBlocks) return;
  const sorted = [...first.toSorted()];
  own[cell.reference] = medianSorted(sorted) + 0;
  own[cell.width] = startMargin * medianAbsoluteDeviation(sorted);
  first.fill(0);
}

function learnChange(own: DriftState['own'], value: number): void {
  const size = Math.abs(value - own[cell.lastValue]);
  const first = own[cell.blocks] === 0 && own[cell.count] === 0;
  own[cell.lastValue] = value;
  if (first || size === 0) return;
  own[cell.changes] = Math.min(own[cell.changes] + 1, changesMemory);
  const bounded = own[cell.changes] > changesProven ? Math.min(size, blockMax * own[cell.change]) : size;
  own[cell.change] += (bounded - own[cell.change]) / own[cell.changes];
}

/** A signal that rests and then flips by its resolution is as it should be. */
function widthOf(own: DriftState['own']): number {
  const size = Math.abs(own[cell.reference]);
  const least = own[cell.changes] >= changesProven ? own[cell.change] * changeShare : unvariedShare * size;
  return Math.max(own[cell.width], least, 1e-9 * size, widthMin);
}

function grow({ own }: DriftState, side: Side, sign: 1 | -1, bar: number): void {
  if (side[sideCell.blocks] === 0) side[sideCell.since] = own[cell.from];
  side[sideCell.blocks] += 1;
  side[sideCell.total] += own[cell.last];
  const most = barsMax * bar * scale;
  const sum = sumOf(own, side, sign);
  if (sum <= 0) side.fill(0);
  if (sum <= most) return;
  // Fewer blocks of the same mean.
  const blocks = (side[sideCell.blocks] * most) / sum;
  side[sideCell.total] *= blocks / side[sideCell.blocks];
  side[sideCell.blocks] = blocks;
}

function sumOf(own: DriftState['own'], side: Side, sign: 1 | -1): number {
  if (side[sideCell.blocks] === 0) return 0;
  const away = (sign * (side[sideCell.total] / side[sideCell.blocks] - own[cell.reference])) / widthOf(own);
  return side[sideCell.blocks] * (away - slack);
}

function judge({ own, up, down }: DriftState, bar: number, answer: StretchAnswer): void {
  const sumUp = sumOf(own, up, 1);
  const sumDown = sumOf(own, down, -1);
  const side = sumUp >= sumDown ? up : down;
  const known = side[sideCell.blocks] > 0;
  const blocks = known ? side[sideCell.blocks] : 1;
  const value = known ? side[sideCell.total] / side[sideCell.blocks] + 0 : own[cell.last];
  const half = widthOf(own) * (slack + (bar * scale) / blocks);
  answer.expected = own[cell.reference];
  answer.low = answer.expected - half;
  answer.high = answer.expected + half;
  answer.value = value;
  answer.score = agree(Math.max(0, sumUp, sumDown) / scale, value >= answer.low && value <= answer.high, bar);
  answer.count = Math.max(1, Math.round(blocks)) * blockReadings;
  answer.since = known ? side[sideCell.since] : own[cell.from];
}

function learn(params: DriftParams, own: DriftState['own'], width: number, rate: number): void {
  own[cell.blocks] += 1;
  const speed = rate * Math.max(1 / own[cell.blocks], blockReadings / params.memory);
  const offset = own[cell.last] - own[cell.reference];
  own[cell.reference] += speed * offset;
  own[cell.width] = width + speed * (meanDeviationFactor * Math.abs(offset) - width);
}
