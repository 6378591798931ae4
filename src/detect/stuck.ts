import { type Cells, cellCount, cellsAt, dayMs } from '../base/index.ts';
import { Answer, agree, type Detector, StretchAnswer, unknownParams, type WatchedReading } from './detector.ts';
import { isCount } from './level.ts';

export interface StuckParams {
  /** A run of equal readings shorter than this is nothing, whatever the signal. */
  readonly least: number;
}

const cell = {
  seen: 0,
  last: 1,
  /** Equal readings in a row, the last one included, and the event time of the first of them. */
  run: 2,
  since: 3,
  /** The longest run that has ended; one that a finding was open in counts for less. */
  longest: 4,
  /** Changes seen, to a limit. */
  changes: 5,
  /** Share of the recent readings that differed from the one before. */
  moving: 6,
} as const;

type StuckState = Cells<typeof cell>;

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
export const stuck: Detector<StuckParams> = {
  kind: 'stuck',
  version: 2,
  defaults: { least: 8 },
  size: { cells: cellCount(cell), starts: 0 },
  looks: 'stretches',

  check(params) {
    const problems = [...unknownParams(params, ['least'])];
    if (!isCount(params.least ?? stuck.defaults.least, 2, 100_000)) {
      problems.push('"least" must be a whole number of readings, 2 to 100000');
    }
    return problems;
  },

  bind({ least }, { cells }) {
    const state = cellsAt(cell, cells, 0);
    const stretch = new StretchAnswer();
    const answer = new Answer();
    answer.stretch = stretch;
    return {
      init: () => state.fill(0),
      update(reading) {
        learn(least, state, reading);
        answer.expected = reading.value;
        answer.status = state[cell.seen] < startReadings ? 'warming-up' : 'scored';
        if (answer.status === 'scored') judge(least, state, reading, stretch);
        return answer;
      },
    };
  },
};

function judge(least: number, state: StuckState, { at, stretchBar }: WatchedReading, answer: StretchAnswer): void {
  const run = state[cell.run];
  const since = state[cell.since];
  const usual = Math.max(least, state[cell.longest]);
  const alive = state[cell.changes] >= changesProven;
  const rested = state[cell.moving] >= movingShare || at - since > stretchBar * restMs;
  const high = alive && rested ? stretchBar * usual : Math.max(stretchBar * usual, run);
  answer.score = agree(run / usual, run <= high, stretchBar);
  answer.high = high;
  answer.expected = Math.min(usual, high);
  answer.value = run;
  answer.count = run;
  answer.since = since;
}

function learn(least: number, state: StuckState, { at, value, open }: WatchedReading): void {
  const seen = state[cell.seen];
  const known = Math.max(least, state[cell.longest]);
  const same = seen > 0 && value === state[cell.last];
  if (!same) {
    const ended = open ? Math.min(state[cell.run], 2 * known) : state[cell.run];
    state[cell.longest] = Math.max(state[cell.longest], ended);
    if (seen > 0) state[cell.changes] = Math.min(state[cell.changes] + 1, changesProven);
    state[cell.run] = 0;
    state[cell.since] = at;
  }
  state[cell.last] = value;
  state[cell.run] = Math.min(state[cell.run] + 1, runMax);
  state[cell.seen] = Math.min(seen + 1, movingMemory);
  // A run that may be an event does not make the signal a resting one.
  if (state[cell.run] > Math.max(least, state[cell.longest])) return;
  state[cell.moving] += (Number(!same) - state[cell.moving]) / state[cell.seen];
}
