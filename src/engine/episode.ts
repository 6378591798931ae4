import { type EvidenceReading, evidenceReadingsMax, type FindingEvent } from '../findings/index.ts';
import { type ProductPack, reservedFailureModes } from '../product/index.ts';
import type { Severity } from '../telemetry/index.ts';
import type { DeviceState } from './device-state.ts';

/** Where in the log an event comes from, and when. */
export interface Cause {
  readonly device: string;
  readonly offset: number;
  readonly index: number;
  /** Event time; for ticks and messages without one the service's time. */
  readonly at: number;
  readonly receivedAt: number;
}

export interface Raised {
  readonly source: string;
  readonly signal: string | undefined;
  readonly failureMode: string;
  /** Undefined: the failure mode's title. */
  readonly title: string | undefined;
  readonly severity: Severity;
  readonly safety: boolean;
  readonly opensCase: boolean;
  readonly startsAt: number;
  readonly openedAt: number;
  readonly explanation: string;
  readonly evidence: readonly EvidenceReading[];
}

/** Opens an episode. A source that is open already stays as it is: one event, one finding. */
export function raise(state: DeviceState, pack: ProductPack, cause: Cause, raised: Raised): FindingEvent | undefined {
  if (state.open[raised.source]) return undefined;
  const finding = `${cause.device}~${raised.source}~${cause.offset}.${cause.index}`;
  const event: FindingEvent = {
    id: `${finding}#0`,
    finding,
    state: 'raised',
    device: cause.device,
    product: state.product,
    ...raised,
    title: raised.title ?? failureModeTitle(pack, raised.failureMode),
    endsAt: undefined,
    at: cause.at,
    receivedAt: cause.receivedAt,
    evidence: raised.evidence.slice(-evidenceReadingsMax),
  };
  state.open[raised.source] = { events: 1, last: event };
  return event;
}

/** Ends an episode; without an explanation of its own it keeps the one it had. */
export function clear(
  state: DeviceState,
  source: string,
  cause: Cause,
  end: { readonly endsAt: number; readonly explanation?: string },
): FindingEvent | undefined {
  const open = state.open[source];
  if (!open) return undefined;
  delete state.open[source];
  return {
    ...next(open, cause),
    state: 'cleared',
    endsAt: Math.max(end.endsAt, open.last.startsAt),
    explanation: end.explanation ?? open.last.explanation,
  };
}

function next(open: { events: number; last: FindingEvent }, cause: Cause): FindingEvent {
  const { last, events } = open;
  return { ...last, id: `${last.finding}#${events}`, at: cause.at, receivedAt: cause.receivedAt };
}

function failureModeTitle(pack: ProductPack, id: string): string {
  const mode = [...pack.failureModes, ...reservedFailureModes].find((item) => item.id === id);
  return mode?.title ?? id;
}
