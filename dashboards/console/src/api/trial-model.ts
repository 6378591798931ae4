/** What the service answers about versions, trials of packs, and why rules stand as they do. */

import type { Severity, Value } from './model.ts';

export type Stage = 'draft' | 'shadow' | 'live' | 'retired';

export interface PackVersion {
  readonly version: number;
  readonly publishedAt: string;
  readonly file: string;
}

export interface PackChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** By names, like `rules.warm-cabinet.for`. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface PackCheck {
  /** The newest published version. */
  readonly version: number;
  readonly isNew: boolean;
  readonly problems: readonly PackPlace[];
  readonly changes: readonly PackChange[];
  readonly rules: readonly { readonly id: string; title: string; stage: Stage; sentence: string }[];
}

export interface PackPlace {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export interface BacktestItem {
  readonly id: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly createdAt: string;
  readonly progress: { readonly reports: number; readonly total: number; readonly share: number };
  readonly problem: string | null;
}

export interface Backtest extends BacktestItem {
  readonly product: string;
  readonly result: BacktestResult | null;
}

export type ChangeKind = 'added' | 'removed' | 'earlier' | 'later';

export interface TrialCase {
  readonly openedAt: string;
  readonly severity: Severity;
  readonly safety: boolean;
  readonly explanation: string;
}

export interface TrialChange {
  readonly kind: ChangeKind | 'same';
  readonly device: string;
  readonly failureMode: string;
  /** Under the version in force, and under the pack that is tried; null where there is none. */
  readonly against: TrialCase | null;
  readonly candidate: TrialCase | null;
}

export interface TrialScore {
  readonly precision: { readonly value: number | null; readonly n: number };
  readonly recall: { readonly value: number | null; readonly n: number };
  readonly leadTime: { readonly medianMs: number | null; readonly n: number };
}

interface Beside<Item> {
  readonly against: Item;
  readonly candidate: Item;
}

export interface BacktestResult {
  readonly against: { readonly version: number | null };
  readonly from: string;
  readonly to: string;
  readonly devices: number;
  readonly reports: number;
  readonly cases: Beside<number> & Readonly<Record<ChangeKind | 'same', number>>;
  readonly perWeek: Beside<number>;
  readonly weeks: readonly (Beside<number> & { readonly from: string })[];
  readonly changes: readonly TrialChange[];
  readonly changesLeftOut: number;
  readonly devicesToLookAt: readonly ({ readonly device: string } & Readonly<Record<ChangeKind, number>>)[];
  readonly outcomes: (Beside<TrialScore> & { readonly known: 'verdicts' | 'planted' }) | null;
  readonly notes: readonly string[];
}

export interface WhyPart {
  /** What is asked. */
  readonly text: string;
  /** Null: unknown. */
  readonly holds: boolean | null;
  readonly value: Value | null;
  /** What is so. */
  readonly told: string;
}

export interface WhyRule {
  readonly id: string;
  readonly title: string;
  readonly stage: Stage;
  readonly severity: Severity;
  /** Waiting: its condition holds, not for long enough yet. */
  readonly state: 'open' | 'waiting' | 'quiet' | 'unknown';
  readonly sentence: string;
  /** The condition that moves it on: what opens it, or what clears it. */
  readonly asks: 'when' | 'clear';
  readonly inputs: readonly WhyPart[];
  readonly firstFailing: string | null;
}

export interface Why {
  readonly version: number;
  /** Event time of the last report by then. */
  readonly judgedAt: string;
  readonly replayedFrom: string;
  readonly reports: number;
  readonly rules: readonly WhyRule[];
  readonly notes: readonly string[];
}
