import { type GateParams, type GateState, type GateStep, gateAnew, gateInit, gateStep } from './gate.ts';

/**
 * The gates of a detector that looks at a signal twice, reading by reading and at the last ones together. Each
 * look has scores, and so a tail and a bar, of its own; of both together one finding is made. Plain data.
 */
export interface GatesState {
  reading: GateState;
  /** Made with the first stretch that is scored. */
  stretch?: GateState;
  /** Whose scores the gates have learned from; absent: 0. */
  model?: number;
}

/** Which of the looks satisfied its gate. */
export type Look = 'reading' | 'stretch';

export type GatesStep =
  | Extract<GateStep, { readonly change: undefined }>
  | { readonly change: 'opened'; readonly beyond: boolean; readonly startsAt: number; readonly look: Look }
  | { readonly change: 'closed'; readonly beyond: boolean; readonly endsAt: number };

export interface LookScores {
  /** Scores of two models are not comparable: with another one the tails are learned anew. */
  readonly model: number;
  readonly reading: number;
  readonly stretch: StretchScore | undefined;
}

export interface StretchScore {
  readonly score: number;
  /** Readings that it looks back at. */
  readonly count: number;
}

const quiet: GatesStep = { change: undefined, beyond: false };
const loud: GatesStep = { change: undefined, beyond: true };

export function gatesInit(params: GateParams): GatesState {
  return { reading: gateInit(params) };
}

export function gatesOpen({ reading, stretch }: GatesState): boolean {
  return reading.open || stretch?.open === true;
}

/**
 * Holds the scores against their bars; changes only `state`. The finding opens with the first gate that does, rests
 * for both, and closes with the last. `beyond` is the reading's.
 */
export function gatesStep(params: GateParams, state: GatesState, at: number, scores: LookScores): GatesStep {
  const wasOpen = gatesOpen(state);
  if (scores.model !== (state.model ?? 0)) changeModel(params, state, scores.model);
  const reading = gateStep(params, state.reading, at, scores.reading);
  const stretch = stretchStep(params, state, at, scores);
  const { beyond } = reading;
  if (gatesOpen(state) === wasOpen) return beyond ? loud : quiet;
  if (wasOpen) {
    forget(state, scores);
    return { change: 'closed', beyond, endsAt: Math.max(endOf(reading), endOf(stretch)) };
  }
  shareRest(state);
  if (reading.change === 'opened') return { change: 'opened', beyond, startsAt: reading.startsAt, look: 'reading' };
  return { change: 'opened', beyond, startsAt: stretch?.change === 'opened' ? stretch.startsAt : at, look: 'stretch' };
}

function changeModel(params: GateParams, state: GatesState, model: number): void {
  state.model = model;
  state.reading = gateAnew(params, state.reading);
  if (state.stretch) state.stretch = gateAnew(params, state.stretch);
}

function stretchStep(params: GateParams, state: GatesState, at: number, { stretch }: LookScores): GateStep | undefined {
  if (stretch === undefined) return undefined;
  state.stretch ??= gateInit(params);
  return gateStep(params, state.stretch, at, stretch.score);
}

function endOf(step: GateStep | undefined): number {
  return step?.change === 'closed' ? step.endsAt : Number.NEGATIVE_INFINITY;
}

/** Until the event that has ended is out of the stretch, the stretch may not open another finding of it. */
function forget({ stretch }: GatesState, scores: LookScores): void {
  if (stretch) stretch.rest = Math.max(stretch.rest, scores.stretch?.count ?? 0);
}

function shareRest({ reading, stretch }: GatesState): void {
  if (!stretch) return;
  const rest = Math.max(reading.rest, stretch.rest);
  reading.rest = rest;
  stretch.rest = rest;
}
