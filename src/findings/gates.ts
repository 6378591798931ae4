import { type GateParams, type GateState, type GateStep, gateInit, gateStep } from './gate.ts';

/**
 * The gates of a detector that looks at a signal twice, reading by reading and at the average of the last ones. Each
 * look has scores, and so a tail and a bar, of its own; of both together one finding is made. Plain data.
 */
export interface GatesState {
  readonly reading: GateState;
  /** Made with the first average that is scored. */
  average?: GateState;
}

/** Which of the looks satisfied its gate. */
export type Look = 'reading' | 'average';

export type GatesStep =
  | Extract<GateStep, { readonly change: undefined }>
  | { readonly change: 'opened'; readonly beyond: boolean; readonly startsAt: number; readonly look: Look }
  | { readonly change: 'closed'; readonly beyond: boolean; readonly endsAt: number };

export interface LookScores {
  readonly reading: number;
  readonly average: AverageScore | undefined;
}

export interface AverageScore {
  readonly score: number;
  /** Readings that it is the average of. */
  readonly count: number;
}

const quiet: GatesStep = { change: undefined, beyond: false };
const loud: GatesStep = { change: undefined, beyond: true };

export function gatesInit(params: GateParams): GatesState {
  return { reading: gateInit(params) };
}

export function gatesOpen({ reading, average }: GatesState): boolean {
  return reading.open || average?.open === true;
}

/**
 * Holds the scores against their bars; changes only `state`. The finding opens with the first gate that does, rests
 * for both, and closes with the last. `beyond` is the reading's.
 */
export function gatesStep(params: GateParams, state: GatesState, at: number, scores: LookScores): GatesStep {
  const wasOpen = gatesOpen(state);
  const reading = gateStep(params, state.reading, at, scores.reading);
  const average = averageStep(params, state, at, scores);
  const { beyond } = reading;
  if (gatesOpen(state) === wasOpen) return beyond ? loud : quiet;
  if (wasOpen) {
    forget(state, scores);
    return { change: 'closed', beyond, endsAt: Math.max(endOf(reading), endOf(average)) };
  }
  shareRest(state);
  if (reading.change === 'opened') return { change: 'opened', beyond, startsAt: reading.startsAt, look: 'reading' };
  return { change: 'opened', beyond, startsAt: average?.change === 'opened' ? average.startsAt : at, look: 'average' };
}

function averageStep(params: GateParams, state: GatesState, at: number, { average }: LookScores): GateStep | undefined {
  if (average === undefined) return undefined;
  state.average ??= gateInit(params);
  return gateStep(params, state.average, at, average.score);
}

function endOf(step: GateStep | undefined): number {
  return step?.change === 'closed' ? step.endsAt : Number.NEGATIVE_INFINITY;
}

/** Until the event that has ended is out of the average, the average may not open another finding of it. */
function forget({ average }: GatesState, scores: LookScores): void {
  if (average) average.rest = Math.max(average.rest, scores.average?.count ?? 0);
}

function shareRest({ reading, average }: GatesState): void {
  if (!average) return;
  const rest = Math.max(reading.rest, average.rest);
  reading.rest = rest;
  average.rest = rest;
}
