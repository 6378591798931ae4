import type { FindingEvent } from '../findings/index.ts';
import type { Fact, Report } from '../telemetry/index.ts';
import type { DayTaken, Position, Snapshot } from './hindsight.ts';

/** Everything that the engine may read, in log order. */
export type EngineInput =
  /** `judged` is false for a report behind its device's watermark: it is judged when its stretch is judged again. */
  | { readonly kind: 'report'; readonly report: Report; readonly judged: boolean }
  /** A message of the device that carries no accepted report: a sign of life. */
  | { readonly kind: 'contact'; readonly device: string; readonly offset: number; readonly receivedAt: number }
  | {
      readonly kind: 'assist';
      readonly device: string;
      readonly offset: number;
      readonly at: number;
      readonly receivedAt: number;
      readonly note: string;
    }
  | { readonly kind: 'tick'; readonly offset: number; readonly at: number }
  | { readonly kind: 'resumed'; readonly at: number }
  | { readonly kind: 'fact'; readonly offset: number; readonly fact: Fact };

/** A device of which reports came behind what was judged. */
export interface LateDevice {
  readonly device: string;
  /** The earliest of them. */
  readonly position: Position;
  /** What is known before it, if it is still at hand. */
  readonly base: Snapshot | undefined;
}

/** A stretch of a device to be judged again, because reports of it came late. */
export interface Rejudging {
  readonly device: string;
  /** What was known before the stretch; undefined when nobody knows any more, and nothing can be corrected. */
  readonly base: Snapshot | undefined;
  /** All reports behind it, by position: those judged before and the late ones. Undefined when there are too many. */
  readonly reports: readonly Report[] | undefined;
  /** Service time. */
  readonly now: number;
}

/** Reports of a device that came late, are stored, and could not be judged in their place. */
export interface Uncorrected {
  readonly device: string;
  readonly reports: number;
  /** The earliest of them: event time. */
  readonly at: number;
  readonly why: 'stretch-too-long' | 'version-forgotten' | 'nothing-known-before' | 'retired';
}

/** The expected band of a signal changed by enough to be worth keeping for charts. */
export interface BandPoint {
  readonly device: string;
  readonly signal: string;
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** What one watcher made of one reading. */
export interface Judged {
  readonly device: string;
  readonly signal: string;
  /** `${kind}:${signal}`. */
  readonly source: string;
  readonly at: number;
  /** Undefined while warming up, and for watchers that judge readings together only. */
  readonly band: { readonly low: number; readonly high: number } | undefined;
  /** The score over the bar: above 1 is beyond; 0 while warming up. */
  readonly exceedance: number;
}

export interface EngineOutput {
  readonly findings: FindingEvent[];
  readonly bands: BandPoint[];
  /** Devices whose state changed: what a checkpoint must save again. */
  readonly touched: Set<string>;
  /** States with which event-days began, for those who can correct: what comes late is judged from there. */
  readonly snapshots?: DayTaken[];
  /** What came late and is not corrected, for those who ask by giving a list. */
  readonly uncorrected?: Uncorrected[];
  /** Every judgement, for those who ask by giving a list. */
  readonly judged?: Judged[];
}
