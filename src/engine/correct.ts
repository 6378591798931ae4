import { type EvidenceReading, explainWithdrawal, type FindingEvent, type SignalWords } from '../findings/index.ts';
import type { Report } from '../telemetry/index.ts';
import { byOpening, type OpenFinding, type Past, pastMax } from './device-state.ts';

/** What was found of a stretch of a device's event time, and what is found of it now that more is known. */
export interface Rejudged {
  /** Findings as they were told, touched by the stretch. */
  readonly told: readonly OpenFinding[];
  /** The same findings as judged again: open ones and those that ended. */
  readonly found: readonly OpenFinding[];
  /** The readings that came late. */
  readonly late: readonly Report[];
  /** What the pack calls a signal. */
  readonly wordsOf: (signal: string) => SignalWords | undefined;
  /** Service time of the correction. */
  readonly now: number;
}

export interface Correction {
  /** What to tell: events of findings told before, or new ones. */
  readonly events: readonly FindingEvent[];
  /** `found` under the names that were told before; those that no longer are end as retracted. */
  readonly standing: readonly OpenFinding[];
}

/** A finding keeps its name when it holds for the same reason at about the same time, whatever its first report is now. */
export function reconcile(rejudged: Rejudged): Correction {
  const { now } = rejudged;
  // In an order that does not depend on where judging again began.
  const [told, found] = [[...rejudged.told].sort(byOpening), [...rejudged.found].sort(byOpening)];
  const events: FindingEvent[] = [];
  const standing: OpenFinding[] = [];
  const pairs = pairUp(told, found);
  for (const fresh of found) {
    const before = pairs.get(fresh);
    if (before === undefined) standing.push(announce(fresh, now, events));
    else standing.push(follow(before, fresh, rejudged, events));
  }
  const kept = new Set(pairs.values());
  for (const gone of told) if (!kept.has(gone)) standing.push(withdraw(gone, rejudged, events));
  return { events, standing };
}

/** Ended and withdrawn ones that may matter to a later correction, the newest kept. */
export function pastOf(standing: readonly OpenFinding[], before: readonly Past[]): Past[] {
  const known = new Set(standing.map(({ last }) => last.finding));
  const ended = standing.filter(({ last }) => !holds(last));
  return [...before.filter(({ last }) => !known.has(last.finding)), ...ended].sort(byOpening).slice(-pastMax);
}

export function holds({ state }: FindingEvent): boolean {
  return state === 'raised' || state === 'updated';
}

function pairUp(told: readonly OpenFinding[], found: readonly OpenFinding[]): Map<OpenFinding, OpenFinding> {
  const pairs = new Map<OpenFinding, OpenFinding>();
  const free = new Set(told);
  const pair = (fresh: OpenFinding, before: OpenFinding | undefined): void => {
    if (before === undefined) return;
    pairs.set(fresh, before);
    free.delete(before);
  };
  for (const fresh of found)
    pair(
      fresh,
      [...free].find(({ last }) => last.finding === fresh.last.finding),
    );
  for (const fresh of found) {
    if (pairs.has(fresh)) continue;
    const alike = [...free].filter((before) => isSameEpisode(before.last, fresh.last));
    const distance = ({ last }: OpenFinding) => Math.abs(last.openedAt - fresh.last.openedAt);
    pair(fresh, alike.sort((a, b) => distance(a) - distance(b))[0]);
  }
  return pairs;
}

function isSameEpisode(a: FindingEvent, b: FindingEvent): boolean {
  if (a.source !== b.source || a.state === 'retracted') return false;
  return a.startsAt <= (b.endsAt ?? Number.POSITIVE_INFINITY) && b.startsAt <= (a.endsAt ?? Number.POSITIVE_INFINITY);
}

/** Nobody was told of it. What is told does not depend on where judging again began: it may have begun amid it. */
function announce(fresh: OpenFinding, now: number, events: FindingEvent[]): OpenFinding {
  const { last } = fresh;
  const numbered = (count: number) => ({ id: `${last.finding}#${count}`, receivedAt: now });
  const told: FindingEvent[] = [{ ...last, ...numbered(0), state: 'raised', endsAt: undefined }];
  if (!holds(last)) told.push({ ...last, ...numbered(1) });
  events.push(...told);
  return { ...fresh, events: told.length, last: told.at(-1) ?? last };
}

/** The finding goes on under its old name; what has changed of it is told. */
function follow(before: OpenFinding, fresh: OpenFinding, { now }: Rejudged, events: FindingEvent[]): OpenFinding {
  const [old, last] = [before.last, fresh.last];
  const told = before.events;
  const named = (event: FindingEvent, count: number): FindingEvent => ({
    ...event,
    id: `${old.finding}#${count}`,
    finding: old.finding,
    receivedAt: now,
  });
  const isSame =
    holds(old) === holds(last) &&
    old.state !== 'retracted' &&
    old.startsAt === last.startsAt &&
    old.openedAt === last.openedAt &&
    old.endsAt === last.endsAt;
  if (isSame && (old.severity === last.severity || !holds(last))) return { ...fresh, events: told, last: old };
  if (isSame) {
    const reassessed = named({ ...last, state: 'updated' }, told);
    events.push(reassessed);
    return { ...fresh, events: told + 1, last: reassessed };
  }
  const correction = old.startsAt === last.startsAt && old.openedAt === last.openedAt ? 'extended' : 'moved';
  const changes: FindingEvent[] = [];
  const again = { ...last, endsAt: undefined, state: 'updated' } as const;
  // What was withdrawn holds after all: it opens its case again before it may end.
  if (old.state === 'retracted') changes.push(named(again, told));
  if (old.state !== 'retracted' || !holds(last)) {
    const state = holds(last) ? 'updated' : 'cleared';
    changes.push({ ...named({ ...last, state }, told + changes.length), correction });
  }
  events.push(...changes);
  return { ...fresh, events: told + changes.length, last: changes.at(-1) ?? old };
}

/** Nothing of it is left: it is withdrawn with the readings that show why. */
function withdraw(gone: OpenFinding, { late, now, wordsOf }: Rejudged, events: FindingEvent[]): OpenFinding {
  const { last } = gone;
  if (last.state === 'retracted') return gone;
  const evidence = lateReadings(late, last);
  const event: FindingEvent = {
    ...last,
    id: `${last.finding}#${gone.events}`,
    state: 'retracted',
    receivedAt: now,
    explanation: explainWithdrawal(wordsOf, ofOneReport(evidence), late.length),
    evidence: evidence.length > 0 ? evidence : last.evidence,
  };
  events.push(event);
  return { ...gone, events: gone.events + 1, last: event };
}

const shownMax = 6;

/** Of the last of them. */
function ofOneReport(readings: readonly EvidenceReading[]): EvidenceReading[] {
  return readings.filter(({ at }) => at === readings.at(-1)?.at);
}

/** Late readings of the signals that the finding rests on, or of all: the last until it opened, which spoke against it. */
function lateReadings(late: readonly Report[], finding: FindingEvent): EvidenceReading[] {
  const signals = new Set(finding.evidence.map(({ signal }) => signal));
  if (finding.signal !== undefined) signals.add(finding.signal);
  const all = late.flatMap(({ at, signals: readings }) =>
    Object.entries(readings).map(([signal, value]) => ({ signal, at, value })),
  );
  const about = all.filter(({ signal }) => signals.has(signal));
  const shown = about.length > 0 ? about : all;
  const before = shown.filter(({ at }) => at <= finding.openedAt);
  return before.length > 0 ? before.slice(-shownMax) : shown.slice(0, shownMax);
}
