import type { Case } from '../cases/index.ts';
import type { BandPoint } from '../engine/index.ts';
import type { ProductPack } from '../product/index.ts';

/** Counts of reports; what each means is in the contract (Ledger). At rest acknowledged = stored = evaluated. */
export interface LedgerCounts {
  readonly received: number;
  readonly acknowledged: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly stored: number;
  readonly evaluated: number;
  readonly late: number;
  readonly tooLate: number;
  /** Of `late`, those that could not be judged in their place for another reason than their age. */
  readonly uncorrected: number;
  readonly conflicts: number;
  readonly readingsRejected: number;
}

/** Missing `seq`s of one boot, both ends inclusive, between received ones. */
export interface LedgerGap {
  readonly boot: string;
  readonly from: number;
  readonly to: number;
}

export interface DeviceLedger extends LedgerCounts {
  readonly gaps: readonly LedgerGap[];
}

export interface FleetLedger extends LedgerCounts {
  readonly gaps: readonly (LedgerGap & { readonly device: string })[];
  readonly devices: number;
  /** Since when (service time) the counts have not met; undefined when they meet. Red when that is over 60 s ago. */
  readonly behindSince: number | undefined;
  /** The telemetry server's; undefined where the embedded store is all there is. */
  readonly server: ServerLag | undefined;
}

/** How far the telemetry server is behind. */
export interface ServerLag {
  /** Records of the log that it has not got; an upper bound of the reports. */
  readonly lagRecords: number;
  readonly behindSince: number | undefined;
  /** How long until it has caught up at the pace of late; undefined when it has, or comes no nearer. */
  readonly estimateMs: number | undefined;
  /** Why the last attempt failed; undefined when it did not. */
  readonly trouble: string | undefined;
}

/** What is known of a device from its messages. */
export interface DeviceStatus {
  readonly life: 'registered' | 'active';
  readonly online: boolean;
  /** Arrival of its last message, service time. */
  readonly lastSeenAt: number | undefined;
  /** Event time of its newest report. */
  readonly watermark: number | undefined;
  readonly firmware: string | undefined;
  /** Set when a stamp of its clock was not believed; the last such raw stamp. */
  readonly clockSuspect: { readonly rawAt: number; readonly receivedAt: number } | undefined;
}

export interface QuarantineItem {
  readonly receivedAt: number;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  /** As UTF-8 text, cut at 2,000 characters; absent for an oversize packet. */
  readonly payload: string | undefined;
  readonly bytes: number;
}

export type LiveEvent =
  | { readonly type: 'case'; readonly case: Case }
  | { readonly type: 'device'; readonly device: string };

/** What the running pipeline knows, for the API. All reads are cheap and from memory, but for bands and quarantine. */
export interface PipelineView {
  /** Zeros for a device without messages. */
  ledger(device: string): DeviceLedger;
  fleetLedger(): FleetLedger;
  /** The telemetry server's; undefined where the embedded store is all there is. */
  server(): ServerLag | undefined;
  status(device: string): DeviceStatus;
  /** Newest first. */
  quarantine(device: string, limit: number): readonly QuarantineItem[];
  /** What was set aside of a device and is not kept any more. */
  quarantineDropped(device: string): number;
  /** The expected band as it stood, oldest first; each point holds until the next. Begins with the one before `from`. */
  bands(query: {
    readonly device: string;
    readonly signal: string;
    readonly from: number | undefined;
    readonly to: number | undefined;
    readonly limit: number;
  }): readonly BandPoint[];
  /** The published pack that is in force now. */
  pack(product: string): ProductPack | undefined;
  packs(): readonly ProductPack[];
  /** Called after the change is durable. Returns how to stop. A listener must not throw. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
}
