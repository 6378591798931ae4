import type { Severity } from '../telemetry/index.ts';

export type SignalKind = 'gauge' | 'counter' | 'state';

export interface SignalSpec {
  readonly name: string;
  /** Words for people; from the name when the pack gives none ("cabinet_temp" → "cabinet temp"). */
  readonly title: string;
  readonly kind: SignalKind;
  /** UCUM; undefined for states and plain numbers without one. */
  readonly unit: string | undefined;
  /** Type of its readings: gauges and counters are numbers; a state has the type of its `values` (boolean when none). */
  readonly type: 'number' | 'boolean' | 'string';
  readonly values: readonly (number | boolean | string)[] | undefined;
  readonly range: readonly [number, number] | undefined;
  /** How long its last value holds, in event time. */
  readonly maxAgeMs: number;
  readonly watch: readonly WatchSpec[];
  /** Of a calculated signal: its calculation. Devices do not send it. */
  readonly is?: string;
}

/** A calculated signal. */
export interface DerivedSpec extends SignalSpec {
  readonly is: string;
}

/** A detector that watches a signal. */
export interface WatchSpec {
  readonly kind: string;
  readonly failureMode: string;
  readonly severity: Severity;
  readonly safety: boolean;
  /** The detector's own parameters, checked by it when the pack is parsed. */
  readonly params: Readonly<Record<string, unknown>>;
}

export interface FailureMode {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly safety: boolean;
  readonly horizonMs: number | undefined;
  /** Id of one of the pack's playbooks. */
  readonly playbook: string | undefined;
  readonly parts: readonly string[];
  readonly covered: readonly string[];
}

/** What to do about a failure mode, in order. */
export interface Playbook {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly PlaybookStep[];
}

export interface PlaybookStep {
  readonly do: string;
  /** Undefined: whoever works the case decides. */
  readonly who: PlaybookActor | undefined;
  /** What shows that the step worked. */
  readonly expect: string | undefined;
}

/** `remote`: staff, from where they sit. */
export const playbookActors = ['customer', 'remote', 'technician'] as const;
export type PlaybookActor = (typeof playbookActors)[number];

export interface FaultCodeSpec {
  readonly code: string;
  readonly title: string;
  readonly severity: Severity;
  readonly safety: boolean;
  readonly failureMode: string | undefined;
}

export type RuleStage = 'draft' | 'shadow' | 'live' | 'retired';

export interface RuleSpec {
  readonly id: string;
  readonly title: string;
  readonly when: string;
  readonly forMs: number;
  /** Undefined: clears when `when` is false. */
  readonly clear: string | undefined;
  readonly clearForMs: number;
  /** Severities above the rule's own, each with the condition under which it is so bad; undefined: none. */
  readonly escalate: Readonly<Partial<Record<Severity, string | undefined>>> | undefined;
  readonly severity: Severity;
  readonly safety: boolean;
  readonly failureMode: string;
  readonly stage: RuleStage;
}

/** A product pack, parsed and complete: every default is filled in. Plain data. */
export interface ProductPack {
  readonly product: string;
  readonly title: string;
  /** Product of the devices' parents; undefined where no rule asks for them. */
  readonly parent: string | undefined;
  readonly reports: { readonly everyMs: number; readonly silentAfterMs: number };
  readonly signals: readonly SignalSpec[];
  /** Calculated signals, each after those that it is calculated from. */
  readonly derived: readonly DerivedSpec[];
  readonly failureModes: readonly FailureMode[];
  readonly playbooks: readonly Playbook[];
  readonly faultCodes: readonly FaultCodeSpec[];
  readonly rules: readonly RuleSpec[];
  readonly tests: readonly PackTest[];
}

/** A run of samples: `VxN` of the pack's notation, expanded to the sample index at which it starts. */
export interface SampleRun {
  readonly value: number | boolean | string | undefined;
  readonly count: number;
}

export interface PackTest {
  readonly name: string;
  readonly line: number;
  readonly everyMs: number;
  /** How many samples it has: those of its longest signal, or up to the last fault code. */
  readonly samples: number;
  readonly signals: Readonly<Record<string, readonly SampleRun[]>>;
  /** Samples of the device's parent, each just before the device's own of that time; undefined: it has none. */
  readonly parent: { readonly signals: Readonly<Record<string, readonly SampleRun[]>> } | undefined;
  /** Times are ms after the first sample. */
  readonly late: readonly { readonly atMs: number; readonly arrivesMs: number }[];
  readonly duplicate: readonly { readonly atMs: number; readonly arrivesMs: number }[];
  readonly restartMs: readonly number[];
  readonly faults: readonly { readonly atMs: number; readonly code: string; readonly active: boolean }[];
  readonly expect: readonly PackExpectation[];
}

export type PackExpectation =
  | {
      readonly kind: 'open';
      readonly line: number;
      readonly fromMs: number;
      readonly toMs: number;
      readonly failureMode: string;
      readonly severity: Severity | undefined;
    }
  /** A case whose findings are all withdrawn, with the tick after a report that came late. */
  | {
      readonly kind: 'retracted';
      readonly line: number;
      readonly fromMs: number;
      readonly toMs: number;
      readonly failureMode: string;
    }
  | {
      readonly kind: 'count';
      readonly line: number;
      readonly atMs: number;
      readonly findings: number | undefined;
      readonly cleared: boolean | undefined;
      readonly cases: number | undefined;
    };

/** A problem of a pack file, placed. Lines and columns count from 1. */
export interface PackProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export const reservedFailureModes: readonly FailureMode[] = [
  reserved('anomaly', 'Unusual behaviour', 'minor'),
  reserved('sensor-fault', 'Sensor fault', 'info'),
  reserved('silent', 'Device silent', 'minor'),
  reserved('device-requested', 'Help requested at the device', 'minor'),
];

function reserved(id: string, title: string, severity: Severity): FailureMode {
  return { id, title, severity, safety: false, horizonMs: undefined, playbook: undefined, parts: [], covered: [] };
}
