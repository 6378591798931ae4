import { assert } from '../base/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { Case, Finding, TimelineItem } from './case.ts';
import { changed, entryOf, escalate, type FindingChange, stateAfter } from './changes.ts';
import { follow } from './follow.ts';
import { intoGateway, intoStorm, unworked } from './gathering.ts';
import { isNeverKept, type Route, routeOf, type Standing } from './route.ts';
import { type Cover, nothingAround, type Surroundings } from './surroundings.ts';
import { wordsOfCover, wordsOfInstant, wordsOfVerdict } from './words.ts';

/** What a new case is called. */
export interface Naming {
  /** Deterministic, and of no case that is there. */
  readonly idOf: (text: string) => string;
  readonly nextNumber: () => number;
}

export interface Effect {
  readonly case: Case | undefined;
  readonly finding: Finding;
  readonly timeline: readonly TimelineItem[];
  /** The gateway's silence, when it joined the case too. */
  readonly silence?: Finding;
  /** What keeps the finding from a case of its own: maintenance, or a gateway above it. */
  readonly kept?: { readonly window: string | undefined } | { readonly above: string };
  /** Whether it counts as a new case of its source. */
  readonly isOpening?: boolean;
}

interface SurroundedChange extends FindingChange {
  readonly around?: Surroundings | undefined;
}

export function decideFinding(standing: Standing, change: SurroundedChange, naming: Naming): Effect {
  const { finding: before, subject } = standing;
  const { event, around = nothingAround } = change;
  const after = stateAfter(event);
  // A finding that was withdrawn together with its case and holds again after all asks anew.
  const asksAnew = before?.state === 'retracted' && after === 'raised' && subject?.state === 'resolved';
  if (before !== undefined && subject !== undefined && !asksAnew) {
    return {
      ...follow(subject, before, change, standing.others),
      finding: findingAfter(event, before, { case: subject.id }),
    };
  }
  if (after !== 'raised' || !event.opensCase) {
    return { case: undefined, timeline: [], finding: findingAfter(event, before, {}) };
  }
  const route = routeOf(standing, event, around.covers);
  // What is hidden stays so until a tick finds the maintenance over, or it turns out to have begun at another time.
  const isHidden = before?.state === 'raised' && before.case === null && before.hiddenBy.length > 0;
  const staysHidden = isHidden && event.correction !== 'moved' && route.to !== 'join' && !isNeverKept(event);
  if (staysHidden && route.to !== 'hide') return hide(standing, event, []);
  return take(standing, change, { route, naming });
}

/** A finding that holds and was kept from a case is decided anew: for what kept it is over, or other than it was. */
export function decideAnew(
  standing: Standing,
  change: FindingChange,
  options: { readonly covers: readonly Cover[]; readonly naming: Naming; readonly lead: string },
): Effect {
  const { covers, naming, lead } = options;
  return take(standing, change, { route: routeOf(standing, change.event, covers), naming, lead });
}

interface Taking {
  readonly route: Route;
  readonly naming: Naming;
  /** Why it comes only now; undefined when it comes at once. */
  readonly lead?: string;
}

function take(standing: Standing, change: SurroundedChange, { route, naming, lead }: Taking): Effect {
  const { finding: before, resolved } = standing;
  const { event, around = nothingAround } = change;
  const name = (text: string) => ({ id: naming.idOf(text), number: naming.nextNumber() });
  // A finding gives its id to one case; should it open another one, that is named after the event.
  const own = () => name(before === undefined || before.case === null ? event.finding : event.id);
  const into = <Taken extends { readonly case: Case }>(taken: Taken) => ({
    ...taken,
    finding: findingAfter(event, before, { case: taken.case.id }),
  });
  switch (route.to) {
    case 'join':
      return into(join(route.open, change, around.covers));
    case 'hide':
      return hide(standing, event, route.covers);
    case 'gateway': {
      const { silence } = route.gateway;
      const text = silence.case === null ? silence.id : `${event.id}~above~${silence.id}`;
      return { ...into(intoGateway(route.gateway, change, () => name(text))), kept: { above: silence.device } };
    }
    case 'storm':
      return { ...into(intoStorm(route.crowd, change, { name: own, resolved })), isOpening: true };
    case 'open':
      return { ...into(openCase(resolved, change, { name: own(), lead })), isOpening: true };
  }
}

function hide({ finding: before }: Standing, event: FindingEvent, covers: readonly Cover[]): Effect {
  const hiddenBy = [...new Set([...(before?.hiddenBy ?? []), ...covers.map(({ id }) => id)])];
  const finding = { ...findingAfter(event, before, { case: null }), hiddenBy };
  return { case: undefined, timeline: [], finding, kept: { window: covers[0]?.id } };
}

/** The finding as it stands is its last event; what became of it stays. */
function findingAfter(
  event: FindingEvent,
  before: Finding | undefined,
  joined: { readonly case?: string | null },
): Finding {
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
    case: joined.case === undefined ? (before?.case ?? null) : joined.case,
    bySilence: event.bySilence ?? false,
    hiddenBy: before?.hiddenBy ?? [],
  };
}

function openCase(
  resolved: Case | undefined,
  { event, now }: FindingChange,
  {
    name,
    lead,
  }: { readonly name: { readonly id: string; readonly number: number }; readonly lead: string | undefined },
): { case: Case; timeline: TimelineItem[] } {
  const opened: Case = {
    ...name,
    ...unworked(now),
    device: event.device,
    product: event.product,
    failureMode: event.failureMode,
    title: event.title,
    explanation: event.explanation,
    severity: event.severity,
    safety: event.safety,
    openedAt: event.openedAt,
    startsAt: event.startsAt,
    recurrenceOf: resolved?.id ?? null,
    findings: 1,
    findingsOpen: 1,
    devices: 1,
    storm: null,
  };
  const text = `${lead ?? openedWords(resolved)}: ${event.explanation}`;
  return { case: opened, timeline: [entryOf(event, now, 'opened', text)] };
}

function openedWords(resolved: Case | undefined): string {
  if (resolved === undefined || resolved.verdict === null) return 'Opened';
  return `Opened after case #${resolved.number}, which was resolved as ${wordsOfVerdict(resolved.verdict)}`;
}

function join(open: Case, change: FindingChange, covers: readonly Cover[]): { case: Case; timeline: TimelineItem[] } {
  const { event, now } = change;
  const { changes, timeline } = escalate(open, change);
  const counts = { findings: open.findings + 1, findingsOpen: open.findingsOpen + 1 };
  assert(open.state !== 'resolved', 'nothing joins a case that is resolved');
  const [cover] = covers;
  const during = cover === undefined ? '' : ` during maintenance ${wordsOfCover(cover)}`;
  const times = timesWith(open, event);
  const since = open.devices > 1 ? '' : ` That is ${counts.findings} times since ${wordsOfInstant(times.startsAt)}.`;
  const joined = entryOf(event, now, 'joined', `Another finding joined${during}: ${event.explanation}${since}`);
  return { case: changed(open, { ...counts, ...times, ...changes }, now), timeline: [joined, ...timeline] };
}

/** A case tells the times of its first finding, also where that came late and joined. */
function timesWith(open: Case, { device, startsAt, openedAt }: FindingEvent): Pick<Case, 'startsAt' | 'openedAt'> {
  const isFirst = device === open.device && open.storm === null && openedAt < open.openedAt;
  return isFirst ? { startsAt, openedAt } : { startsAt: open.startsAt, openedAt: open.openedAt };
}
