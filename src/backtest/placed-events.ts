import type { FindingEvent } from '../findings/index.ts';

/** What a replay tells of a finding, with its place among those of all other devices. */
export interface PlacedEvent {
  readonly event: FindingEvent;
  /** Log offset of what made the event; of a report that came late, of the last one before it that did not. */
  readonly offset: number;
  /** The device's, as its reports had told by then. */
  readonly firmware: string | undefined;
}

/** Whether cases may change by it: all else is left behind where it was found. */
export function concernsCases({ opensCase, source }: FindingEvent): boolean {
  return opensCase || source === 'silent';
}

/** Cases are not told with readings, and there may be many. */
export function withoutEvidence(event: FindingEvent): FindingEvent {
  return event.evidence.length === 0 ? event : { ...event, evidence: [] };
}
