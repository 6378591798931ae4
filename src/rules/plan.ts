import type { RuleSpec } from '../product/index.ts';
import type { Severity } from '../telemetry/index.ts';
import type { Explanation } from './explain.ts';
import type { ConditionLanguage } from './language.ts';
import type { Condition, SeriesSource } from './reads.ts';
import type { RuleState, Verdict } from './state.ts';
import type { WindowSpec } from './windows.ts';

/** When a condition must be looked at again. */
export interface Wakes {
  /** It may change without a reading: it has windows, or asks for a time, an age or silence. */
  readonly movesWithTime: boolean;
  /** Of signals that it reads, by slot: how long a reading holds. */
  readonly ages: readonly { readonly slot: number; readonly maxAgeMs: number }[];
  readonly windows: readonly { readonly spec: WindowSpec; readonly index: number }[];
}

/** A condition whose duration is asked for. */
export interface SpellPlan extends Wakes {
  readonly key: string;
  readonly condition: Condition;
}

/** A severity that a rule has while a condition holds. */
export interface EscalationPlan {
  readonly severity: Severity;
  readonly condition: Condition;
  readonly whyRaised: Explanation;
  readonly whyLowered: Explanation;
}

/** One rule, ready to be judged. */
export interface RulePlan extends Wakes {
  readonly spec: RuleSpec;
  /** Changes with everything that the meaning of its state depends on. */
  readonly fingerprint: string;
  readonly when: Condition;
  readonly clear: Condition | undefined;
  /** The worst first. */
  readonly escalations: readonly EscalationPlan[];
  readonly usesSilent: boolean;
  readonly usesFacts: boolean;
  /** Signals that it reads directly. */
  readonly signals: ReadonlySet<string>;
  /** Series whose values are readings of numbers: evidence. */
  readonly numberSeries: ReadonlySet<string>;
  /** What a report must carry for it to be judged anew. */
  readonly triggerSignals: ReadonlySet<string>;
  readonly triggerCodes: ReadonlySet<string>;
  readonly whyRaised: Explanation;
  readonly whyCleared: Explanation;
  readonly mainSignal: string | undefined;
}

/** What the condition in force must be found to be for the rule to move on. */
export function awaited(plan: RulePlan, state: RuleState): Verdict {
  return state.open !== null && plan.clear === undefined ? 'false' : 'true';
}

/** Everything about the rules of a pack that does not change from report to report. */
export interface MachinePlan {
  readonly language: ConditionLanguage;
  readonly rules: readonly RulePlan[];
  readonly series: readonly SeriesPlan[];
  readonly spells: readonly SpellPlan[];
  /** Series and spells by their places, in an order in which each needs only those before it. */
  readonly sources: readonly { readonly kind: 'series' | 'spell'; readonly index: number }[];
  /** In the order of the language. */
  readonly windows: readonly WindowSpec[];
  /** Signals that some rule depends on. */
  readonly signals: ReadonlyMap<string, SignalPlan>;
  /** Those of the parent, which every report tells of. */
  readonly parents: readonly ParentPlan[];
  /** Fault codes likewise, by their place in the pack's list. */
  readonly codes: ReadonlyMap<string, CodePlan>;
  /** By slot. */
  readonly slots: readonly SlotPlan[];
  /** Some condition asks for what is known of the device beside its signals. */
  readonly usesFacts: boolean;
}

export interface SeriesPlan {
  readonly source: SeriesSource;
  /** Indexes of the windows over it. */
  readonly windows: readonly number[];
}

/** What a reading or a fault code moves: indexes of series, spells and rules. */
interface Moves {
  readonly series: readonly number[];
  readonly spells: readonly number[];
  readonly rules: readonly number[];
}

export interface SignalPlan extends Moves {
  readonly slot: number;
}

export interface ParentPlan extends SignalPlan {
  /** `parent.temp`, and its name at the parent. */
  readonly name: string;
  readonly signal: string;
}

export interface CodePlan extends Moves {
  readonly index: number;
}

export interface SlotPlan {
  readonly signal: string;
  readonly type: 'number' | 'boolean' | 'string';
  readonly maxAgeMs: number;
  /** Its value before the last is read too. */
  readonly isRemembered: boolean;
}
