import type { EvidenceReading, FindingEvent } from '../findings/index.ts';
import type { Severity } from '../telemetry/index.ts';
import type { Surroundings } from './surroundings.ts';

export const verdicts = [
  'confirmed_fault',
  'confirmed_failure',
  'no_fault_found',
  'false_alarm',
  'self_recovered',
  'customer_declined',
  'unreachable',
  'duplicate',
  'preempted',
] as const;

export type Verdict = (typeof verdicts)[number];

export const caseStates = ['new', 'acknowledged', 'resolved'] as const;

export type CaseState = (typeof caseStates)[number];

/** Human work on a device. At most one that is not resolved per (device, failure mode). */
export interface Case {
  readonly id: string;
  readonly number: number;
  readonly device: string;
  readonly product: string;
  readonly failureMode: string;
  readonly title: string;
  readonly explanation: string;
  readonly severity: Severity;
  readonly safety: boolean;
  readonly state: CaseState;
  readonly owner: string | null;
  /** Event time of the report that satisfied `for` or the gate. */
  readonly openedAt: number;
  /** Event time at which the condition began. */
  readonly startsAt: number;
  /** Service time. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Rises by one with every change; people's actions name the one they saw. */
  readonly version: number;
  /**
   * `retracted` is the engine's: corrections left the case without a finding. So is a `duplicate` that it resolved: the
   * gateway above fell silent too.
   */
  readonly verdict: Verdict | 'retracted' | null;
  readonly note: string | null;
  readonly resolvedAt: number | null;
  /** Who resolved it, a person's or program's name, or `engine`. */
  readonly resolvedBy: string | null;
  /** Id of the resolved case of the same device and failure mode before this one. */
  readonly recurrenceOf: string | null;
  /** Findings that joined it, the opening one included, and how many of them still hold. */
  readonly findings: number;
  readonly findingsOpen: number;
  /** Devices whose findings are in it: its own, those silent behind it, those of a storm. */
  readonly devices: number;
  /** The source whose further findings it gathers, since that opened too many cases; null for any other case. */
  readonly storm: string | null;
}

/** A finding as it stands: the fold of its events. */
export interface Finding {
  readonly id: string;
  readonly device: string;
  readonly product: string;
  readonly source: string;
  readonly signal: string | null;
  readonly failureMode: string;
  readonly severity: Severity;
  readonly safety: boolean;
  readonly state: 'raised' | 'cleared' | 'retracted';
  readonly startsAt: number;
  readonly openedAt: number;
  readonly endsAt: number | null;
  readonly explanation: string;
  readonly evidence: readonly EvidenceReading[];
  readonly case: string | null;
  readonly bySilence: boolean;
  /** Ids of the maintenance that kept it from opening a case; a case may have opened since. */
  readonly hiddenBy: readonly string[];
}

/** `retracted`, `extended` and `moved` are corrections, made when reports came late. */
export const timelineKinds = [
  'opened',
  'joined',
  'escalated',
  'updated',
  'cleared',
  'acknowledged',
  'resolved',
  'retracted',
  'extended',
  'moved',
] as const;

export type TimelineKind = (typeof timelineKinds)[number];

export interface TimelineItem {
  /** Deterministic for what the engine writes: applied twice it is one entry. */
  readonly id: string;
  readonly at: number;
  readonly kind: TimelineKind;
  /** `engine`, or the name of a person or program. */
  readonly actor: string;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What may change a case: a finding's event, a tick, or a person's action on the version that they saw. */
export type CaseChange =
  | {
      readonly kind: 'finding';
      readonly event: FindingEvent;
      readonly now: number;
      /** Absent: nothing speaks against a case. */
      readonly around?: Surroundings;
    }
  | CaseTick
  | {
      readonly kind: 'acknowledge';
      readonly case: string;
      readonly version: number;
      readonly actor: string;
      readonly now: number;
    }
  | {
      readonly kind: 'resolve';
      readonly case: string;
      readonly version: number;
      readonly actor: string;
      readonly now: number;
      readonly verdict: Verdict;
      readonly note: string | undefined;
    };

/** Time passes: what was hidden or explained, and still holds, may be so no longer. */
export interface CaseTick {
  readonly kind: 'tick';
  readonly offset: number;
  readonly now: number;
  /** The service's own down-time until now. */
  readonly downMs: number;
  /** Ids of the maintenance that is not over. */
  readonly maintenance: readonly string[];
}

export interface CaseAction {
  readonly name: 'acknowledge' | 'resolve';
  readonly allowed: boolean;
  /** Why not, when it is not allowed. */
  readonly reason: string | null;
}
