import { type EvidenceReading, evidenceReadingsMax, type FindingEvent } from '../findings/index.ts';
import { type ProductPack, reservedFailureModes } from '../product/index.ts';
import { type Severity, worseSeverity } from '../telemetry/index.ts';
import { byOpening, type DeviceState, type OpenFinding, pastMax } from './device-state.ts';
import { positionOf } from './hindsight.ts';

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
  readonly bySilence?: true;
}

/** These go by arrival: reports that come late change nothing of them. */
export const arrivalSources: ReadonlySet<string> = new Set(['silent', 'assist']);

/** Of an ended finding so many readings are kept. */
const pastEvidence = 6;

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
  const by = positionOf(cause);
  state.open[raised.source] = { events: 1, last: event, raisedBy: by, changedBy: by };
  return event;
}

/** Several watchers of one signal that see one failure mode at the same time make one finding: the first opens it. */
export function raiseShared(
  state: DeviceState,
  pack: ProductPack,
  cause: Cause,
  raised: Raised & { readonly signal: string },
): FindingEvent | undefined {
  const { source, signal, failureMode } = raised;
  for (const lead in state.open) {
    const open = state.open[lead];
    if (!open?.holders || open.last.signal !== signal || open.last.failureMode !== failureMode) continue;
    return join(state, open, cause, raised);
  }
  const event = raise(state, pack, cause, raised);
  const open = state.open[source];
  if (event && open) state.open[source] = { ...open, holders: { [source]: true } };
  return event;
}

/** The first time that a watcher joins, the finding has one more reason; after that it only holds or lets go. */
function join(state: DeviceState, open: OpenFinding, cause: Cause, raised: Raised): FindingEvent | undefined {
  const { last, events } = open;
  const { source, startsAt, severity, safety, explanation } = raised;
  const holders = { ...open.holders, [source]: true };
  if (open.holders && source in open.holders) {
    state.open[last.source] = { ...open, holders };
    return undefined;
  }
  const event: FindingEvent = {
    ...next(open, cause),
    state: 'updated',
    startsAt: Math.min(last.startsAt, startsAt),
    severity: worseSeverity(last.severity, severity),
    safety: last.safety || safety,
    explanation: `${last.explanation} ${explanation}`,
  };
  state.open[last.source] = { ...open, events: events + 1, last: event, changedBy: positionOf(cause), holders };
  return event;
}

/** A watcher no longer sees what it saw: the finding ends with the last one that does. */
export function clearShared(
  state: DeviceState,
  source: string,
  cause: Cause,
  end: { readonly endsAt: number },
): FindingEvent | undefined {
  for (const lead in state.open) {
    const open = state.open[lead];
    if (!open?.holders?.[source]) continue;
    const holders = { ...open.holders, [source]: false };
    if (!Object.values(holders).includes(true)) return clear(state, lead, cause, end);
    state.open[lead] = { ...open, holders };
    return undefined;
  }
  return undefined;
}

/** An open finding is of another severity than it was; how it began stays in its explanation. */
export function reassess(
  state: DeviceState,
  source: string,
  cause: Cause,
  change: Pick<Raised, 'severity' | 'explanation' | 'evidence'>,
): FindingEvent | undefined {
  const open = state.open[source];
  if (!open) return undefined;
  const reason = open.reason ?? open.last.explanation;
  const event: FindingEvent = {
    ...next(open, cause),
    state: 'updated',
    severity: change.severity,
    explanation: `${reason} ${change.explanation}`,
    evidence: change.evidence.slice(-evidenceReadingsMax),
  };
  state.open[source] = { ...open, events: open.events + 1, last: event, changedBy: positionOf(cause), reason };
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
  // Equal states are equal as text: a finding that was restored lacks what is undefined.
  const { endsAt: _, ...last } = next(open, cause);
  const event: FindingEvent = {
    ...last,
    state: 'cleared',
    endsAt: Math.max(end.endsAt, open.last.startsAt),
    explanation: end.explanation ?? open.last.explanation,
  };
  if (!arrivalSources.has(source)) remember(state, { ...open, last: event, changedBy: positionOf(cause) });
  return event;
}

function remember(state: DeviceState, { holders: _, ...ended }: OpenFinding): void {
  const { last, events } = ended;
  const evidence = last.evidence.slice(-pastEvidence);
  state.past.push({ ...ended, events: events + 1, last: { ...last, evidence } });
  state.past.sort(byOpening);
  if (state.past.length > pastMax) state.past.shift();
}

function next(open: { events: number; last: FindingEvent }, cause: Cause): FindingEvent {
  const { last: before, events } = open;
  // What is told next corrects nothing, whatever was told last.
  const { correction: _, ...last } = before;
  return { ...last, id: `${last.finding}#${events}`, at: cause.at, receivedAt: cause.receivedAt };
}

function failureModeTitle(pack: ProductPack, id: string): string {
  const mode = [...pack.failureModes, ...reservedFailureModes].find((item) => item.id === id);
  return mode?.title ?? id;
}
