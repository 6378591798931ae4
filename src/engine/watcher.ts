import { type DetectorKind, detectors, type JudgedAverage, type NumberReading, rangeBar } from '../detect/index.ts';
import {
  explainAverage,
  explainBand,
  explainRange,
  fixedGate,
  type GateParams,
  type GatesState,
  type GatesStep,
  gatesInit,
  gatesOpen,
  gatesStep,
  gateVersion,
  type JudgedReading,
  type JudgedStretch,
  learnedGate,
  type SignalWords,
} from '../findings/index.ts';
import type { WatchSpec } from '../product/index.ts';

/** A detector on one signal of one device, behind its gates. */
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
  readonly gates: GatesState;
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
      /** What satisfied the gate where that was not the readings one by one: they may lie inside their band. */
      readonly average: JudgedStretch | undefined;
      /** Oldest first, the newest the one that opened it; each with its band as it stood. */
      readonly evidence: readonly JudgedReading[];
    }
  | { readonly kind: 'cleared'; readonly endsAt: number };

export interface WatcherOptions {
  readonly signal: SignalWords;
  readonly spec: Pick<WatchSpec, 'kind' | 'params'>;
  readonly detector: DetectorKind;
}

type ChangedStep = Exclude<GatesStep, { readonly change: undefined }>;

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
    init: () => ({ detector: bound.init(), gates: gatesInit(gate), recent: [] }),

    step(state, reading) {
      const { gates } = state;
      const { bar } = gates.reading;
      const judgement = { bar, averageBar: gates.average?.bar ?? bar, open: gatesOpen(gates) };
      const score = bound.update(state.detector, reading, judgement);
      if (score.status === 'warming-up') return warmingUp;
      const { low, high, expected, average } = score;
      state.recent.push({ at: reading.at, value: reading.value, low, high });
      if (state.recent.length > evidenceMax) state.recent.shift();
      const step = gatesStep(gate, gates, reading.at, { reading: score.score, average });
      return {
        warmingUp: false,
        band: { low, high, expected },
        outOfRange: isRange && step.beyond,
        change: step.change && changeOf(step, state, reading.at, average),
      };
    },
  };

  function changeOf(
    step: ChangedStep,
    state: WatcherState,
    at: number,
    average: JudgedAverage | undefined,
  ): WatcherChange {
    if (step.change === 'closed') return { kind: 'cleared', endsAt: step.endsAt };
    const { startsAt, look } = step;
    const stretch = look === 'average' && average ? stretchOf(average, at) : undefined;
    const evidence = [...state.recent];
    const explanation = stretch ? explainAverage(signal, stretch) : explainReadings(evidence.slice(-gate.of));
    return { kind: 'raised', startsAt, openedAt: at, explanation, average: stretch, evidence };
  }

  function explainReadings(looked: readonly JudgedReading[]): string {
    const [last] = looked.slice(-1);
    return isRange && last ? explainRange(signal, last) : explainBand(signal, looked);
  }
}

function stretchOf({ value, low, high, count }: JudgedAverage, at: number): JudgedStretch {
  return { at, value, low, high, count };
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
