import type { FindingEvent } from '../findings/index.ts';
import { severityRank, worseSeverity } from '../telemetry/index.ts';
import type { Case, Finding, TimelineItem, TimelineKind } from './case.ts';

export interface FindingChange {
  readonly event: FindingEvent;
  readonly now: number;
}

/** Of findings beyond this many a case's timeline says nothing more, where they are not of its own device. */
export const listedMax = 20;

export function stateAfter(event: FindingEvent): Finding['state'] {
  return event.state === 'updated' ? 'raised' : event.state;
}

export function changed(item: Case, changes: Partial<Case>, now: number): Case {
  return { ...item, ...changes, version: item.version + 1, updatedAt: now };
}

/** Severity and safety only ever rise, and the reason shown is then that of the worse finding. */
export function escalate(
  item: Case,
  { event, now }: FindingChange,
): { changes: Partial<Case>; timeline: TimelineItem[] } {
  const worse = severityRank(event.severity) > severityRank(item.severity);
  const unsafe = event.safety && !item.safety;
  if (!worse && !unsafe) return { changes: {}, timeline: [] };
  const severity = worseSeverity(item.severity, event.severity);
  const sentences: string[] = [];
  if (worse) sentences.push(`Severity raised from ${item.severity} to ${severity}.`);
  if (unsafe) sentences.push('Now a matter of safety.');
  const entry = entryOf(event, now, 'escalated', sentences.join(' '));
  // What many devices share is the reason of their case.
  const isItsReason = event.device === item.device && item.storm === null;
  return {
    changes: {
      severity,
      safety: item.safety || event.safety,
      explanation: isItsReason ? event.explanation : item.explanation,
    },
    timeline: [{ ...entry, id: `${entry.id}~escalated`, data: { ...entry.data, from: item.severity, to: severity } }],
  };
}

/** What a timeline keeps of a finding. */
export function entryOf(event: FindingEvent, now: number, kind: TimelineKind, text: string): TimelineItem {
  const { finding, source, severity, safety, startsAt, openedAt, at, device } = event;
  const data = { finding, device, source, severity, safety, startsAt, openedAt, at, endsAt: event.endsAt ?? null };
  return { id: event.id, at: now, kind, actor: 'engine', text, data };
}
