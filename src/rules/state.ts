import type { RuleSpec } from '../product/index.ts';
import type { Report, Severity, SignalValue } from '../telemetry/index.ts';
import type { Series, SeriesSnapshot } from './series.ts';
import type { WindowSpec, WindowState } from './windows.ts';

/**
 * What the rules of one pack know of one device, while it is worked on: everything has the number that the compiled rules
 * gave it. It belongs to those that made it; to keep it, or to give it to others, it goes through a {@link RulesSnapshot}.
 */
export interface RulesState {
  /** Fingerprint of the compiled rules. */
  readonly layout: string;
  /** Event time of the last judged report; −∞ before the first. */
  at: number;
  /** By slot: event time and value of the last reading, NaN and 0 before it; false is 0, true is 1. */
  readonly latest: Float64Array;
  /** By slot, of signals whose values are words. */
  readonly words: string[];
  /** Likewise the reading before the last, where it is asked for. */
  readonly before: (LatestReading | undefined)[];
  /** By place in the pack's list: the device last told this code to be active. */
  readonly faults: boolean[];
  readonly series: readonly SeriesAtWork[];
  /** In the order of the language. */
  readonly spells: readonly SpellState[];
  readonly facts: DeviceContext;
  /** In the order of the language. */
  readonly windows: readonly WindowAtWork[];
  /** In the order of the pack. */
  readonly rules: readonly RuleState[];
  /** How many of them wait for their time: have a `since`. */
  waiting: number;
}

/** What is known of the device beside its signals; undefined is unknown, for `timezone` UTC. */
export interface DeviceContext {
  firmware: string | undefined;
  site: string | undefined;
  timezone: string | undefined;
}

/** When a condition became true for the last time, and whether it still is. */
export interface SpellState {
  verdict: Verdict;
  /** Event time; null before the first time. */
  began: number | null;
}

export interface SeriesAtWork {
  readonly series: Series;
  /** Those over it. */
  readonly windows: readonly WindowAtWork[];
}

export interface WindowAtWork {
  readonly spec: WindowSpec;
  readonly state: WindowState;
  readonly series: Series;
}

/** What was last found of the condition that the rule waits for: `when` while it is shut, `clear` while it is open. */
export type Verdict = 'true' | 'false' | 'unknown' | 'not judged';

export interface RuleState {
  verdict: Verdict;
  /** Since when the awaited condition holds; null when it does not. */
  since: number | null;
  /** The service's down-time as it was at `since`: it does not count towards `for` of a rule that uses silent(). */
  downMs: number;
  open: OpenEpisode | null;
}

export interface OpenEpisode {
  /** When the condition began. */
  readonly startsAt: number;
  /** The report, or tick, that satisfied `for`. */
  readonly openedAt: number;
  /** Of a rule that escalates: as it stands. */
  readonly severity?: Severity;
}

export const rulesSnapshotVersion = 2;

/** A state by names, as it was: what becomes of the state later changes nothing of it. */
export interface RulesSnapshot {
  readonly version: typeof rulesSnapshotVersion;
  /** Null before the first report. */
  readonly at: number | null;
  readonly latest: Readonly<Record<string, LatestReading>>;
  /** Codes that are active. */
  readonly faults: readonly string[];
  readonly series: Readonly<Record<string, SeriesSnapshot>>;
  readonly windows: Readonly<Record<string, WindowSnapshot>>;
  readonly rules: Readonly<Record<string, RuleState & { readonly fingerprint: string }>>;
  readonly spells?: Readonly<Record<string, SpellState>>;
  readonly context?: Partial<DeviceContext>;
}

export interface LatestReading {
  readonly at: number;
  readonly value: SignalValue;
  readonly before?: { readonly at: number; readonly value: SignalValue };
}

export interface WindowSnapshot {
  readonly start: number;
  /** How many readings its older part covers. */
  readonly older: number;
}

/** A reading that a transition rests on. */
export interface RuleEvidence {
  readonly signal: string;
  readonly at: number;
  readonly value: SignalValue;
}

export interface RuleTransition {
  readonly rule: RuleSpec;
  /** `changed`: its severity did. */
  readonly state: 'raised' | 'changed' | 'cleared';
  readonly severity: Severity;
  /** Event time at which the condition began; for rules that use silent(), the service's time. */
  readonly startsAt: number;
  /** Event time of the report that satisfied `for`; for rules that use silent(), the service's time. */
  readonly openedAt: number;
  /** Event time of this change; for rules that use silent(), the service's time. */
  readonly at: number;
  /** One sentence; its numbers are the readings'. */
  readonly explanation: string;
  /** Oldest first, the newest kept. */
  readonly evidence: readonly RuleEvidence[];
  /** The signal that the condition is mainly about. */
  readonly signal: string | undefined;
}

/** `downMs` is the service's own down-time so far, all in all. */
export type RulesInput =
  /** Reports come in the order of event time; two may share one. */
  | {
      readonly kind: 'report';
      readonly report: Report;
      readonly downMs: number;
      /** What the registry says of the device. Default: nothing. */
      readonly context?: Pick<DeviceContext, 'site' | 'timezone'> | undefined;
    }
  /**
   * `at` is the service's time; `silentForMs` is how long silent() has been true while the service was up, undefined
   * while it is not true.
   */
  | { readonly kind: 'tick'; readonly at: number; readonly silentForMs: number | undefined; readonly downMs: number };

/** An open rule whose state could not be kept: the rule was changed or removed. */
export interface DroppedRule extends OpenEpisode {
  readonly rule: string;
}
