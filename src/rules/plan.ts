import type { RuleSpec } from '../product/index.ts';
import type { Explanation } from './explain.ts';
import type { Condition } from './language.ts';
import type { RuleState, Verdict } from './state.ts';
import type { WindowSpec } from './windows.ts';

/** One rule, ready to be judged. */
export interface RulePlan {
  readonly spec: RuleSpec;
  /** Changes with everything that the meaning of its state depends on. */
  readonly fingerprint: string;
  readonly when: Condition;
  readonly clear: Condition | undefined;
  readonly usesSilent: boolean;
  /** It may change without a reading: it has windows, or asks for an age or for silence. */
  readonly movesWithTime: boolean;
  /** Signals that it reads directly. */
  readonly signals: ReadonlySet<string>;
  readonly windows: readonly WindowSpec[];
  /** Series whose values are readings of numbers: evidence. */
  readonly numberSeries: ReadonlySet<string>;
  /** What a report must carry for it to be judged anew. */
  readonly triggerSignals: ReadonlySet<string>;
  readonly triggerCodes: ReadonlySet<string>;
  readonly whyRaised: Explanation;
  readonly whyCleared: Explanation;
  readonly mainSignal: string | undefined;
  /** What the condition in force must be found to be for the rule to move on. */
  awaited(state: RuleState): Verdict;
}
