import type { SeenBoot, SeqGap } from './identity.ts';
import type { ClockSkew, UptimeAnchor } from './place.ts';

/** What admission has counted of a device; the meanings are the contract's (Ledger). */
export interface AdmissionCounts {
  received: number;
  acknowledged: number;
  duplicates: number;
  quarantined: number;
  late: number;
  tooLate: number;
  conflicts: number;
  readingsRejected: number;
  /** Times that something was set aside, kept or not: with what the quarantine holds it tells what was dropped. */
  setAside: number;
}

/**
 * What admission remembers of a device, part of the checkpoint. Bounded: 16 boots of at most 10,000 seq
 * intervals, 10,000 hashes of 24 bytes, 1,000 past gaps; a device that numbers its reports takes about 300 bytes.
 */
export interface DeviceAdmission {
  readonly counts: AdmissionCounts;
  readonly boots: SeenBoot[];
  readonly pastGaps: SeqGap[];
  /** Content hashes of reports without boot and seq, in order of arrival. */
  readonly hashes: Set<string>;
  /** Event time of the newest report. */
  watermark: number | undefined;
  /** Arrival of the last message. */
  lastSeenAt: number | undefined;
  firmware: string | undefined;
  online: boolean;
  /** The boot that last said it is online: only its will can say that it is gone. */
  onlineBoot: string | undefined;
  clockSuspect: { readonly rawAt: number; readonly receivedAt: number } | undefined;
  uptime: UptimeAnchor | undefined;
  skew: ClockSkew | undefined;
}

export const hashesMax = 10_000;

export function newDeviceAdmission(): DeviceAdmission {
  return {
    counts: {
      received: 0,
      acknowledged: 0,
      duplicates: 0,
      quarantined: 0,
      late: 0,
      tooLate: 0,
      conflicts: 0,
      readingsRejected: 0,
      setAside: 0,
    },
    boots: [],
    pastGaps: [],
    hashes: new Set(),
    watermark: undefined,
    lastSeenAt: undefined,
    firmware: undefined,
    online: false,
    onlineBoot: undefined,
    clockSuspect: undefined,
    uptime: undefined,
    skew: undefined,
  };
}

/** The state as JSON; {@link restoreAdmission} makes the same state of it again. */
export function snapshotAdmission(state: DeviceAdmission): string {
  return JSON.stringify({ ...state, hashes: [...state.hashes] });
}

export function restoreAdmission(snapshot: string): DeviceAdmission {
  const state = JSON.parse(snapshot) as DeviceAdmission;
  return { ...newDeviceAdmission(), ...state, hashes: new Set(state.hashes) };
}
