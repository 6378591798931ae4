import type { RuleSpec } from '../product/index.ts';
import type { Report, SignalValue } from '../telemetry/index.ts';
import type { SeriesState, WindowState } from './windows.ts';

/**
 * What the rules of one pack know of one device: plain data, equal after any trip through JSON. It belongs to the
 * compiled rules that made it; {@link CompiledRules.restore} carries it over to others.
 */
export interface RulesState {
  readonly version: 1;
  /** Fingerprint of the compiled rules. */
  readonly layout: string;
  /** Event time of the last judged report; null before the first. */
  at: number | null;
  /** Last reading of each signal that a condition reads directly. */
  readonly latest: Record<string, LatestReading>;
  /** Fault codes that the device last told to be active, of those that a condition names. */
  readonly faults: Record<string, boolean>;
  readonly series: Record<string, SeriesState>;
  readonly windows: Record<string, WindowState>;
  readonly rules: Record<string, RuleState>;
}

export interface LatestReading {
  at: number;
  value: SignalValue;
}

/** What was last found of the condition that the rule waits for: `when` while it is shut, `clear` while it is open. */
export type Verdict = 'true' | 'false' | 'unknown' | 'not judged';

export interface RuleState {
  readonly fingerprint: string;
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
}

export const rulesStateVersion = 1;

/** A reading that a transition rests on. */
export interface RuleEvidence {
  readonly signal: string;
  readonly at: number;
  readonly value: SignalValue;
}

export interface RuleTransition {
  readonly rule: RuleSpec;
  readonly state: 'raised' | 'cleared';
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
  | { readonly kind: 'report'; readonly report: Report; readonly downMs: number }
  /**
   * `at` is the service's time; `silentForMs` is how long silent() has been true while the service was up, undefined
   * while it is not true.
   */
  | { readonly kind: 'tick'; readonly at: number; readonly silentForMs: number | undefined; readonly downMs: number };

/** An open rule whose state could not be kept: the rule was changed or removed. */
export interface DroppedRule extends OpenEpisode {
  readonly rule: string;
}
