import { dayMs } from '../base/index.ts';
import { agree, boundless, type Detector, unknownParams } from './detector.ts';
import { isCount } from './level.ts';

export interface StuckParams {
  /** A run of equal readings shorter than this is nothing, whatever the signal. */
  readonly least: number;
}

interface StuckState {
  seen: number;
  last: number;
  /** Equal readings in a row, the last one included, and the event time of the first of them. */
  run: number;
  since: number;
  /** The longest run that has ended; one that a finding was open in counts for less. */
  longest: number;
  /** Changes seen, to a limit. */
  changes: number;
  /** Share of the recent readings that differed from the one before. */
  moving: number;
}

/** The bar that fits this score: flat for twice as long as ever. */
export const stuckBar = 2;

const startReadings = 64;
/** A signal that has changed less often than this is not known to be alive. */
const changesProven = 32;
const movingMemory = 500;
/** One that rests more often than it moves may rest for nights and weekends: nothing below so many bars of this is long. */
const movingShare = 0.5;
const restMs = 2 * dayMs;
const runMax = 1e9;

/**
 * A live signal gone flat, or flat for longer than ever. The score is the length of the run of equal readings in
 * longest runs so far. A signal that has hardly ever changed, a set point or a state, is constant by nature and scores
 * nothing; one that rests more often than it moves must also rest for days.
 */
export const stuck: Detector<StuckParams, StuckState> = {
  kind: 'stuck',
  version: 1,
  defaults: { least: 8 },

  check(params) {
    const problems = [...unknownParams(params, ['least'])];
    if (!isCount(params.least ?? stuck.defaults.least, 2, 100_000)) {
      problems.push('"least" must be a whole number of readings, 2 to 100000');
    }
    return problems;
  },

  init: () => ({ seen: 0, last: 0, run: 0, since: 0, longest: 0, changes: 0, moving: 0 }),

  update(params, state, { at, value }, { stretchBar, open }) {
    learn(params, state, { at, value: value + 0 }, open);
    if (state.seen < startReadings) return { status: 'warming-up' };
    const { run, since } = state;
    const usual = Math.max(params.least, state.longest);
    const alive = state.changes >= changesProven;
    const rested = state.moving >= movingShare || at - since > stretchBar * restMs;
    const high = alive && rested ? stretchBar * usual : Math.max(stretchBar * usual, run);
    const score = agree(run / usual, run <= high, stretchBar);
    const stretch = { score, low: 0, high, expected: Math.min(usual, high), value: run, count: run, since };
    return { status: 'scored', score: 0, ...boundless, expected: value, model: 0, stretch };
  },
};

function learn(params: StuckParams, state: StuckState, { at, value }: { at: number; value: number }, open: boolean) {
  const same = state.seen > 0 && value === state.last;
  if (!same) {
    const known = Math.max(params.least, state.longest);
    state.longest = Math.max(state.longest, open ? Math.min(state.run, 2 * known) : state.run);
    if (state.seen > 0) state.changes = Math.min(state.changes + 1, changesProven);
    state.run = 0;
    state.since = at;
  }
  state.last = value;
  state.run = Math.min(state.run + 1, runMax);
  state.seen = Math.min(state.seen + 1, movingMemory);
  // A run that may be an event does not make the signal a resting one.
  if (state.run <= Math.max(params.least, state.longest)) state.moving += (Number(!same) - state.moving) / state.seen;
}
