import { type DetectorKind, detectors, type NumberReading, rangeBar } from '../detect/index.ts';
import {
  explainBand,
  explainRange,
  fixedGate,
  type GateParams,
  type GateState,
  type GateStep,
  gateInit,
  gateStep,
  gateVersion,
  type JudgedReading,
  learnedGate,
  type SignalWords,
} from '../findings/index.ts';
import type { WatchSpec } from '../product/index.ts';

/** A detector on one signal of one device, behind its gate. */
export interface Watcher {
  /** A state belongs to the version that made it. */
  readonly version: string;
  init(): WatcherState;
  /** Judges a reading (finite, not older than the one before); changes only `state`. */
  step(state: WatcherState, reading: NumberReading): WatcherStep;
}

/** Plain data that survives JSON unchanged. */
export interface WatcherState {
  readonly detector: object;
  readonly gate: GateState;
  /** The last judged readings, oldest first. */
  readonly recent: JudgedReading[];
}

export interface WatcherStep {
  /** Nothing is known yet; there is no band. */
  readonly warmingUp: boolean;
  /** What was expected of this reading, solved at the bar as it stood: outside it is abnormal, inside is not. */
  readonly band: { readonly low: number; readonly high: number; readonly expected: number } | undefined;
  /** The value is one that the signal cannot have: no other detector should learn from it. */
  readonly outOfRange: boolean;
  readonly change: WatcherChange | undefined;
}

export type WatcherChange =
  | {
      readonly kind: 'raised';
      /** Event time at which the condition began, and of the reading that satisfied the gate. */
      readonly startsAt: number;
      readonly openedAt: number;
      readonly explanation: string;
      /** Oldest first, the newest the one that opened it; each with its band as it stood. */
      readonly evidence: readonly JudgedReading[];
    }
  | { readonly kind: 'cleared'; readonly endsAt: number };

export interface WatcherOptions {
  readonly signal: SignalWords;
  readonly spec: Pick<WatchSpec, 'kind' | 'params'>;
  readonly detector: DetectorKind;
}

/** Readings that an opened finding shows, the one that opened it included. */
const evidenceReadings = 6;

const warmingUp: WatcherStep = { warmingUp: true, band: undefined, outOfRange: false, change: undefined };

export function createWatcher({ signal, spec, detector }: WatcherOptions): Watcher {
  const { budget, ...own } = spec.params;
  const bound = detector.bind(own);
  const isRange = spec.kind === 'range';
  const gate = isRange ? fixedGate(rangeBar) : gateWith(budget);
  // What came before says nothing of a value that cannot be.
  const evidenceMax = isRange ? 1 : evidenceReadings;

  return {
    version: `${detector.version}.${gateVersion}`,
    init: () => ({ detector: bound.init(), gate: gateInit(gate), recent: [] }),

    step(state, reading) {
      const score = bound.update(state.detector, reading, state.gate);
      if (score.status === 'warming-up') return warmingUp;
      const { low, high } = score;
      state.recent.push({ at: reading.at, value: reading.value, low, high });
      if (state.recent.length > evidenceMax) state.recent.shift();
      const step = gateStep(gate, state.gate, reading.at, score.score);
      return {
        warmingUp: false,
        band: score,
        outOfRange: isRange && step.beyond,
        change: changeOf(step, state, reading),
      };
    },
  };

  function changeOf(step: GateStep, state: WatcherState, { at }: NumberReading): WatcherChange | undefined {
    if (step.change === undefined) return undefined;
    if (step.change === 'closed') return { kind: 'cleared', endsAt: step.endsAt };
    const evidence = [...state.recent];
    const looked = evidence.slice(-gate.of);
    const [last] = looked.slice(-1);
    const explanation = isRange && last ? explainRange(signal, last) : explainBand(signal, looked);
    return { kind: 'raised', startsAt: step.startsAt, openedAt: at, explanation, evidence };
  }
}

function gateWith(budget: unknown): GateParams {
  return typeof budget === 'number' ? { ...learnedGate, budget: { kind: 'year', findings: budget } } : learnedGate;
}

/** Problems of a `watch` entry: the detector's name and parameters, and the gate's `budget`. */
export function checkWatch(kind: string, params: Readonly<Record<string, unknown>>): readonly string[] {
  const detector = detectors.get(kind);
  if (!detector) return [`there is no detector "${kind}"; there are: ${[...detectors.keys()].join(', ')}`];
  const { budget, ...own } = params;
  const problems = [...detector.check(own)];
  if (budget !== undefined && !(typeof budget === 'number' && budget > 0 && budget <= 100_000)) {
    problems.push('"budget" must be the false findings a device may raise in a year: more than 0, at most 100000');
  }
  return problems;
}
