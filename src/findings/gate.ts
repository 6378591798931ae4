import { type TailState, tailInit, tailLearn, tailLevel } from './tail.ts';

/** How scores become findings: one event, one finding. */
export interface GateParams {
  /** A finding opens when `need` of the last `of` scores were beyond the bar, the newest among them. */
  readonly need: number;
  readonly of: number;
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
  need: 2,
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
  return { need: 1, of: 1, alone: 1, closeShare: 1, closeAfter: 3, barMin: bar, budget: undefined };
}

/** Rises when the state or the arithmetic changes; a state of another version is started afresh. */
export const gateVersion = 3;

/** Plain data. */
export interface GateState {
  seen: number;
  /** The bar that the next score is held against. */
  bar: number;
  open: boolean;
  /** The last `of` scores, in any order, and as bits which of them were beyond their bar, the newest lowest. */
  readonly scores: number[];
  marks: number;
  /** Event time of the first score beyond the bar since none of the last `of` was; 0 when there is none. */
  since: number;
  /** Scores in a row that count towards closing, and the event time of the first of them. */
  calm: number;
  calmSince: number;
  /** Readings until another finding may open. */
  rest: number;
  /** What the alarms so far have lifted the bar by; decays to 1. */
  lift: number;
  /** Typical time between readings, ms; 0 until there are two. */
  everyMs: number;
  lastAt: number;
  readonly tail: TailState;
}

/** What a score did. `startsAt` is the event time at which the condition began, `endsAt` that at which it had ended. */
export type GateStep =
  | { readonly change: undefined; readonly beyond: boolean }
  | { readonly change: 'opened'; readonly beyond: true; readonly startsAt: number }
  | { readonly change: 'closed'; readonly beyond: false; readonly endsAt: number };

const quiet: GateStep = { change: undefined, beyond: false };
const loud: GateStep = { change: undefined, beyond: true };

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
/** Little seen, little known: a bar that rests on n readings stands higher by this many nths. */
const youth = 64;
/** Scores teach the tail at most this many bars, and slower by this while a finding is open. */
const teachBars = 3;
const openSlow = 0.1;
const barMax = 1e4;
const yearMs = 365.25 * 86_400_000;
/** Until the device's pace is known. */
const unknownPeriod = 2000;

export function gateInit(params: GateParams): GateState {
  const state: GateState = {
    seen: 0,
    bar: params.barMin,
    open: false,
    scores: [],
    marks: 0,
    since: 0,
    calm: 0,
    calmSince: 0,
    rest: params.budget ? restFirst : 0,
    lift: 1,
    everyMs: 0,
    lastAt: 0,
    tail: tailInit(),
  };
  state.bar = barOf(params, state);
  return state;
}

/** A gate for scores of another kind: what was learned of the old ones is gone, what is open stays open. */
export function gateAnew(params: GateParams, state: GateState): GateState {
  const { open, calm, calmSince, lift, everyMs, lastAt } = state;
  const anew = { ...gateInit(params), open, calm, calmSince, lift, everyMs, lastAt };
  anew.rest = Math.max(anew.rest, state.rest);
  anew.bar = barOf(params, anew);
  return anew;
}

/** Holds one score against `state.bar`, then learns from it and sets the next bar; changes only `state`. */
export function gateStep(params: GateParams, state: GateState, at: number, score: number): GateStep {
  const beyond = score > state.bar;
  const before = (state.marks << 1) & ((1 << params.of) - 1);
  if (before === 0) state.since = beyond ? at : 0;
  state.marks = before | (beyond ? 1 : 0);
  const step = state.open ? tryClose(params, state, at, score) : tryOpen(params, state, score);
  learn(params, state, at, score);
  return step;
}

function tryOpen(params: GateParams, state: GateState, score: number): GateStep {
  if (score <= state.bar) return quiet;
  if (state.rest > 0) return loud;
  if (countBits(state.marks) < params.need && score <= params.alone * state.bar) return loud;
  state.open = true;
  state.calm = 0;
  if (params.budget) {
    state.rest = Math.round(Math.max(restMin, Math.min(restMax, restShare * state.seen)));
    state.lift = Math.min(state.lift * liftAlarm, liftMax);
  }
  return { change: 'opened', beyond: true, startsAt: state.since };
}

function tryClose(params: GateParams, state: GateState, at: number, score: number): GateStep {
  if (score > params.closeShare * state.bar) {
    state.calm = 0;
    return score > state.bar ? loud : quiet;
  }
  if (state.calm === 0) state.calmSince = at;
  state.calm += 1;
  if (state.calm < params.closeAfter) return quiet;
  state.open = false;
  state.marks = 0;
  return { change: 'closed', beyond: false, endsAt: state.calmSince };
}

function learn(params: GateParams, state: GateState, at: number, score: number): void {
  if (!params.budget) return;
  state.scores[state.seen % params.of] = score;
  // What opens a finding is the `need`-th highest of the last scores, so that is the score whose tail sets the bar.
  const deciding = nthHighest(state.scores, Math.min(params.need, state.scores.length));
  tailLearn(state.tail, Math.min(deciding, teachBars * state.bar), state.seen, state.open ? openSlow : 1);
  learnInterval(state, at);
  state.seen += 1;
  state.rest = Math.max(0, state.rest - 1);
  state.lift = 1 + (state.lift - 1) * (1 - 1 / liftMemory);
  state.bar = barOf(params, state);
}

function learnInterval(state: GateState, at: number): void {
  const gapMs = at - state.lastAt;
  if (state.lastAt > 0 && gapMs > 0) {
    if (state.everyMs === 0) state.everyMs = gapMs;
    // An outage is not a slow device.
    else state.everyMs += (Math.min(gapMs, 10 * state.everyMs) - state.everyMs) / Math.min(state.seen + 1, 100);
  }
  state.lastAt = at;
}

function barOf(params: GateParams, state: GateState): number {
  if (!params.budget) return params.barMin;
  const level = tailLevel(state.tail, periodReadings(params.budget, state.everyMs));
  const young = 1 + youth / (state.seen + youth);
  return Math.min(barMax, Math.max(params.barMin, level) * state.lift * young);
}

function periodReadings(budget: GateBudget, everyMs: number): number {
  if (budget.kind === 'readings') return budget.readings;
  return everyMs === 0 ? unknownPeriod : yearMs / everyMs / budget.findings;
}

/** Without sorting or iterators: there are few scores, and this runs for every reading. */
function nthHighest(scores: readonly number[], n: number): number {
  for (let index = 0; index < scores.length; index += 1) {
    const score = scores[index] ?? 0;
    let higher = 0;
    let equal = 0;
    for (let other = 0; other < scores.length; other += 1) {
      const compared = scores[other] ?? 0;
      if (compared > score) higher += 1;
      else if (compared === score) equal += 1;
    }
    if (higher < n && higher + equal >= n) return score;
  }
  return 0;
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
