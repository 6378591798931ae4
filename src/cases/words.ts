import { formatInstant } from '../base/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { Case, Finding } from './case.ts';
import type { Cover } from './surroundings.ts';

const verdictWords: Readonly<Record<NonNullable<Case['verdict']>, string>> = {
  confirmed_fault: 'a confirmed fault',
  confirmed_failure: 'a confirmed failure',
  no_fault_found: 'no fault found',
  false_alarm: 'a false alarm',
  self_recovered: 'recovered by itself',
  customer_declined: 'declined by the customer',
  unreachable: 'customer not reached',
  duplicate: 'a duplicate',
  preempted: 'reported by the customer first',
  retracted: 'withdrawn after corrections',
};

/** Fits behind "resolved as". */
export function wordsOfVerdict(verdict: NonNullable<Case['verdict']>): string {
  return verdictWords[verdict];
}

/** 2025-11-21 20:00 UTC */
export function wordsOfInstant(at: number): string {
  return `${formatInstant(at).slice(0, 16).replace('T', ' ')} UTC`;
}

export function wordsOfHolding(item: Case): string {
  if (item.findingsOpen === 0) return 'No finding of this case holds now.';
  return item.findingsOpen === 1 ? 'One finding still holds.' : `${item.findingsOpen} findings still hold.`;
}

/** What reports that came late changed of a finding's times. */
export function wordsOfCorrection(
  before: Pick<Finding, 'startsAt' | 'endsAt'>,
  after: Pick<FindingEvent, 'startsAt' | 'endsAt'>,
): string {
  const changes: string[] = [];
  if (after.startsAt !== before.startsAt) {
    changes.push(`it began at ${wordsOfInstant(after.startsAt)}, not at ${wordsOfInstant(before.startsAt)}`);
  }
  const [ended, endedBefore] = [after.endsAt ?? null, before.endsAt];
  if (ended !== endedBefore) {
    if (ended === null) changes.push('it did not end');
    else if (endedBefore === null) changes.push(`it ended at ${wordsOfInstant(ended)}`);
    else changes.push(`it ended at ${wordsOfInstant(ended)}, not at ${wordsOfInstant(endedBefore)}`);
  }
  const what = changes.length > 0 ? changes.join(', and ') : 'it was recognized at another time';
  return `Readings that came late show that ${what}.`;
}

/** “New compressors” (Ana) */
export function wordsOfCover({ reason, owner }: Cover): string {
  return `“${reason}” (${owner})`;
}

/** Begins a sentence: "The rule door-open", "The fault code E17", "The detector level of cabinet_temp". */
export function wordsOfSource(source: string): string {
  const [kind = '', ...rest] = source.split(':');
  const name = rest.join(':');
  if (kind === 'rule') return `The rule ${name}`;
  if (kind === 'fault') return `The fault code ${name}`;
  return name === '' ? `The source ${kind}` : `The detector ${kind} of ${name}`;
}
