import { type Cells, cellCount, cellsAt, dayMs } from '../base/index.ts';
import { tailCell, tailInit, tailLearn, tailLevel } from './tail.ts';

/** How scores become findings: one event, one finding. */
export interface GateParams {
  /** A finding opens when most of the last `of` scores were beyond the bar, the newest among them. */
  readonly of: 1 | 3;
  /** A score beyond this many bars opens by itself. */
  readonly alone: number;
  /** It closes after `closeAfter` scores in a row at or below `closeShare` of the bar. */
  readonly closeShare: number;
  readonly closeAfter: number;
  /** The bar: never below this; where `budget` is undefined, exactly this. */
  readonly barMin: number;
  /** What a false finding may cost: undefined for scores whose bar has a meaning of its own. */
  readonly budget: GateBudget | undefined;
}

export type GateBudget =
  /** One false finding in so many readings. */
  | { readonly kind: 'readings'; readonly readings: number }
  /** So many false findings in a year of the device's event time. */
  | { readonly kind: 'year'; readonly findings: number };

/** For detectors whose scores are learned: everything follows from the budget. */
export const learnedGate: GateParams = {
  of: 3,
  alone: 2,
  closeShare: 0.7,
  closeAfter: 5,
  barMin: 2,
  budget: { kind: 'readings', readings: 2000 },
};

/** For what changes slowly and stays: nobody is in a hurry to hear of it, so it may cost fewer false findings. */
export const patientGate: GateParams = { ...learnedGate, budget: { kind: 'readings', readings: 20_000 } };

/** For scores with a fixed bar: opens with the first one beyond it, closes with three in a row that are not. */
export function fixedGate(bar: number): GateParams {
  return { of: 1, alone: 1, closeShare: 1, closeAfter: 3, barMin: bar, budget: undefined };
}

/** Rises when the state or the arithmetic changes; a state of another version is started afresh. */
export const gateVersion = 4;

/** The tail of its scores, and what the gate itself remembers. */
const cell = {
  ...tailCell,
  /** The bar that the next score is held against; 0: this gate was not made yet. */
  bar: 7,
  /** 0 or 1. */
  open: 8,
  seen: 9,
  /** As bits, which of the last `of` scores were beyond their bar, the newest lowest. */
  marks: 10,
  /** Event time of the first score beyond the bar since none of the last `of` was; 0 when there is none. */
  since: 11,
  /** Scores in a row that count towards closing, and the event time of the first of them. */
  calmScores: 12,
  calmSince: 13,
  /** Readings until another finding may open. */
  rest: 14,
  /** What the alarms so far have lifted the bar by; decays to 1. */
  lift: 15,
  /** Typical time between readings, ms; 0 until there are two. */
  everyMs: 16,
  lastAt: 17,
  /** The last `of` scores, newest first. */
  score0: 18,
  score1: 19,
  score2: 20,
} as const;

export type GateState = Cells<typeof cell>;
export const gateCells = cellCount(cell);

/** What a score did: whether it was beyond the bar, and whether a finding opened (it was) or closed (it was not). */
export type GateStep = 'quiet' | 'loud' | 'opened' | 'closed';

/** A rest after an alarm grows with the stream: this share of it, within these bounds. */
const restShare = 0.03;
const restMin = 60;
const restMax = 300;
/** And it begins with one, until its own scores have been heard. */
const restFirst = 64;
/** The bar rises by this an alarm, up to this; the rise is forgotten over this many readings. */
const liftAlarm = 1.05;
const liftMax = 3;
const liftMemory = 1000;
const liftDecay = 1 - 1 / liftMemory;
/** Little seen, little known: a bar that rests on n readings stands higher by this many nths. */
const youth = 64;
/** Scores teach the tail at most this many bars, and slower by this while a finding is open. */
const teachBars = 3;
const openSlow = 0.1;
const barMax = 1e4;
const yearMs = 365.25 * dayMs;
/** Until the device's pace is known. */
const unknownPeriod = 2000;

/** The gate whose cells lie in `numbers` from `from` on. */
export function gateAt(numbers: Float64Array, from: number): GateState {
  return cellsAt(cell, numbers, from);
}

/** Event time at which the condition of a finding that has just opened began, or that of one just closed had ended. */
export function gateStartsAt(state: GateState): number {
  return state[cell.since];
}

export function gateEndsAt(state: GateState): number {
  return state[cell.calmSince];
}

export function gateBar(state: GateState): number {
  return state[cell.bar];
}

export function gateIsOpen(state: GateState): boolean {
  return state[cell.open] === 1;
}

export function gateRest(state: GateState): number {
  return state[cell.rest];
}

/** No other finding may open for so many readings at least. */
export function gateRestFor(state: GateState, readings: number): void {
  state[cell.rest] = Math.max(state[cell.rest], readings);
}

export function gateInit(params: GateParams, state: GateState): void {
  state.fill(0);
  tailInit(state);
  state[cell.rest] = params.budget ? restFirst : 0;
  state[cell.lift] = 1;
  state[cell.bar] = barOf(params, state);
}

/** A gate for scores of another kind: what was learned of the old ones is gone, what is open stays open. */
export function gateAnew(params: GateParams, state: GateState): void {
  const { open, calmScores, calmSince, rest, lift, everyMs, lastAt } = cell;
  const kept = [open, calmScores, calmSince, lift, everyMs, lastAt].map((name) => [name, state[name]] as const);
  const restBefore = state[rest];
  gateInit(params, state);
  for (const [name, value] of kept) state[name] = value;
  gateRestFor(state, restBefore);
  state[cell.bar] = barOf(params, state);
}

/** Holds one score against the bar, then learns from it and sets the next bar. */
export function gateStep(params: GateParams, state: GateState, at: number, score: number): GateStep {
  const beyond = score > state[cell.bar];
  const before = (state[cell.marks] << 1) & ((1 << params.of) - 1);
  if (before === 0) state[cell.since] = beyond ? at : 0;
  state[cell.marks] = before | (beyond ? 1 : 0);
  const step = gateIsOpen(state)
    ? tryClose(params, state, at, score)
    : beyond
      ? tryOpen(params, state, score)
      : 'quiet';
  if (params.budget) {
    state[cell.score2] = state[cell.score1];
    state[cell.score1] = state[cell.score0];
    state[cell.score0] = score;
    if (params.budget.kind === 'year') learnInterval(state, at);
    learn(params, state);
  }
  return step;
}

/** Of a score beyond the bar. */
function tryOpen(params: GateParams, state: GateState, score: number): GateStep {
  if (state[cell.rest] > 0) return 'loud';
  const marks = state[cell.marks];
  const most = params.of === 1 || (marks & (marks - 1)) !== 0;
  if (!most && score <= params.alone * state[cell.bar]) return 'loud';
  state[cell.open] = 1;
  state[cell.calmScores] = 0;
  if (params.budget) {
    state[cell.rest] = Math.round(Math.max(restMin, Math.min(restMax, restShare * state[cell.seen])));
    state[cell.lift] = Math.min(state[cell.lift] * liftAlarm, liftMax);
  }
  return 'opened';
}

function tryClose(params: GateParams, state: GateState, at: number, score: number): GateStep {
  const bar = state[cell.bar];
  if (score > params.closeShare * bar) {
    state[cell.calmScores] = 0;
    return score > bar ? 'loud' : 'quiet';
  }
  if (state[cell.calmScores] === 0) state[cell.calmSince] = at;
  state[cell.calmScores] += 1;
  if (state[cell.calmScores] < params.closeAfter) return 'quiet';
  state[cell.open] = 0;
  state[cell.marks] = 0;
  return 'closed';
}

/** Learns from the last scores. */
function learn(params: GateParams, state: GateState): void {
  const seen = state[cell.seen];
  const score = Math.min(decidingScore(state), teachBars * state[cell.bar]);
  tailLearn(state, score, seen, gateIsOpen(state) ? openSlow : 1);
  state[cell.seen] = seen + 1;
  const rest = state[cell.rest];
  if (rest > 0) state[cell.rest] = rest - 1;
  state[cell.lift] = 1 + (state[cell.lift] - 1) * liftDecay;
  state[cell.bar] = barOf(params, state);
}

function learnInterval(state: GateState, at: number): void {
  const lastAt = state[cell.lastAt];
  const everyMs = state[cell.everyMs];
  const gapMs = at - lastAt;
  state[cell.lastAt] = at;
  if (lastAt <= 0 || gapMs <= 0) return;
  // An outage is not a slow device.
  const bounded = Math.min(gapMs, 10 * everyMs) - everyMs;
  state[cell.everyMs] = everyMs === 0 ? gapMs : everyMs + bounded / Math.min(state[cell.seen] + 1, 100);
}

function barOf({ budget, barMin }: GateParams, state: GateState): number {
  if (!budget) return barMin;
  const level = tailLevel(state, budget.kind === 'readings' ? budget.readings : yearReadings(budget, state));
  const young = 1 + youth / (state[cell.seen] + youth);
  return Math.min(barMax, Math.max(barMin, level) * state[cell.lift] * young);
}

/** Readings to a finding of such a budget. */
function yearReadings({ findings }: { readonly findings: number }, state: GateState): number {
  const everyMs = state[cell.everyMs];
  return everyMs === 0 ? unknownPeriod : yearMs / everyMs / findings;
}

/** The middle one of the last scores opens a finding, so it is the score whose tail sets the bar. */
function decidingScore(state: GateState): number {
  const newest = state[cell.score0];
  if (state[cell.seen] === 0) return newest;
  const before = state[cell.score1];
  // Of two scores the lower one: 0 stands for the one before them.
  const first = state[cell.score2];
  const high = newest > before ? newest : before;
  const low = newest > before ? before : newest;
  return first > high ? high : first > low ? first : low;
}
