import type { FindingEvent } from '../findings/index.ts';

/** Maintenance that is about a device, at the time of a finding. */
export interface Cover {
  readonly id: string;
  readonly owner: string;
  readonly reason: string;
}

/** A gateway or machine above a device. */
export interface Above {
  readonly device: string;
  readonly covers: readonly Cover[];
}

/** What the log said of a finding's device where the event came: a replay says the same. */
export interface Surroundings {
  /** Of the record that made the event. */
  readonly offset: number;
  readonly covers: readonly Cover[];
  /** Its parent first; empty where the finding is not about silence. */
  readonly above: readonly Above[];
  /** How long silence is normal for it. */
  readonly silentAfterMs: number;
  /** The service's own down-time until then. */
  readonly downMs: number;
}

export const nothingAround: Surroundings = { offset: 0, covers: [], above: [], silentAfterMs: 0, downMs: 0 };

/**
 * A finding that holds and has no case of its own, or may lose it: with all that is needed to decide anew. One that is
 * hidden has `window`; one that is in the case of a silent gateway has `above`, and `dueAt` when that is back.
 */
export interface Standby {
  readonly finding: string;
  /** Of the record that it was last decided at: a tick before it, read again after a crash, changes nothing. */
  readonly offset: number;
  readonly event: FindingEvent;
  readonly around: Surroundings;
  readonly window: string | undefined;
  readonly above: string | undefined;
  /** Service time less the service's own down-time. */
  readonly dueAt: number | undefined;
}
