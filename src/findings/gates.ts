import { type Cells, cellCount, cellsAt } from '../base/index.ts';
import {
  type GateParams,
  type GateState,
  type GateStep,
  gateAnew,
  gateAt,
  gateBar,
  gateCells,
  gateEndsAt,
  gateInit,
  gateIsOpen,
  gateRest,
  gateRestFor,
  gateStartsAt,
  gateStep,
} from './gate.ts';

const cell = {
  /** Whose scores the gates have learned from. */
  model: 0,
} as const;

export const gatesCells = cellCount(cell) + 2 * gateCells;

/**
 * The gates of a detector that looks at a signal twice, reading by reading and at the last ones together. Each
 * look has scores, and so a tail and a bar, of its own; of both together one finding is made.
 */
export interface GatesState {
  readonly own: Cells<typeof cell>;
  readonly reading: GateState;
  /** Made with the first stretch that is scored. */
  readonly stretch: GateState;
}

/** Which of the looks satisfied its gate. */
export type Look = 'reading' | 'stretch';

/** What is to be told of a step; undefined for most. */
export type GatesChange =
  | { readonly change: 'opened'; readonly startsAt: number; readonly look: Look }
  | { readonly change: 'closed'; readonly endsAt: number };

export interface LookScores {
  /** Scores of two models are not comparable: with another one the tails are learned anew. */
  readonly model: number;
  readonly score: number;
  readonly stretch: StretchScore | undefined;
}

export interface StretchScore {
  readonly score: number;
  /** Readings that it looks back at. */
  readonly count: number;
}

/** The gates whose cells lie in `numbers` from `from` on. */
export function gatesAt(numbers: Float64Array, from: number): GatesState {
  const first = from + cellCount(cell);
  return {
    own: cellsAt(cell, numbers, from),
    reading: gateAt(numbers, first),
    stretch: gateAt(numbers, first + gateCells),
  };
}

export function gatesInit(params: GateParams, { own, reading, stretch }: GatesState): void {
  own.fill(0);
  stretch.fill(0);
  gateInit(params, reading);
}

export function gatesOpen({ reading, stretch }: GatesState): boolean {
  return gateIsOpen(reading) || gateIsOpen(stretch);
}

export function readingBar({ reading }: GatesState): number {
  return gateBar(reading);
}

export function stretchBar({ reading, stretch }: GatesState): number {
  return gateBar(stretch) || gateBar(reading);
}

/**
 * Holds the scores against their bars. The finding opens with the first gate that does, rests for both, and closes with
 * the last.
 */
export function gatesStep(
  params: GateParams,
  state: GatesState,
  at: number,
  scores: LookScores,
): GatesChange | undefined {
  const wasOpen = gatesOpen(state);
  if (scores.model !== state.own[cell.model]) changeModel(params, state, scores.model);
  const reading = gateStep(params, state.reading, at, scores.score);
  const stretch = scores.stretch && stretchStep(params, state, at, scores.stretch.score);
  if (gatesOpen(state) === wasOpen) return undefined;
  if (wasOpen) {
    forget(state, scores);
    return { change: 'closed', endsAt: Math.max(endOf(state.reading, reading), endOf(state.stretch, stretch)) };
  }
  shareRest(state);
  if (reading === 'opened') return { change: 'opened', startsAt: gateStartsAt(state.reading), look: 'reading' };
  return { change: 'opened', startsAt: stretch === 'opened' ? gateStartsAt(state.stretch) : at, look: 'stretch' };
}

function changeModel(params: GateParams, { own, reading, stretch }: GatesState, model: number): void {
  own[cell.model] = model;
  gateAnew(params, reading);
  if (isMade(stretch)) gateAnew(params, stretch);
}

function stretchStep(params: GateParams, { stretch }: GatesState, at: number, score: number): GateStep {
  if (!isMade(stretch)) gateInit(params, stretch);
  return gateStep(params, stretch, at, score);
}

function isMade(gate: GateState): boolean {
  return gateBar(gate) > 0;
}

function endOf(gate: GateState, step: GateStep | undefined): number {
  return step === 'closed' ? gateEndsAt(gate) : Number.NEGATIVE_INFINITY;
}

/** Until the event that has ended is out of the stretch, the stretch may not open another finding of it. */
function forget({ stretch }: GatesState, scores: LookScores): void {
  if (isMade(stretch)) gateRestFor(stretch, scores.stretch?.count ?? 0);
}

function shareRest({ reading, stretch }: GatesState): void {
  if (!isMade(stretch)) return;
  const rest = Math.max(gateRest(reading), gateRest(stretch));
  gateRestFor(reading, rest);
  gateRestFor(stretch, rest);
}
