import type { SignalSpec } from './pack.ts';

/** What a condition may speak of. */
export interface ConditionVocabulary {
  /** Sent and calculated ones. */
  readonly signals: readonly SignalSpec[];
  /** Signals that the pack names with a broken description: known, of unknown type. */
  readonly unsureSignals: readonly string[];
  readonly faultCodes: readonly string[];
  /** Undefined: the pack names no product of parents. */
  readonly parent: ParentVocabulary | undefined;
}

/** What a condition may ask of the device's parent. */
export interface ParentVocabulary {
  readonly product: string;
  /** Undefined: its pack is not at hand, and anything may be asked. */
  readonly signals: readonly SignalSpec[] | undefined;
  /** Names of calculated signals, which are not to be had. */
  readonly derived: readonly string[];
}

export interface ConditionProblem {
  readonly text: string;
  /** Characters from the start of the condition. */
  readonly offset: number;
}

/** The condition language of one pack. */
export interface ConditionCheck {
  /** Every problem of one condition; empty when it is sound. */
  readonly condition: (text: string) => readonly ConditionProblem[];
  /** What a calculation comes to; `unit` where it can be told. */
  readonly value: (
    text: string,
  ) =>
    | { readonly problems: readonly ConditionProblem[]; readonly type?: undefined }
    | { readonly problems: readonly []; readonly type: SignalSpec['type']; readonly unit: string | undefined };
}

/** Passed in, because the condition language lives beyond this folder. */
export type ConditionChecker = (vocabulary: ConditionVocabulary) => ConditionCheck;

/**
 * Every problem of a detector's name and parameters, as sentences; empty when they are usable. `kind` may be anything
 * that the pack says; `params` holds what stands beside kind, failureMode, severity and safety.
 */
export type WatchChecker = (kind: string, params: Readonly<Record<string, unknown>>) => readonly string[];
