/** What the service answers, as far as the console reads it. Times are RFC 3339 UTC; an absent fact is null. */

import type { Stage } from './trial-model.ts';

export type Severity = 'info' | 'minor' | 'major' | 'critical';
export type CaseState = 'new' | 'acknowledged' | 'resolved';
/** From well to worst seen, then the two in which nothing is seen. */
export type Health = 'good' | 'watch' | 'degraded' | 'failing' | 'silent' | 'unknown';
export type Role = 'admin' | 'agent' | 'viewer';
export type Value = number | boolean | string;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface Session {
  readonly name: string;
  readonly role: Role;
  readonly csrfToken: string;
}

export interface CaseItem {
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
  /** Event times. */
  readonly openedAt: string;
  readonly startsAt: string;
  /** Service times. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly version: number;
  readonly verdict: string | null;
  readonly note: string | null;
  readonly resolvedAt: string | null;
  readonly recurrenceOf: string | null;
  readonly findings: number;
  readonly findingsOpen: number;
  /** Devices whose findings are in it. */
  readonly devices: number;
  /** The source that found too much at once, whose findings it gathers. */
  readonly storm: string | null;
}

export interface CaseAction {
  readonly name: 'acknowledge' | 'resolve';
  readonly allowed: boolean;
  readonly reason: string | null;
}

export interface Evidence {
  readonly signal: string;
  readonly at: string;
  readonly value: Value;
  readonly low?: number | null;
  readonly high?: number | null;
}

export interface CaseDetail extends CaseItem {
  readonly actions: readonly CaseAction[];
  readonly evidence: readonly Evidence[];
  /** Names of the signals that its findings rest on. */
  readonly signals: readonly string[];
}

export interface Finding {
  readonly id: string;
  readonly device: string;
  readonly source: string;
  readonly signal: string | null;
  readonly severity: Severity;
  readonly state: 'raised' | 'cleared' | 'retracted';
  readonly startsAt: string;
  readonly openedAt: string;
  readonly endsAt: string | null;
  readonly explanation: string;
  /** Id of the case that it belongs to. */
  readonly case: string | null;
  /** Ids of the maintenance that kept it from opening a case. */
  readonly hiddenBy: readonly string[];
  readonly evidence: readonly Evidence[];
}

export const maintenanceKeys = ['product', 'site', 'firmware', 'device', 'customer', 'parent'] as const;

/** Which devices: all that is given must be so. */
export type MaintenanceQuery = Readonly<Record<(typeof maintenanceKeys)[number], string | null>>;

/** A time in which findings open no case. */
export interface Maintenance {
  readonly id: string;
  readonly state: 'planned' | 'active' | 'past';
  readonly query: MaintenanceQuery;
  readonly owner: string;
  readonly reason: string;
  readonly from: string;
  readonly to: string;
  /** When it is over: at its end, or when somebody ended it. */
  readonly overAt: string;
  readonly endedAt: string | null;
  readonly endedBy: string | null;
}

export interface MaintenanceDetail extends Maintenance {
  /** What it hid, oldest first. */
  readonly findings: Page<Finding>;
}

export interface TimelineItem {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  /** `engine`, or the name of a person or program. */
  readonly actor: string;
  readonly text: string;
}

export interface Device {
  readonly id: string;
  readonly product: string;
  readonly serial: string | null;
  readonly site: string | null;
  readonly customer: string | null;
  readonly timezone: string | null;
  readonly parent: string | null;
  readonly batch: string | null;
  readonly installedAt: string | null;
  readonly registeredAt: string;
  readonly life: 'registered' | 'active' | 'retired';
  readonly online: boolean;
  readonly lastSeenAt: string | null;
  /** Event time of its newest report. */
  readonly watermark: string | null;
  readonly firmware: string | null;
  readonly clockSuspect: { readonly rawAt: string; readonly receivedAt: string } | null;
  readonly health: Health;
  readonly openCases: number;
  readonly openFindings: number;
}

/** Counts of devices; retired ones stand beside. */
export interface Fleet {
  readonly health: Readonly<Record<Health, number>>;
  readonly devices: number;
  readonly retired: number;
}

/** A message or reading that was set aside. */
export interface QuarantineItem {
  readonly receivedAt: string;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly payload: string | null;
  readonly bytes: number;
}

export interface Demo {
  readonly running: boolean;
  readonly devices: number;
  readonly startedAt: string | null;
}

/** Counts of reports. */
export interface LedgerCounts {
  readonly received: number;
  readonly acknowledged: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly stored: number;
  readonly evaluated: number;
  readonly late: number;
  readonly tooLate: number;
  readonly uncorrected: number;
  readonly conflicts: number;
  readonly readingsRejected: number;
}

/** Numbers of one boot that never arrived, both ends included. */
export interface Gap {
  readonly boot: string;
  readonly from: number;
  readonly to: number;
}

export interface Ledger extends LedgerCounts {
  readonly gaps: readonly Gap[];
}

/** How far the telemetry server is behind. */
export interface ServerLag {
  readonly lagRecords: number;
  readonly estimateMs: number | null;
  readonly trouble: string | null;
}

export interface FleetLedger extends LedgerCounts {
  readonly gaps: readonly (Gap & { readonly device: string })[];
  /** Since when the counts have not met. */
  readonly behindSince: string | null;
  /** What is wrong with the room of the service's own store; null when all is well. */
  readonly storeTrouble: string | null;
  /** Null where there is no telemetry server beside the service's own store. */
  readonly server: ServerLag | null;
}

export interface SignalSpec {
  readonly name: string;
  readonly title: string;
  readonly kind: 'gauge' | 'counter' | 'state';
  /** UCUM. */
  readonly unit: string | null;
  readonly type: 'number' | 'boolean' | 'string';
}

export interface ProductSignal extends SignalSpec {
  readonly range: readonly number[] | null;
  /** Kinds of the detectors that watch it. */
  readonly watch: readonly string[];
}

export interface ProductItem {
  readonly id: string;
  readonly title: string;
}

export interface PlaybookStep {
  readonly do: string;
  readonly who: 'customer' | 'remote' | 'technician' | null;
  /** What shows that the step worked. */
  readonly expect: string | null;
}

/** What to do about a failure mode, in order. */
export interface Playbook {
  readonly title: string;
  readonly steps: readonly PlaybookStep[];
}

export interface FailureMode {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly safety: boolean;
  readonly playbook: Playbook | null;
}

export interface RuleItem {
  readonly id: string;
  readonly title: string;
  /** The rule in plain words. */
  readonly sentence: string;
  readonly stage: Stage;
  readonly severity: Severity;
  readonly failureMode: string;
}

export interface Product extends ProductItem {
  readonly version: number;
  readonly everyMs: number;
  readonly silentAfterMs: number;
  readonly rules: readonly RuleItem[];
  readonly signals: readonly ProductSignal[];
  readonly failureModes: readonly FailureMode[];
}

export interface SeriesPoint {
  readonly at: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
}

export interface BandPoint {
  readonly at: string;
  readonly low: number;
  readonly high: number;
}

export interface Series {
  readonly points: readonly SeriesPoint[];
  readonly band: readonly BandPoint[];
}

/** A stretch of event time, epoch ms; undefined = unbounded. */
export interface SeriesRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
}
