import {
  boundless,
  type DetectorKind,
  detectors,
  type JudgedStretch,
  type NumberReading,
  rangeBar,
  stuckBar,
} from '../detect/index.ts';
import {
  type EvidenceReading,
  explainAverage,
  explainBand,
  explainDrift,
  explainRange,
  explainSpread,
  explainStuck,
  fixedGate,
  type GateParams,
  type GatesState,
  type GatesStep,
  gatesInit,
  gatesOpen,
  gatesStep,
  gateVersion,
  type JudgedReading,
  learnedGate,
  patientGate,
  type SignalWords,
  type Stretch,
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
  /**
   * What was expected of this reading, solved at the bar as it stood: outside it is abnormal, inside is not. Undefined
   * for detectors that look at readings together only.
   */
  readonly band: { readonly low: number; readonly high: number; readonly expected: number } | undefined;
  /** The value is one that the signal cannot have: no other detector should learn from it. */
  readonly outOfRange: boolean;
  /** The greater of the looks' scores over their bars: above 1 is beyond. */
  readonly exceedance: number;
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
      readonly stretch: Stretch | undefined;
      /** Oldest first, the newest the one that opened it; each with its band as it stood, where it had one. */
      readonly evidence: readonly Omit<EvidenceReading, 'signal'>[];
    }
  | { readonly kind: 'cleared'; readonly endsAt: number };

export interface WatcherOptions {
  readonly signal: SignalWords;
  readonly spec: Pick<WatchSpec, 'kind' | 'params'>;
  readonly detector: DetectorKind;
}

type ChangedStep = Exclude<GatesStep, { readonly change: undefined }>;

const patientKinds: ReadonlySet<string> = new Set(['spread', 'drift']);

/** Readings that an opened finding shows, the one that opened it included. */
const evidenceReadings = 6;

const warmingUp: WatcherStep = {
  warmingUp: true,
  band: undefined,
  outOfRange: false,
  exceedance: 0,
  change: undefined,
};

export function createWatcher({ signal, spec, detector }: WatcherOptions): Watcher {
  const { budget, ...own } = spec.params;
  const bound = detector.bind(own);
  const isRange = spec.kind === 'range';
  const gate = gateOf(spec.kind, budget);
  // What came before says nothing of a value that cannot be.
  const evidenceMax = isRange ? 1 : evidenceReadings;

  return {
    version: `${detector.version}.${gateVersion}`,
    init: () => ({ detector: bound.init(), gates: gatesInit(gate), recent: [] }),

    step(state, reading) {
      const { gates } = state;
      const { bar } = gates.reading;
      const stretchBar = gates.stretch?.bar ?? bar;
      const score = bound.update(state.detector, reading, { bar, stretchBar, open: gatesOpen(gates) });
      if (score.status === 'warming-up') return warmingUp;
      const { low, high, expected, model, stretch } = score;
      state.recent.push({ at: reading.at, value: reading.value, low, high });
      if (state.recent.length > evidenceMax) state.recent.shift();
      const step = gatesStep(gate, gates, reading.at, { model, reading: score.score, stretch });
      return {
        warmingUp: false,
        band: isBoundless(score) ? undefined : { low, high, expected },
        outOfRange: isRange && step.beyond,
        exceedance: Math.max(score.score / bar, (stretch?.score ?? 0) / stretchBar),
        change: step.change && changeOf(step, state, reading, stretch),
      };
    },
  };

  function changeOf(
    step: ChangedStep,
    state: WatcherState,
    reading: NumberReading,
    judged: JudgedStretch | undefined,
  ): WatcherChange {
    if (step.change === 'closed') return { kind: 'cleared', endsAt: step.endsAt };
    const { at } = reading;
    const stretch = step.look === 'stretch' && judged ? stretchOf(judged, at) : undefined;
    const explanation = stretch ? explainTogether(reading, stretch) : explainReadings(state.recent.slice(-gate.of));
    const startsAt = stretch?.since ?? step.startsAt;
    const evidence = state.recent.map((seen) => (isBoundless(seen) ? { at: seen.at, value: seen.value } : { ...seen }));
    return { kind: 'raised', startsAt, openedAt: at, explanation, stretch, evidence };
  }

  function explainReadings(looked: readonly JudgedReading[]): string {
    const [last] = looked.slice(-1);
    return isRange && last ? explainRange(signal, last) : explainBand(signal, looked);
  }

  function explainTogether(reading: NumberReading, stretch: Stretch): string {
    if (spec.kind === 'drift') return explainDrift(signal, stretch);
    if (spec.kind === 'spread') return explainSpread(signal, stretch);
    if (spec.kind === 'stuck') return explainStuck(signal, reading, stretch);
    return explainAverage(signal, stretch);
  }
}

function isBoundless({ low, high }: { readonly low: number; readonly high: number }): boolean {
  return low === boundless.low && high === boundless.high;
}

function stretchOf({ value, low, high, count, since }: JudgedStretch, at: number): Stretch {
  return { at, value, low, high, count, since };
}

function gateOf(kind: string, budget: unknown): GateParams {
  if (kind === 'range') return fixedGate(rangeBar);
  if (typeof budget === 'number') return { ...learnedGate, budget: { kind: 'year', findings: budget } };
  if (kind === 'stuck') return fixedGate(stuckBar);
  return patientKinds.has(kind) ? patientGate : learnedGate;
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
