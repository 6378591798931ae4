import type { SeenBoot, SeqGap } from './identity.ts';
import type { ClockSkew, UptimeAnchor } from './place.ts';
import { type HashPage, hashBytes, SeenHashes } from './seen-hashes.ts';

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
 * What admission remembers of a device, part of the checkpoint. Bounded: 16 boots of 10,000 seq intervals together
 * (160 kB), 10,000 hashes (193 kB), 1,000 past gaps (60 kB); a device that numbers its reports takes about 1 kB.
 */
export interface DeviceAdmission {
  readonly counts: AdmissionCounts;
  readonly boots: SeenBoot[];
  readonly pastGaps: SeqGap[];
  /** Content hashes of reports without boot and seq, in order of arrival. */
  readonly hashes: SeenHashes;
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
    hashes: new SeenHashes(),
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

/** The state as JSON but for its hashes, of which only the number is in it: {@link SeenHashes.since} has the new ones. */
export function snapshotAdmission(state: DeviceAdmission): string {
  return JSON.stringify({ ...state, hashes: state.hashes.added });
}

/** The state of a snapshot, with `pages` of its hashes, oldest first. */
export function restoreAdmission(snapshot: string, pages: Iterable<HashPage>): DeviceAdmission {
  const { hashes: saved, ...state } = JSON.parse(snapshot) as DeviceSnapshot;
  const hashes = new SeenHashes();
  if (typeof saved === 'number') hashes.restore(saved, pages);
  else for (const hash of saved) hashes.add(Buffer.from(hash, 'base64url').toString('latin1').slice(0, hashBytes));
  return { ...newDeviceAdmission(), ...state, hashes };
}

/** Checkpoints of the first layout hold the hashes themselves, as texts. */
type DeviceSnapshot = Omit<DeviceAdmission, 'hashes'> & { readonly hashes: number | readonly string[] };
