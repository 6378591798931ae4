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

/** A detector may look at a signal twice: reading by reading and at the last ones together. */
export type Looks = 'readings' | 'stretches' | 'both';

/**
 * The gates of a detector. Each look has scores, and so a tail and a bar, of its own; of both together one finding is
 * made.
 */
export interface GatesState {
  readonly own: Cells<typeof cell>;
  /** Undefined for a detector that calls no single reading abnormal. */
  readonly reading: GateState | undefined;
  /** Made with the first stretch that is scored; undefined for a detector that looks at none. */
  readonly stretch: GateState | undefined;
}

export function gatesCells(looks: Looks): number {
  return cellCount(cell) + (looks === 'both' ? 2 : 1) * gateCells;
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
export function gatesAt(numbers: Float64Array, from: number, looks: Looks): GatesState {
  const first = from + cellCount(cell);
  return {
    own: cellsAt(cell, numbers, from),
    reading: looks === 'stretches' ? undefined : gateAt(numbers, first),
    stretch: looks === 'readings' ? undefined : gateAt(numbers, looks === 'both' ? first + gateCells : first),
  };
}

export function gatesInit(params: GateParams, { own, reading, stretch }: GatesState): void {
  own.fill(0);
  if (stretch) stretch.fill(0);
  if (reading) gateInit(params, reading);
  else if (stretch) gateInit(params, stretch);
}

export function gatesOpen({ reading, stretch }: GatesState): boolean {
  return (reading !== undefined && gateIsOpen(reading)) || (stretch !== undefined && gateIsOpen(stretch));
}

/** Where a look has no gate, or none yet, the other one's bar. */
export function readingBar({ reading, stretch }: GatesState): number {
  const gate = reading ?? stretch;
  return gate ? gateBar(gate) : 0;
}

export function stretchBar(state: GatesState): number {
  return (state.stretch && gateBar(state.stretch)) || readingBar(state);
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
  const reading = state.reading && gateStep(params, state.reading, at, scores.score);
  const stretch = scores.stretch && state.stretch && stretchStep(params, state.stretch, at, scores.stretch.score);
  if (!isTurn(reading) && !isTurn(stretch)) return undefined;
  if (gatesOpen(state) === wasOpen) return undefined;
  if (wasOpen) {
    forget(state, scores);
    return { change: 'closed', endsAt: Math.max(endOf(state.reading, reading), endOf(state.stretch, stretch)) };
  }
  shareRest(state);
  return reading === 'opened'
    ? { change: 'opened', startsAt: startOf(state.reading, reading, at), look: 'reading' }
    : { change: 'opened', startsAt: startOf(state.stretch, stretch, at), look: 'stretch' };
}

function isTurn(step: GateStep | undefined): boolean {
  return step === 'opened' || step === 'closed';
}

function changeModel(params: GateParams, { own, reading, stretch }: GatesState, model: number): void {
  own[cell.model] = model;
  if (reading) gateAnew(params, reading);
  if (isMade(stretch)) gateAnew(params, stretch);
}

function stretchStep(params: GateParams, stretch: GateState, at: number, score: number): GateStep {
  if (!isMade(stretch)) gateInit(params, stretch);
  return gateStep(params, stretch, at, score);
}

function isMade(gate: GateState | undefined): gate is GateState {
  return gate !== undefined && gateBar(gate) > 0;
}

function startOf(gate: GateState | undefined, step: GateStep | undefined, at: number): number {
  return gate !== undefined && step === 'opened' ? gateStartsAt(gate) : at;
}

function endOf(gate: GateState | undefined, step: GateStep | undefined): number {
  return gate !== undefined && step === 'closed' ? gateEndsAt(gate) : Number.NEGATIVE_INFINITY;
}

/** Until the event that has ended is out of the stretch, the stretch may not open another finding of it. */
function forget({ stretch }: GatesState, scores: LookScores): void {
  if (isMade(stretch)) gateRestFor(stretch, scores.stretch?.count ?? 0);
}

function shareRest({ reading, stretch }: GatesState): void {
  if (!reading || !isMade(stretch)) return;
  const rest = Math.max(gateRest(reading), gateRest(stretch));
  gateRestFor(reading, rest);
  gateRestFor(stretch, rest);
}
