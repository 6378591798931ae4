import type { Severity } from '../telemetry/index.ts';

/** A reading that a finding rests on; `low` and `high` are the expected band it left, where there is one. */
export interface EvidenceReading {
  readonly signal: string;
  readonly at: number;
  readonly value: number | boolean | string;
  readonly low?: number;
  readonly high?: number;
}

/**
 * One change of a finding: a rule or detector holding for one device over one episode. Append-only: the finding as it
 * stands is its last event.
 */
export interface FindingEvent {
  /** `${finding}#${n}`: deterministic, so that an event applied twice is one event. */
  readonly id: string;
  /** `${device}~${source}~${offset}.${index}` of the report (or tick) that raised it. */
  readonly finding: string;
  readonly state: 'raised' | 'updated' | 'cleared' | 'retracted';
  readonly device: string;
  readonly product: string;
  /** `rule:<id>`, `<detector kind>:<signal>` (of several that share it the first), `fault:<code>`, `silent`, `assist`. */
  readonly source: string;
  readonly signal: string | undefined;
  readonly failureMode: string;
  /** The failure mode's title: the case's title when this opens one. */
  readonly title: string;
  readonly severity: Severity;
  readonly safety: boolean;
  /** Whether this source opens cases (a live rule, a watch detector, a listed fault code, assist). */
  readonly opensCase: boolean;
  /** Event time at which the condition began. */
  readonly startsAt: number;
  /** Event time of the report that satisfied `for` or the gate; for silence and assist the service's time. */
  readonly openedAt: number;
  /** Event time at which it ended; undefined while it holds. */
  readonly endsAt: number | undefined;
  /** Event time of this change. */
  readonly at: number;
  /** Service time of the input that made this change (arrival or tick). */
  readonly receivedAt: number;
  /** One sentence, and one more for each watcher of the signal that joined; their numbers are the readings'. */
  readonly explanation: string;
  /** Set when reports that came late changed it: its end alone, or also its beginning. */
  readonly correction?: 'extended' | 'moved';
  /** Set when it is about not hearing of the device: the engine's own, or of a rule that asks for `silent()`. */
  readonly bySilence?: true;
  /** At most {@link evidenceReadingsMax}, oldest first, the newest kept. */
  readonly evidence: readonly EvidenceReading[];
}

export const evidenceReadingsMax = 50;
