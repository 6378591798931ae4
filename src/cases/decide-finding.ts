import { assert } from '../base/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import { severityRank, worseSeverity } from '../telemetry/index.ts';
import type { Case, Finding, TimelineItem, TimelineKind } from './case.ts';
import { wordsOfCorrection, wordsOfHolding, wordsOfInstant, wordsOfVerdict } from './words.ts';

/** What stands before a change. */
export interface Standing {
  /** The case that a person's action names, or that the event's finding joined before; it may be resolved. */
  readonly subject: Case | undefined;
  /** The event's finding as it stood; undefined for its first event. */
  readonly finding: Finding | undefined;
  /** The case of the same device and failure mode that is not resolved, and the latest that is. */
  readonly open: Case | undefined;
  readonly resolved: Case | undefined;
}

/** What a new case is called. */
export interface Naming {
  /** Deterministic: equal texts give equal ids. */
  readonly idOf: (text: string) => string;
  readonly nextNumber: () => number;
}

interface FindingChange {
  readonly event: FindingEvent;
  readonly now: number;
}

interface Effect {
  readonly case: Case | undefined;
  readonly finding: Finding;
  readonly timeline: readonly TimelineItem[];
}

export function decideFinding(standing: Standing, change: FindingChange, naming: Naming): Effect {
  const { finding: before, subject, open } = standing;
  const { event } = change;
  const after = stateAfter(event);
  // A finding that was withdrawn together with its case and holds again after all asks anew.
  const asksAnew = before?.state === 'retracted' && after === 'raised' && subject?.state === 'resolved';
  if (before !== undefined && subject !== undefined && !asksAnew) {
    return { ...follow(subject, before, change), finding: findingAfter(event, subject.id) };
  }
  if (after !== 'raised' || !event.opensCase) {
    return { case: undefined, timeline: [], finding: findingAfter(event, before?.case ?? null) };
  }
  const effect =
    open === undefined ? openCase(standing.resolved, change, named(naming, before, event)) : join(open, change);
  return { ...effect, finding: findingAfter(event, effect.case.id) };
}

/** The finding as it stands is its last event. */
function findingAfter(event: FindingEvent, caseId: string | null): Finding {
  const { finding: id, device, product, source, failureMode, severity, safety } = event;
  const { startsAt, openedAt, explanation, evidence } = event;
  return {
    id,
    device,
    product,
    source,
    signal: event.signal ?? null,
    failureMode,
    severity,
    safety,
    state: stateAfter(event),
    startsAt,
    openedAt,
    endsAt: event.endsAt ?? null,
    explanation,
    evidence,
    case: caseId,
  };
}

function stateAfter(event: FindingEvent): Finding['state'] {
  return event.state === 'updated' ? 'raised' : event.state;
}

/** A finding gives its id to one case; should it open another one, that is named after the event. */
function named(naming: Naming, before: Finding | undefined, event: FindingEvent): { id: string; number: number } {
  const text = before === undefined || before.case === null ? event.finding : event.id;
  return { id: naming.idOf(text), number: naming.nextNumber() };
}

function openCase(
  resolved: Case | undefined,
  { event, now }: FindingChange,
  name: { readonly id: string; readonly number: number },
): { case: Case; timeline: TimelineItem[] } {
  const opened: Case = {
    ...name,
    device: event.device,
    product: event.product,
    failureMode: event.failureMode,
    title: event.title,
    explanation: event.explanation,
    severity: event.severity,
    safety: event.safety,
    state: 'new',
    owner: null,
    openedAt: event.openedAt,
    startsAt: event.startsAt,
    createdAt: now,
    updatedAt: now,
    version: 1,
    verdict: null,
    note: null,
    resolvedAt: null,
    resolvedBy: null,
    recurrenceOf: resolved?.id ?? null,
    findings: 1,
    findingsOpen: 1,
  };
  const text = `${openedWords(resolved)}: ${event.explanation}`;
  return { case: opened, timeline: [entryOf(event, now, 'opened', text)] };
}

function openedWords(resolved: Case | undefined): string {
  if (resolved === undefined || resolved.verdict === null) return 'Opened';
  return `Opened after case #${resolved.number}, which was resolved as ${wordsOfVerdict(resolved.verdict)}`;
}

function join(open: Case, { event, now }: FindingChange): { case: Case; timeline: TimelineItem[] } {
  const { changes, timeline } = escalate(open, { event, now });
  const counts = { findings: open.findings + 1, findingsOpen: open.findingsOpen + 1 };
  const joined = entryOf(event, now, 'joined', `Another finding joined: ${event.explanation}`);
  return { case: changed(open, { ...counts, ...changes }, now), timeline: [joined, ...timeline] };
}

/** Severity and safety only ever rise, and the reason shown is then that of the worse finding. */
function escalate(item: Case, { event, now }: FindingChange): { changes: Partial<Case>; timeline: TimelineItem[] } {
  const worse = severityRank(event.severity) > severityRank(item.severity);
  const unsafe = event.safety && !item.safety;
  if (!worse && !unsafe) return { changes: {}, timeline: [] };
  const severity = worseSeverity(item.severity, event.severity);
  const sentences: string[] = [];
  if (worse) sentences.push(`Severity raised from ${item.severity} to ${severity}.`);
  if (unsafe) sentences.push('Now a matter of safety.');
  const entry = entryOf(event, now, 'escalated', sentences.join(' '));
  return {
    changes: { severity, safety: item.safety || event.safety, explanation: event.explanation },
    timeline: [{ ...entry, id: `${entry.id}~escalated`, data: { ...entry.data, from: item.severity, to: severity } }],
  };
}

/** A further event of a finding that joined the case before. */
function follow(
  item: Case,
  before: Finding,
  change: FindingChange,
): { case: Case | undefined; timeline: TimelineItem[] } {
  const after = stateAfter(change.event);
  const counts = {
    findings: item.findings + Number(after !== 'retracted') - Number(before.state !== 'retracted'),
    findingsOpen: item.findingsOpen + Number(after === 'raised') - Number(before.state === 'raised'),
  };
  assert(counts.findingsOpen >= 0, 'a case counts the findings that hold');
  assert(counts.findings >= counts.findingsOpen, 'a finding that holds is a finding of the case');
  if (change.event.correction !== undefined) return corrected(item, { before, counts, change });
  if (after === 'raised') return renew(item, { before, counts, change });
  if (after === before.state) return { case: undefined, timeline: [] };
  const counted = changed(item, counts, change.now);
  return after === 'cleared' ? cleared(counted, change) : retracted(counted, change);
}

/** Reports that came late showed that a finding began or ended at another time. */
function corrected(item: Case, { before, counts, change }: Renewal): { case: Case; timeline: TimelineItem[] } {
  const { event, now } = change;
  // The case tells the times of one of its findings: only that finding may move them.
  const isItsOwn = item.startsAt === before.startsAt && item.openedAt === before.openedAt;
  const times = isItsOwn ? { startsAt: event.startsAt, openedAt: event.openedAt } : {};
  const shown = item.state !== 'resolved' && item.explanation === before.explanation;
  const explanation = shown ? event.explanation : item.explanation;
  const after = changed(item, { ...counts, ...times, explanation }, now);
  const text = `${wordsOfCorrection(before, event)} ${wordsOfHolding(after)}`;
  const entry = entryOf(event, now, event.correction ?? 'moved', text);
  const was = { startsAt: before.startsAt, openedAt: before.openedAt, endsAt: before.endsAt };
  return { case: after, timeline: [{ ...entry, data: { ...entry.data, was, evidence: event.evidence } }] };
}

function cleared(item: Case, { event, now }: FindingChange): { case: Case; timeline: TimelineItem[] } {
  const ended = wordsOfInstant(event.endsAt ?? event.at);
  const text = `The condition ended at ${ended}. ${wordsOfHolding(item)}`;
  return { case: item, timeline: [entryOf(event, now, 'cleared', text)] };
}

function retracted(item: Case, { event, now }: FindingChange): { case: Case; timeline: TimelineItem[] } {
  const entry = (text: string): TimelineItem => {
    const made = entryOf(event, now, 'retracted', text);
    return { ...made, data: { ...made.data, evidence: event.evidence } };
  };
  if (item.findings > 0 || item.state === 'resolved') {
    const text = `A correction withdrew a finding. ${event.explanation} ${wordsOfHolding(item)}`;
    return { case: item, timeline: [entry(text)] };
  }
  const without = `Corrections left this case without a finding. ${event.explanation}`;
  if (item.state !== 'new') {
    return { case: item, timeline: [entry(`${without} It stays open because ${item.owner} has taken it.`)] };
  }
  const end = { state: 'resolved', verdict: 'retracted', resolvedAt: now, resolvedBy: 'engine' } as const;
  return { case: { ...item, ...end }, timeline: [entry(`${without} Nobody had taken it, so it was withdrawn.`)] };
}

interface Renewal {
  readonly before: Finding;
  readonly counts: Pick<Case, 'findings' | 'findingsOpen'>;
  readonly change: FindingChange;
}

/** A finding that still holds, or holds again, and may be worse or have a better reason. People's decisions stay. */
function renew(item: Case, renewal: Renewal): { case: Case | undefined; timeline: TimelineItem[] } {
  const { before, counts, change } = renewal;
  const { event, now } = change;
  const again = before.state !== 'raised';
  const escalation = item.state === 'resolved' ? { changes: {}, timeline: [] } : escalate(item, change);
  // The case shows the reason of one of its findings: only that finding may refresh it.
  const shown = item.state !== 'resolved' && item.explanation === before.explanation;
  const refreshed = shown && event.explanation !== item.explanation;
  if (!again && !refreshed && escalation.timeline.length === 0) return { case: undefined, timeline: [] };
  const timeline = [...escalation.timeline];
  if (again) timeline.push(entryOf(event, now, 'updated', `The condition holds again: ${event.explanation}`));
  else if (timeline.length === 0) timeline.push(entryOf(event, now, 'updated', event.explanation));
  const explanation = shown ? event.explanation : item.explanation;
  return { case: changed(item, { ...counts, explanation, ...escalation.changes }, now), timeline };
}

function changed(item: Case, changes: Partial<Case>, now: number): Case {
  return { ...item, ...changes, version: item.version + 1, updatedAt: now };
}

function entryOf(event: FindingEvent, now: number, kind: TimelineKind, text: string): TimelineItem {
  const { finding, source, severity, safety, startsAt, openedAt, at } = event;
  const data = { finding, source, severity, safety, startsAt, openedAt, at, endsAt: event.endsAt ?? null };
  return { id: event.id, at: now, kind, actor: 'engine', text, data };
}
