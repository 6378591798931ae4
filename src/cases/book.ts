import { AftercareError, assert, hourMs } from '../base/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { Case, CaseChange, CaseTick, Finding, TimelineItem } from './case.ts';
import { decide, type FindingCaseChange, type PersonChange } from './decide.ts';
import { decideAnew, type Effect } from './decide-finding.ts';
import { gatewayFailureMode, giveUp, intoGateway, leave } from './gathering.ts';
import type { CaseRecords } from './records.ts';
import { type Crowd, type Gateway, isNeverKept, type Standing } from './route.ts';
import { type Above, type Cover, nothingAround, type Standby, type Surroundings } from './surroundings.ts';
import { wordsOfCover } from './words.ts';

export interface BookOptions {
  readonly records: CaseRecords;
  /** Deterministic, short and without collisions. */
  readonly idOf: (text: string) => string;
  /** A source that opened so many cases of a product within an hour opens one more, for all that follow. */
  readonly casesPerRuleHourMax: number;
}

export const defaultCasesPerRuleHourMax = 50;

/**
 * The fold of findings, ticks and people's actions into cases: what a change does, read from and written to a driver's
 * records. Equal records and changes give equal records; a finding's event or a tick that was applied before gives none.
 */
export class Book {
  readonly #records: CaseRecords;
  readonly #options: BookOptions;
  readonly #naming;
  /** Cases that changed, as they are now. */
  readonly #changed = new Map<string, Case>();

  constructor(options: BookOptions) {
    this.#records = options.records;
    this.#options = options;
    this.#naming = { idOf: (text: string) => this.#freeId(text), nextNumber: () => this.#records.nextNumber() };
  }

  /** Each of the cases that changed once, as they are after all changes. */
  apply(changes: readonly CaseChange[]): readonly Case[] {
    for (const change of changes) {
      if (change.kind === 'finding') this.#finding(change);
      else if (change.kind === 'tick') this.#tick(change);
      else this.#person(change);
    }
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    return changed;
  }

  /** One finding may open several cases, one after the other: a new one never takes the place of one that is over. */
  #freeId(text: string): string {
    const { idOf } = this.#options;
    let id = idOf(text);
    for (let n = 2; this.#records.case(id) !== undefined; n += 1) id = idOf(`${text}~${n}`);
    return id;
  }

  #person(change: PersonChange): void {
    const subject = this.#records.case(change.case);
    const standing: Standing = { subject, finding: undefined, open: undefined, resolved: undefined };
    const decision = decide(standing, change, this.#naming);
    if (decision.kind === 'refused') {
      const hint = decision.code === 'version-conflict' ? { hint: 'Read the case again, then decide.' } : {};
      throw new AftercareError(decision.code, decision.reason, hint);
    }
    this.#save(decision.case, decision.timeline);
  }

  #finding(change: FindingCaseChange): void {
    const { event, now, around = nothingAround } = change;
    const number = numberOf(event);
    const known = this.#records.finding(event.finding);
    // A finding's events are numbered in the order in which they are applied, so its last one tells all repeats.
    if (known !== undefined && number <= known.lastEvent) return;
    const standing = this.#standing(event, { finding: known?.finding, above: around.above, now });
    const decision = decide(standing, change, this.#naming);
    assert(decision.kind === 'done', 'a finding is never refused');
    assert(decision.finding !== undefined, 'an event changes its finding');
    const { finding } = decision;
    this.#take({ ...decision, finding }, event, { number, now });
    this.#keepReady({ ...decision, finding }, event, around);
    if (event.source !== 'silent') return;
    if (finding.state === 'raised') this.#gather(event, { now, around });
    else this.#release(event.device, { now, around });
  }

  #standing(
    event: FindingEvent,
    {
      finding,
      above,
      now,
    }: { readonly finding: Finding | undefined; readonly above: readonly Above[]; readonly now: number },
  ): Standing {
    const { device, failureMode } = event;
    const subject = typeof finding?.case === 'string' ? this.#records.case(finding.case) : undefined;
    const before = { subject, finding };
    if (subject !== undefined && (finding?.state !== 'retracted' || subject.state !== 'resolved')) {
      const corrects = event.correction !== undefined || event.state === 'retracted';
      const others = corrects ? { others: this.#records.findingsOf(subject.id, subject.device) } : {};
      return { ...before, ...others, open: undefined, resolved: undefined };
    }
    return {
      ...before,
      ...this.#places(event, { above, now }),
      resolved: this.#records.resolvedCase(device, failureMode),
    };
  }

  /** Where a finding may go that has no case yet. */
  #places(event: FindingEvent, { above, now }: { readonly above: readonly Above[]; readonly now: number }) {
    const { device, failureMode } = event;
    const records = this.#records;
    const open =
      records.openCase(device, failureMode) ??
      (event.bySilence ? records.openCase(device, gatewayFailureMode) : undefined) ??
      (isNeverKept(event) ? undefined : records.stormCaseWith(device, failureMode));
    if (open !== undefined || !event.opensCase) return { open };
    return { open, gateway: this.#gateway(device, above), crowd: this.#crowd(event, now) };
  }

  /** Upwards from a silent device, as far as all are silent. */
  #gateway(device: string, above: readonly Above[]): Gateway | undefined {
    let found: { readonly silence: Finding; readonly covers: readonly Cover[] } | undefined;
    for (const one of above) {
      const silence = this.#records.silence(one.device);
      if (silence === undefined) break;
      found = { silence, covers: [...(found?.covers ?? []), ...one.covers] };
    }
    return found && this.#gatewayOf(found.silence, { device, covers: found.covers });
  }

  #gatewayOf(
    silence: Finding,
    { device, covers }: { readonly device: string; readonly covers: readonly Cover[] },
  ): Gateway {
    const records = this.#records;
    const item = records.openCase(silence.device, gatewayFailureMode) ?? records.silenceCase(silence.device);
    const holds = item ? records.findingsOf(item.id, silence.device).some(({ state }) => state === 'raised') : false;
    return {
      silence,
      covers,
      case: item,
      resolved: records.resolvedCase(silence.device, gatewayFailureMode),
      isInIt: holds,
      isKnown: item !== undefined && records.findingsOf(item.id, device).length > 0,
    };
  }

  #crowd({ source, product, device }: FindingEvent, now: number): Crowd {
    const max = this.#options.casesPerRuleHourMax;
    const item = this.#records.stormCase(source, product);
    return {
      openings: this.#records.openings({ source, product, since: now - hourMs, max }),
      max,
      case: item,
      isKnown: item !== undefined && this.#records.findingsOf(item.id, device).length > 0,
    };
  }

  /** Writes what was decided of a finding. */
  #take(effect: Effect, event: FindingEvent, { number, now }: { readonly number: number; readonly now: number }): void {
    this.#save(effect.case, effect.timeline);
    this.#records.saveFinding(effect.finding, number);
    if (effect.silence !== undefined) this.#changeFinding(effect.silence);
    if (!effect.isOpening) return;
    const { source, product } = event;
    this.#records.noteOpening({ source, product, at: now, until: now - hourMs });
  }

  /** Notes what a later decision needs, as long as the finding holds. */
  #keepReady({ finding, kept }: Effect, event: FindingEvent, around: Surroundings): void {
    const records = this.#records;
    const before = records.standby(finding.id);
    if (finding.state !== 'raised') {
      if (before !== undefined) records.dropStandby(finding.id);
      return;
    }
    const { offset } = around;
    if (kept !== undefined) {
      const isKnown = 'window' in kept && kept.window === undefined && before !== undefined;
      const why = isKnown ? before : { around, window: undefined, above: undefined, ...kept };
      const { window, above } = why;
      records.saveStandby({ finding: finding.id, offset, event, around: why.around, window, above, dueAt: undefined });
    } else if (before !== undefined && finding.case !== null && before.window === undefined) {
      records.saveStandby({ ...before, event });
    } else if (event.bySilence && event.opensCase && around.above.length > 0) {
      const nothing = { window: undefined, above: undefined, dueAt: undefined };
      records.saveStandby({ finding: finding.id, offset, event, around, ...nothing });
    } else if (before !== undefined) records.dropStandby(finding.id);
  }

  /**
   * A device fell silent: what is behind it and was found silent only after it was last heard is explained by it, and
   * goes into its case, unless a person has a hand in it.
   */
  #gather(event: FindingEvent, { now, around }: { readonly now: number; readonly around: Surroundings }): void {
    const records = this.#records;
    if (around.covers.length > 0) return;
    for (const standby of records.standbys({ by: 'behind', device: event.device })) {
      if (standby.window !== undefined || standby.above !== undefined) continue;
      if (standby.event.openedAt < event.startsAt) continue;
      const finding = records.finding(standby.finding)?.finding;
      const item = typeof finding?.case === 'string' ? records.case(finding.case) : undefined;
      if (finding === undefined || item === undefined || !this.#mayGiveUp(item, finding)) continue;
      const { above } = standby.around;
      const gateway = this.#gateway(finding.device, above);
      const reaches = gateway && isUpTo(above, event.device, gateway.silence.device);
      if (reaches && gateway.covers.length === 0) this.#giveUp(item, gateway.silence.device, event, { now, around });
    }
  }

  #mayGiveUp(item: Case, finding: Finding): boolean {
    if (item.state !== 'new' || item.safety || item.storm !== null || item.device !== finding.device) return false;
    const isSilence = this.#records.holdingIn(item.id).every(({ bySilence }) => bySilence);
    return isSilence && !this.#records.isTouched(item.id);
  }

  /** All that holds in a case goes into the case of a device above: the highest of those that are silent. */
  #giveUp(
    item: Case,
    top: string,
    cause: FindingEvent,
    { now, around }: { readonly now: number; readonly around: Surroundings },
  ): void {
    const records = this.#records;
    const moved = records.holdingIn(item.id);
    let target: Case | undefined;
    for (const finding of moved) {
      const silence = records.silence(top);
      assert(silence !== undefined, 'the device above is silent');
      const standby = records.standby(finding.id);
      const gateway = this.#gatewayOf(silence, { device: finding.device, covers: [] });
      const event = standby?.event ?? eventOf(finding, item, cause);
      const name = () => ({ id: this.#naming.idOf(`${silence.id}~${cause.id}`), number: records.nextNumber() });
      const gathered = intoGateway(gateway, { event, now }, name);
      target = gathered.case;
      this.#save(gathered.case, marked(gathered.timeline, `~${cause.id}`));
      if (gathered.silence) this.#changeFinding(gathered.silence);
      this.#changeFinding({ ...finding, case: gathered.case.id });
      if (standby) records.saveStandby({ ...standby, offset: around.offset, above: top });
    }
    assert(target !== undefined, 'what holds was moved');
    const { case: given, timeline } = giveUp(item, target, { moved: moved.length, now, id: `${item.id}~${cause.id}` });
    this.#save(given, timeline);
  }

  /** A device is heard again: what is behind it and stays silent has its own time to be heard. */
  #release(device: string, { now, around }: { readonly now: number; readonly around: Surroundings }): void {
    for (const standby of this.#records.standbys({ by: 'behind', device })) {
      if (standby.above === undefined || !isUpTo(standby.around.above, device, standby.above)) continue;
      const dueAt = now - around.downMs + standby.around.silentAfterMs;
      this.#records.saveStandby({ ...standby, offset: around.offset, dueAt });
    }
  }

  #tick(tick: CaseTick): void {
    const records = this.#records;
    const over = records.windows().filter((window) => !tick.maintenance.includes(window));
    const due = [
      ...over.flatMap((window) => records.standbys({ by: 'window', window })),
      ...records.standbys({ by: 'due', upAt: tick.now - tick.downMs }),
    ];
    for (const standby of due) if (tick.offset > standby.offset) this.#decideAnew(standby, tick);
  }

  #decideAnew(standby: Standby, tick: CaseTick): void {
    const { now, maintenance, offset } = tick;
    const { event } = standby;
    const known = this.#records.finding(standby.finding);
    assert(known?.finding.state === 'raised', 'what is on standby holds');
    const left = (covers: readonly Cover[]) => covers.filter(({ id }) => maintenance.includes(id));
    const above = standby.around.above.map((one) => ({ ...one, covers: left(one.covers) }));
    const places = this.#places(event, { above, now });
    const inCase = known.finding.case;
    // It counts once: a gateway is silent again, or a storm that was told first of the gateway lists what is behind it.
    if (inCase !== null && (places.open ?? places.gateway?.case)?.id === inCase) {
      this.#records.saveStandby({ ...standby, offset, above: places.gateway?.silence.device, dueAt: undefined });
      return;
    }
    const subject = inCase === null ? undefined : this.#records.case(inCase);
    const resolved = this.#records.resolvedCase(event.device, event.failureMode);
    const standing: Standing = { subject, finding: known.finding, ...places, resolved };
    const covers = left(standby.around.covers);
    const options = { covers, naming: this.#naming, lead: leadOf(standby) };
    const effect = decideAnew(standing, { event, now }, options);
    if (subject !== undefined) this.#leave(subject, standby, { offset, now, above: standby.above ?? '' });
    const timeline = marked(effect.timeline, `~${offset}`);
    this.#take({ ...effect, timeline }, event, { number: known.lastEvent, now });
    this.#records.dropStandby(standby.finding);
    this.#keepReady(effect, event, { ...standby.around, offset });
  }

  #leave(
    item: Case,
    { event }: Standby,
    at: { readonly offset: number; readonly now: number; readonly above: string },
  ): void {
    const text = `${at.above} is back and ${event.device} is still silent: that is told in a case of its own.`;
    const isLast = this.#records.findingsOf(item.id, event.device).length === 1;
    const id = `${event.id}~left~${at.offset}`;
    const { case: left, timeline } = leave(item, { event, now: at.now }, { isLast, id, text });
    this.#save(left, timeline);
  }

  #changeFinding(finding: Finding): void {
    const known = this.#records.finding(finding.id);
    assert(known !== undefined, 'only a finding that is there changes its case');
    this.#records.saveFinding(finding, known.lastEvent);
  }

  #save(item: Case | undefined, timeline: readonly TimelineItem[]): void {
    if (item === undefined) return;
    this.#records.saveCase(item);
    for (const entry of timeline) this.#records.addToTimeline(item.id, entry);
    this.#changed.set(item.id, item);
  }
}

function leadOf({ above, around, window }: Standby): string {
  if (above !== undefined) return `Opened since ${above} is back and this device is still silent`;
  const all = [...around.covers, ...around.above.flatMap(({ covers }) => covers)];
  const cover = all.find(({ id }) => id === window);
  return cover === undefined ? 'Opened after maintenance' : `Opened after maintenance ${wordsOfCover(cover)}`;
}

/** Whether the first of two stands below the second, or is the second, seen from below. */
function isUpTo(above: readonly Above[], device: string, top: string): boolean {
  const place = above.findIndex((one) => one.device === device);
  return place >= 0 && place <= above.findIndex((one) => one.device === top);
}

/** Entries that one event brings more than once each have a name of their own. */
function marked(timeline: readonly TimelineItem[], mark: string): readonly TimelineItem[] {
  return timeline.map((entry) => ({ ...entry, id: `${entry.id}${mark}` }));
}

/** `n` of the event id `${finding}#${n}`. */
function numberOf(event: FindingEvent): number {
  const number = Number(event.id.slice(event.finding.length + 1));
  assert(event.id === `${event.finding}#${number}`, `the event ${event.id} is numbered within its finding`);
  return number;
}

/** What is told of a finding that goes along with those of silence. */
function eventOf(finding: Finding, item: Case, above: FindingEvent): FindingEvent {
  const { id, device, product, source, signal, failureMode, severity, safety, startsAt, openedAt } = finding;
  const { at, receivedAt } = above;
  return {
    ...{ id, finding: id, device, product, source, failureMode, severity, safety, startsAt, openedAt, at, receivedAt },
    state: 'raised',
    signal: signal ?? undefined,
    title: item.title,
    opensCase: true,
    endsAt: undefined,
    explanation: finding.explanation,
    evidence: [],
  };
}
