import { assert } from '../base/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { Case, Finding, TimelineItem } from './case.ts';
import { changed, entryOf, escalate, type FindingChange, listedMax } from './changes.ts';
import type { Crowd, Gateway } from './route.ts';
import { wordsOfSource } from './words.ts';

/** What a new case is called. */
export interface Name {
  readonly id: string;
  readonly number: number;
}

export interface Gathered {
  readonly case: Case;
  readonly timeline: readonly TimelineItem[];
  /** That the gateway is silent, now in the case. */
  readonly silence?: Finding;
}

/** Of the case that explains silent devices by the silence of what is above them. */
export const gatewayFailureMode = 'silent';
const gatewayTitle = 'Silent, and devices behind it too';

/** A device behind a silent gateway is silent: that is told in the gateway's case. */
export function intoGateway(gateway: Gateway, change: FindingChange, name: () => Name): Gathered {
  const { silence } = gateway;
  const opened = gateway.case === undefined ? openGatewayCase(gateway, change, name()) : undefined;
  const before = opened?.case ?? gateway.case;
  assert(before !== undefined, 'a gateway has a case by now');
  const isFree = silence.case === null && !gateway.isInIt;
  const attaches = opened === undefined && before.failureMode === gatewayFailureMode && isFree;
  const counted = attaches
    ? { ...before, findings: before.findings + 1, findingsOpen: before.findingsOpen + 1 }
    : before;
  const { event } = change;
  const text = `${event.device}, behind ${silence.device}, is silent too: ${event.explanation}`;
  const joined = joinOther(counted, change, { isKnown: gateway.isKnown, text });
  return {
    case: joined.case,
    timeline: [...(opened?.timeline ?? []), ...joined.timeline],
    ...(attaches || (opened && isFree) ? { silence: { ...silence, case: before.id } } : {}),
  };
}

function openGatewayCase(
  { silence, resolved }: Gateway,
  { event, now }: FindingChange,
  name: Name,
): { case: Case; timeline: TimelineItem[] } {
  const { device, product, explanation, severity, startsAt, openedAt } = silence;
  const item: Case = {
    ...name,
    ...unworked(now),
    ...{ device, product, explanation, severity, startsAt, openedAt },
    failureMode: gatewayFailureMode,
    title: gatewayTitle,
    safety: false,
    recurrenceOf: resolved?.id ?? null,
    // The silence that another case told of, which a person has resolved since, stays in that one.
    findings: silence.case === null ? 1 : 0,
    findingsOpen: silence.case === null ? 1 : 0,
    devices: 1,
    storm: null,
  };
  const entry = entryOf(event, now, 'opened', `Opened: ${explanation}`);
  const data = { ...entry.data, finding: silence.id, device, source: silence.source, severity, startsAt, openedAt };
  return { case: item, timeline: [{ ...entry, id: `${entry.id}~above`, data }] };
}

/** What every new case begins with. */
export function unworked(now: number) {
  return {
    state: 'new',
    owner: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
    verdict: null,
    note: null,
    resolvedAt: null,
    resolvedBy: null,
  } as const;
}

/** One more finding of a source that has opened too many cases: it is told in one case with the others. */
export function intoStorm(
  crowd: Crowd,
  change: FindingChange,
  made: { name: () => Name; resolved: Case | undefined },
): Gathered {
  const { event, now } = change;
  if (crowd.case !== undefined) {
    return joinOther(crowd.case, change, { isKnown: crowd.isKnown, text: `${event.device}: ${event.explanation}` });
  }
  const { device, product, failureMode, severity, safety, startsAt, openedAt } = event;
  const opened = `${wordsOfSource(event.source)} opened ${crowd.openings} cases of ${product} within the hour`;
  const explanation = `${opened}: it found something on many devices at once. Further findings are listed here.`;
  const item: Case = {
    ...made.name(),
    ...unworked(now),
    ...{ device, product, failureMode, severity, safety, startsAt, openedAt, explanation },
    title: `Many devices: ${event.title}`,
    recurrenceOf: made.resolved?.id ?? null,
    findings: 1,
    findingsOpen: 1,
    devices: 1,
    storm: event.source,
  };
  const text = `Opened: ${explanation} The first is ${device}: ${event.explanation}`;
  return { case: item, timeline: [entryOf(event, now, 'opened', text)] };
}

/** A finding of another device joins. What the case says stays; how bad it is may rise. */
export function joinOther(
  item: Case,
  change: FindingChange,
  { isKnown, text }: { readonly isKnown: boolean; readonly text: string },
): { case: Case; timeline: readonly TimelineItem[] } {
  const { event, now } = change;
  const { changes, timeline } = escalate(item, change);
  const counts = {
    findings: item.findings + 1,
    findingsOpen: item.findingsOpen + 1,
    devices: item.devices + Number(!isKnown),
  };
  const after = changed(item, { ...counts, ...changes, explanation: item.explanation }, now);
  return { case: after, timeline: [...listed(after, event, now, text), ...timeline] };
}

function listed(after: Case, event: FindingEvent, now: number, text: string): readonly TimelineItem[] {
  if (after.findings <= listedMax) return [entryOf(event, now, 'joined', text)];
  if (after.findings > listedMax + 1) return [];
  const more = 'More joined: from here on they are counted, and told only among the findings of this case.';
  return [entryOf(event, now, 'joined', more)];
}

/** A finding goes to another case. */
export function leave(
  item: Case,
  change: FindingChange,
  { isLast, id, text }: { readonly isLast: boolean; readonly id: string; readonly text: string },
): { case: Case; timeline: readonly TimelineItem[] } {
  const counts = {
    findings: item.findings - 1,
    findingsOpen: item.findingsOpen - 1,
    devices: item.devices - Number(isLast),
  };
  const timeline = item.findings <= listedMax ? [{ ...entryOf(change.event, change.now, 'updated', text), id }] : [];
  return { case: changed(item, counts, change.now), timeline };
}

/** What explains a case was found later: nobody has worked on it, and its findings go to the gateway's. */
export function giveUp(
  item: Case,
  target: Case,
  { moved, now, id }: { readonly moved: number; readonly now: number; readonly id: string },
): { case: Case; timeline: readonly TimelineItem[] } {
  const why = `${target.device}, above this device, is silent too`;
  const text = `${why}. Resolved as a duplicate of case #${target.number}, which lists it.`;
  const end = { state: 'resolved', verdict: 'duplicate', resolvedAt: now, resolvedBy: 'engine' } as const;
  const counts = { findings: item.findings - moved, findingsOpen: item.findingsOpen - moved };
  return {
    case: changed(item, { ...end, ...counts }, now),
    timeline: [{ id, at: now, kind: 'resolved', actor: 'engine', text, data: { case: target.id } }],
  };
}
