import { assert } from '../base/index.ts';
import type { Case, Finding, TimelineItem } from './case.ts';
import { changed, entryOf, escalate, type FindingChange, listedMax, stateAfter } from './changes.ts';
import { wordsOfCorrection, wordsOfHolding, wordsOfInstant } from './words.ts';

/** A further event of a finding that joined the case before. `others`: of the case's device in it, where that matters. */
export function follow(
  item: Case,
  before: Finding,
  change: FindingChange,
  others: readonly Finding[] = [],
): { case: Case | undefined; timeline: TimelineItem[] } {
  const after = stateAfter(change.event);
  const counts = {
    findings: item.findings + Number(after !== 'retracted') - Number(before.state !== 'retracted'),
    findingsOpen: item.findingsOpen + Number(after === 'raised') - Number(before.state === 'raised'),
  };
  assert(counts.findingsOpen >= 0, 'a case counts the findings that hold');
  assert(counts.findings >= counts.findingsOpen, 'a finding that holds is a finding of the case');
  const done = next(item, { before, counts, change, others });
  // Many devices may share one case: its timeline stays readable, its findings tell the rest.
  const isListed = change.event.device === item.device || counts.findings <= listedMax || counts.findingsOpen === 0;
  return isListed ? done : { ...done, timeline: [] };
}

function next(item: Case, renewal: Renewal): { case: Case | undefined; timeline: TimelineItem[] } {
  const { before, counts, change } = renewal;
  const after = stateAfter(change.event);
  if (change.event.correction !== undefined) return corrected(item, renewal);
  if (after === 'raised') return renew(item, renewal);
  if (after === before.state) return { case: undefined, timeline: [] };
  const counted = changed(
    item,
    after === 'retracted' ? { ...counts, ...firstTimes(item, renewal) } : counts,
    change.now,
  );
  return after === 'cleared' ? cleared(counted, change) : retracted(counted, change);
}

/** Reports that came late showed that a finding began or ended at another time. */
function corrected(item: Case, renewal: Renewal): { case: Case; timeline: TimelineItem[] } {
  const { before, counts, change } = renewal;
  const { event, now } = change;
  const times = firstTimes(item, renewal);
  const shown = item.state !== 'resolved' && item.explanation === before.explanation;
  const explanation = shown ? event.explanation : item.explanation;
  const after = changed(item, { ...counts, ...times, explanation }, now);
  const text = `${wordsOfCorrection(before, event)} ${wordsOfHolding(after)}`;
  const entry = entryOf(event, now, event.correction ?? 'moved', text);
  const was = { startsAt: before.startsAt, openedAt: before.openedAt, endsAt: before.endsAt };
  return { case: after, timeline: [{ ...entry, data: { ...entry.data, was, evidence: event.evidence } }] };
}

/** A case tells the times of the first finding of its device that stands. */
function firstTimes(item: Case, { change: { event }, others }: Renewal): Partial<Pick<Case, 'startsAt' | 'openedAt'>> {
  if (item.storm !== null || event.device !== item.device) return {};
  const standing = others.filter(({ id, state }) => id !== event.finding && state !== 'retracted');
  const all = [...standing, ...(event.state === 'retracted' ? [] : [event])];
  const [first] = all.sort((a, b) => a.openedAt - b.openedAt || a.startsAt - b.startsAt);
  return first ? { startsAt: first.startsAt, openedAt: first.openedAt } : {};
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
  readonly others: readonly Finding[];
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
