import type { FindingEvent } from '../findings/index.ts';
import type { Catalogue } from '../product/index.ts';
import { type RuleNow, type RulesState, rulesSnapshotVersion } from '../rules/index.ts';
import { deviceOfFact, type Fact, type Report } from '../telemetry/index.ts';
import { contextAt, noteContext } from './context.ts';
import { holds, pastOf, reconcile } from './correct.ts';
import { type DeviceState, deviceStateFromText, newDeviceState, type OpenFinding } from './device-state.ts';
import type { EngineInput, EngineOutput, LateDevice, Rejudging } from './engine.ts';
import { arrivalSources, type Cause, clear, raise } from './episode.ts';
import { judgeFaultCodes } from './fault-codes.ts';
import { Hindsight, isBehind, isCorrectable, nearEnd, nextTo, type Position, positionOf } from './hindsight.ts';
import { adoptPack, type Judge, judgeReadings, ruleEvents } from './judge.ts';
import { Judges } from './judges.ts';
import { type ParentsKnown, recordOf, toldWith } from './parents.ts';
import { learntAgain } from './relearn.ts';
import { endSilence, raiseSilence, silenceOf } from './silence.ts';
import { StateCopy } from './state-copy.ts';
import { judgeable, lateOf } from './stretch.ts';
import { courseOf, isBehindTick, isReached, noteVersion, noteVersionByTick, type VersionSince } from './versions.ts';

/** What the engine knows beside its devices. */
export interface EngineGlobals {
  /** Newest service time seen: arrivals and ticks. */
  lastHeardAt: number;
  /** The service's own down-time so far, ms. */
  downMs: number;
}

/** A version of the pack that a stretch is judged under, made ready. */
interface UnderJudge extends VersionSince {
  readonly judge: Judge;
}

/**
 * The engine: the same for live work, backtest and simulation. It is a fold: state and the next input of the log give
 * outputs and the next state; nothing else is read. The catalogue must have had the facts up to and with the input.
 */
export class Engine {
  readonly #catalogue: Catalogue;
  readonly #devices = new Map<string, DeviceState>();
  readonly #judges: Judges;
  readonly #hindsight = new Hindsight();
  readonly #parents: ParentsKnown;
  /** Devices with reports that came late. */
  readonly #late = new Set<string>();
  #globals: EngineGlobals = { lastHeardAt: 0, downMs: 0 };

  /** `parents`: what is known of them where not all of their reports come by here. */
  constructor(catalogue: Catalogue, parents?: ParentsKnown) {
    this.#catalogue = catalogue;
    this.#judges = new Judges(catalogue);
    this.#parents = parents ?? { of: ({ device }) => this.#parentOf(device) };
  }

  /** A tick may change any device: `beforeChange` is told of those that it is about to. */
  step(input: EngineInput, out: EngineOutput, beforeChange = tellNobody): void {
    switch (input.kind) {
      case 'report':
        this.#report(input, out);
        return;
      case 'contact':
        this.#heard(input.receivedAt);
        this.#sign({ ...input, at: input.receivedAt, index: 0 }, out);
        return;
      case 'assist':
        this.#heard(input.receivedAt);
        this.#assist(input, out);
        return;
      case 'tick':
        this.#heard(input.at);
        this.#tick(input, out, beforeChange);
        return;
      case 'resumed':
        this.#globals.downMs += Math.max(0, input.at - this.#globals.lastHeardAt);
        this.#heard(input.at);
        return;
      case 'fact':
        this.#fact(input.fact, input.offset, out);
        return;
    }
  }

  /**
   * The report with what is known of its device's parent, as far as its rules ask for that. To be called once, before the
   * report is kept and judged: it is judged by this whenever it is judged again.
   */
  withParent(report: Report): Report {
    return this.#catalogue.parentProducts.size === 0 ? report : this.#withParent(report);
  }

  /** Rules ask for silence: a tick changes every device of theirs, not only those that it finds silent. */
  get judgesTicks(): boolean {
    return this.#judges.askForSilence;
  }

  /** A device's state as it is now, of which text can be made later; undefined for one the engine has not met. */
  copy(device: string): StateCopy | undefined {
    const state = this.#devices.get(device);
    return state && new StateCopy(state);
  }

  /** The same as text: what {@link restore} takes. */
  snapshot(device: string): string | undefined {
    return this.copy(device)?.text;
  }

  /** Reports of the device that came late and could not be judged in their place. */
  uncorrected(device: string): number {
    return this.#devices.get(device)?.uncorrected ?? 0;
  }

  /** Gives false for a state of an earlier version of ours that cannot be gone on with: see {@link relearn}. */
  restore(device: string, snapshot: string): boolean {
    const state = deviceStateFromText(snapshot);
    this.#devices.set(device, state);
    if (state.late) this.#late.add(device);
    return state.rulesBefore === undefined || state.rulesBefore.version === rulesSnapshotVersion;
  }

  /** Learns once more what such a state knew, from the device's last reports before it, by position. Nothing is told. */
  relearn(device: string, reports: readonly Report[]): void {
    const told = this.#devices.get(device);
    const judge = told && this.#judges.inForce(told.product);
    if (!told || !judge || reports.length === 0) return;
    const learnt = newDeviceState(told.product);
    const quiet: EngineOutput = { findings: [], bands: [], touched: new Set() };
    for (const report of judgeable(reports)) {
      learnt.versions = noteVersion(learnt.versions, judge.version, positionOf(report));
      if (judge.rules.usesContext) this.#noteContext(learnt, report);
      this.#judgeReport(learnt, judge, report, quiet);
    }
    this.#devices.set(device, learntAgain(told, learnt));
  }

  /** Lets go of a device that nothing more will be said of, as at the end of its replay. */
  forget(device: string): void {
    this.#devices.delete(device);
    this.#hindsight.forget(device);
    this.#late.delete(device);
  }

  /** How each rule of the pack in force stands for a device; undefined for one of which no report was judged under it. */
  why(device: string): { readonly judgedAt: number; readonly rules: readonly RuleNow[] } | undefined {
    const state = this.#devices.get(device);
    const judge = state && this.#judges.inForce(state.product);
    if (!judge || state?.judge !== judge || !state.rules || !state.judgedTo) return undefined;
    const { lastHeardAt, downMs } = this.#globals;
    const isSilent = silenceOf(state, judge.pack, lastHeardAt, downMs) !== undefined;
    return { judgedAt: state.judgedTo.at, rules: judge.rules.why(state.rules, isSilent) };
  }

  /**
   * Service time up to which ticks change nothing, if nothing else comes: nobody is silent for too long, and no rule that
   * asks for it has begun. For replays, which have many ticks for each report.
   */
  quietUntil(): number {
    let until = Number.POSITIVE_INFINITY;
    for (const [device, state] of this.#devices) {
      const judge = this.#judges.inForce(state.product);
      if (!judge || this.#catalogue.device(device)?.retired) continue;
      if (judge.rules.silentRules.size > 0) {
        if (state.judge !== judge || !state.rules || !judge.rules.isQuiet(state.rules)) return 0;
      }
      if (state.open.silent !== undefined || state.heardAt === undefined) continue;
      const downMs = this.#globals.downMs - state.downMsAtHeard;
      until = Math.min(until, state.heardAt + downMs + judge.pack.reports.silentAfterMs);
    }
    return until;
  }

  globals(): EngineGlobals {
    return { ...this.#globals };
  }

  restoreGlobals(globals: EngineGlobals): void {
    this.#globals = { ...globals };
  }

  /** Devices with reports that came late, those first that wait longest: an order that a restart does not change. */
  *late(): Generator<LateDevice, void, void> {
    const waiting = [...this.#late].flatMap((device) => {
      const late = this.#devices.get(device)?.late;
      return late ? [{ device, ...late }] : [];
    });
    for (const { device, position } of waiting.sort((a, b) => a.since - b.since)) {
      yield { device, position, base: this.#hindsight.find(device, position) };
    }
  }

  /**
   * Judges a stretch again, now that late reports are known, and tells what that changes of the findings told before.
   * It yields after each report, since a stretch may be long: until it has ended, nothing else of the device may be given.
   */
  *correct({ device, base, reports, now }: Rejudging, out: EngineOutput): Generator<void, void, void> {
    this.#late.delete(device);
    const state = this.#devices.get(device);
    const late = state?.late;
    if (!state || !late) return;
    state.late = undefined;
    out.touched.add(device);
    const fresh = base && deviceStateFromText(base.text);
    const course = fresh && this.#courseOf(state, fresh, base.position);
    const isRetired = this.#catalogue.device(device)?.retired === true;
    if (!course || !reports || isRetired) {
      const missing = !base ? 'nothing-known-before' : course ? 'stretch-too-long' : 'version-forgotten';
      // All that it had open ended with its life; judged again, it would be open for ever.
      const why = isRetired ? 'retired' : missing;
      state.uncorrected += late.count;
      out.uncorrected?.push({ device, reports: late.count, at: late.position.at, why });
      return;
    }
    // They were deleted since.
    if (reports.length === 0) return;
    const again: EngineOutput = { findings: [], bands: [], touched: out.touched, ...snapshotsOf(out) };
    const { judge } = course.now;
    this.#ready(state, judge, { device, offset: 0, index: 0, at: late.position.at, receivedAt: now }, out);
    if (base.position) this.#hindsight.forget(device, nextTo(base.position));
    else this.#hindsight.forget(device);
    fresh.past = [];
    fresh.contexts = state.contexts;
    fresh.versions = state.versions;
    yield* this.#judgeAgain(fresh, course.all, reports, again);
    // By place: a finding may have another name in the snapshot than it was told under since.
    const isTouched = ({ raisedBy, changedBy }: OpenFinding) =>
      isBehind(raisedBy, base.position) || isBehind(changedBy, base.position);
    const { events, standing } = reconcile({
      told: [...Object.values(state.open), ...state.past.filter(isTouched)].filter(isEventTime),
      found: [...Object.values(fresh.open), ...fresh.past].filter(isEventTime),
      late: lateOf(reports, late.since),
      // By its newest name; a signal that is no more has the one it had.
      wordsOf: (name) =>
        course.all.flatMap((under) => under.judge.pack.signals).findLast((signal) => signal.name === name),
      now,
    });
    this.#takeOver(state, fresh, standing, judge);
    push(out, events);
  }

  /** Judges reports as they would have been judged first, had they come in order. */
  *#judgeAgain(
    fresh: DeviceState,
    course: readonly UnderJudge[],
    reports: readonly Report[],
    out: EngineOutput,
  ): Generator<void, void, void> {
    const isRecent = nearEnd(reports);
    let place = 0;
    for (const report of judgeable(reports)) {
      for (let next = course[place + 1]; next && isReached(next, report); next = course[place + 1]) {
        if (next.byTick) this.#ready(fresh, next.judge, behindLast(fresh, causeOf(report)), out);
        place += 1;
      }
      const judge = course[place]?.judge;
      if (judge) this.#judgeReport(fresh, judge, report, out, isRecent(report));
      yield;
    }
    const last = reports.at(-1);
    if (last === undefined) return;
    for (const { judge } of course.slice(place)) this.#ready(fresh, judge, behindLast(fresh, causeOf(last)), out);
  }

  /** What a stretch was judged under; undefined when one of the versions is not kept any more. */
  #courseOf(state: DeviceState, { version }: DeviceState, position: Position | undefined) {
    const all: UnderJudge[] = [];
    for (const item of courseOf(state.versions, { version, position })) {
      const judge = this.#judges.at(state.product, item.version);
      if (!judge) return undefined;
      all.push({ ...item, judge });
    }
    const now = all.at(-1);
    return now && now.version === state.version ? { all, now } : undefined;
  }

  /** What was judged again replaces what was judged first; silence and help go by arrival and stay as they are. */
  #takeOver(state: DeviceState, fresh: DeviceState, standing: readonly OpenFinding[], judge: Judge): void {
    for (const [source, open] of Object.entries(state.open)) if (isEventTime(open)) delete state.open[source];
    for (const item of standing) if (holds(item.last)) state.open[item.last.source] = item;
    state.past = pastOf(standing, state.past);
    if (state.rules && fresh.rules) judge.rules.keepSilent(state.rules, fresh.rules);
    const { rules, memory, judgedTo, day } = fresh;
    Object.assign(state, { rules, memory, judgedTo, day });
  }

  #report(input: Extract<EngineInput, { kind: 'report' }>, out: EngineOutput): void {
    const { report } = input;
    this.#heard(report.receivedAt);
    const judge = this.#judges.inForce(report.product);
    const state = this.#device(report.device);
    if (!judge || !state) return;
    this.#contact(state, causeOf(report), out);
    if (this.#isParent(report)) state.told = toldWith(state.told, report);
    if (input.judged) {
      state.versions = noteVersion(state.versions, judge.version, positionOf(report));
      if (judge.rules.usesContext) this.#noteContext(state, report);
      this.#judgeReport(state, judge, report, out);
    } else if (out.snapshots) this.#noteLate(state, report);
  }

  #isParent({ product }: Report): boolean {
    const { parentProducts } = this.#catalogue;
    return parentProducts.size > 0 && parentProducts.has(product);
  }

  #withParent(report: Report): Report {
    const judge = this.#judges.inForce(report.product);
    if (judge === undefined || judge.rules.parentSignals.length === 0) return report;
    const parent = this.#parents.of(report);
    const isAsked = parent !== undefined && parent.product === judge.pack.parent;
    const known = isAsked ? recordOf(parent.told, judge.rules.parentSignals, report.at) : undefined;
    if (known !== undefined) return { ...report, parent: known };
    if (report.parent === undefined) return report;
    // A stored one brings with it what other rules asked for.
    const { parent: _before, ...own } = report;
    return own;
  }

  #parentOf(device: string): ReturnType<ParentsKnown['of']> {
    const parent = this.#catalogue.device(device)?.parent;
    const state = parent === undefined ? undefined : this.#devices.get(parent);
    return state?.told && { product: state.product, told: state.told };
  }

  #noteContext(state: DeviceState, report: Report): void {
    const { site, timezone } = this.#catalogue.device(report.device) ?? {};
    state.contexts = noteContext(state.contexts, positionOf(report), { site, timezone });
  }

  #noteLate(state: DeviceState, report: Report): void {
    if (!isCorrectable(state, report.at)) return;
    const position = positionOf(report);
    const known = state.late;
    const isFirst = known === undefined || isBehind(known.position, position);
    const count = (known?.count ?? 0) + 1;
    state.late = { position: isFirst ? position : known.position, since: known?.since ?? report.offset, count };
    this.#late.add(report.device);
  }

  #judgeReport(state: DeviceState, judge: Judge, report: Report, out: EngineOutput, isRecent = true): void {
    const cause = causeOf(report);
    if (out.snapshots && !isBehindTick(state.versions, report)) {
      const day = this.#hindsight.before(report.device, state, report, isRecent);
      if (day) out.snapshots.push(day);
    }
    // A new version takes over behind the snapshot: what comes late before this report is judged under the old one.
    const rules = this.#ready(state, judge, cause, out);
    state.judgedTo = positionOf(report);
    push(out, judgeFaultCodes(state, judge.pack, cause, report));
    judgeReadings({ state, judge, cause, report, out });
    const context = judge.rules.usesContext ? contextAt(state.contexts, state.judgedTo) : undefined;
    const transitions = judge.rules.step(rules, { kind: 'report', report, downMs: this.#globals.downMs, context });
    push(out, ruleEvents(state, judge, cause, transitions));
  }

  /** Makes a state ready for a judge; returns the rules' part of it. */
  #ready(state: DeviceState, judge: Judge, cause: Cause, out: EngineOutput): RulesState {
    if (state.judge !== judge) push(out, adoptPack(state, judge, cause));
    state.version = judge.version;
    state.rules ??= judge.rules.init();
    return state.rules;
  }

  /** A sign of life; returns the device's state, if it is known. */
  #sign(cause: Cause, out: EngineOutput): DeviceState | undefined {
    const state = this.#device(cause.device);
    if (state) this.#contact(state, cause, out);
    return state;
  }

  #contact(state: DeviceState, cause: Cause, out: EngineOutput): void {
    out.touched.add(cause.device);
    state.heardAt = state.seen ? Math.max(state.heardAt ?? 0, cause.receivedAt) : cause.receivedAt;
    state.seen = true;
    state.downMsAtHeard = this.#globals.downMs;
    const ended = endSilence(state, cause);
    if (ended) out.findings.push(ended);
  }

  #assist(input: Extract<EngineInput, { kind: 'assist' }>, out: EngineOutput): void {
    const { device, offset, at, receivedAt, note } = input;
    const cause: Cause = { device, offset, index: 0, at, receivedAt };
    const state = this.#sign(cause, out);
    const judge = state && this.#judges.inForce(state.product);
    if (!state || !judge) return;
    const raised = raise(state, judge.pack, cause, {
      source: 'assist',
      signal: undefined,
      failureMode: 'device-requested',
      title: undefined,
      severity: 'minor',
      safety: false,
      opensCase: true,
      startsAt: at,
      openedAt: at,
      explanation: note === '' ? 'Help was requested at the device.' : `Help was requested at the device: “${note}”`,
      evidence: [],
    });
    const ended = clear(state, 'assist', cause, { endsAt: at });
    push(
      out,
      [raised, ended].filter((event) => event !== undefined),
    );
  }

  #tick(
    input: Extract<EngineInput, { kind: 'tick' }>,
    out: EngineOutput,
    beforeChange: (device: string) => void,
  ): void {
    const { downMs } = this.#globals;
    for (const [device, state] of this.#devices) {
      const judge = this.#judges.inForce(state.product);
      if (!judge || this.#catalogue.device(device)?.retired) continue;
      const silence = silenceOf(state, judge.pack, input.at, downMs);
      const cause: Cause = { device, offset: input.offset, index: 0, at: input.at, receivedAt: input.at };
      if (silence !== undefined) {
        beforeChange(device);
        const raised = raiseSilence(state, judge.pack, cause, silence.since);
        if (raised) {
          push(out, [raised]);
          out.touched.add(device);
        }
      }
      if (judge.rules.silentRules.size === 0) continue;
      beforeChange(device);
      out.touched.add(device);
      state.versions = noteVersionByTick(state.versions, judge.version, state.judgedTo);
      const rules = this.#ready(state, judge, behindLast(state, cause), out);
      const step = judge.rules.step(rules, { kind: 'tick', at: input.at, silentForMs: silence?.forMs, downMs });
      push(out, ruleEvents(state, judge, cause, step));
    }
  }

  #fact(fact: Fact, offset: number, out: EngineOutput): void {
    const id = deviceOfFact(fact);
    if (id === undefined) return;
    const state = this.#device(id);
    if (!state) return;
    out.touched.add(id);
    if (fact.type === 'device-retired') {
      const cause: Cause = { device: id, offset, index: 0, at: fact.at, receivedAt: fact.at };
      const explanation = 'The device was retired.';
      const ended = Object.keys(state.open).map((source) =>
        clear(state, source, cause, { endsAt: fact.at, explanation }),
      );
      push(
        out,
        ended.filter((event) => event !== undefined),
      );
      return;
    }
    const installedAt = this.#catalogue.device(id)?.installedAt;
    if (state.seen) return;
    const registeredAt = this.#catalogue.device(id)?.registeredAt ?? fact.at;
    state.heardAt = installedAt === undefined ? undefined : Math.max(installedAt, registeredAt);
    state.downMsAtHeard = this.#globals.downMs;
  }

  #heard(at: number): void {
    this.#globals.lastHeardAt = Math.max(this.#globals.lastHeardAt, at);
  }

  #device(id: string): DeviceState | undefined {
    const state = this.#devices.get(id);
    if (state) return state;
    const known = this.#catalogue.device(id);
    if (!known) return undefined;
    const made = newDeviceState(known.product);
    this.#devices.set(id, made);
    return made;
  }
}

/** One for all calls: there is one for each report. */
const tellNobody = (_device: string): void => undefined;

function causeOf({ device, offset, index, at, receivedAt }: Report): Cause {
  return { device, offset, index, at, receivedAt };
}

/** Silence, help, and what rules that ask for silence found go by arrival; what came late changes nothing of them. */
function isEventTime({ last }: OpenFinding): boolean {
  return !arrivalSources.has(last.source) && last.bySilence !== true;
}

/** What a tick changes without a report belongs behind the last one. */
function behindLast({ judgedTo }: DeviceState, tick: Cause): Cause {
  return judgedTo ? { ...tick, ...judgedTo } : tick;
}

function snapshotsOf({ snapshots }: EngineOutput): Pick<EngineOutput, 'snapshots'> {
  return snapshots ? { snapshots } : {};
}

function push(out: EngineOutput, events: readonly FindingEvent[]): void {
  for (const event of events) out.findings.push(event);
}
