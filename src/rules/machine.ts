import { assert, NameLookup } from '../base/index.ts';
import { type Report, type SignalValue, severityRank } from '../telemetry/index.ts';
import { type FactName, ZoneClock } from './facts.ts';
import {
  awaited,
  type EscalationPlan,
  type MachinePlan,
  type ParentPlan,
  type RulePlan,
  type SeriesPlan,
  type SignalPlan,
  type Wakes,
} from './plan.ts';
import type { ConditionInputs } from './reads.ts';
import { forgetLatest, keepLatest, latestAt, latestValue } from './snapshot.ts';
import type {
  RuleEvidence,
  RuleState,
  RulesInput,
  RulesState,
  RuleTransition,
  SeriesAtWork,
  Verdict,
} from './state.ts';
import { pushReading, windowHolds, windowReadings, windowValue } from './windows.ts';

/** As many readings as a finding keeps. */
const evidenceMax = 50;

const nothing: readonly RuleTransition[] = [];

type Moves = Pick<SignalPlan, 'rules' | 'series' | 'spells'>;

/** What is the same for all rules of an input. */
interface Moment {
  /** The service's time: of ticks, and of reports for rules that use silent(). */
  receivedAt: number;
  silentForMs: number | undefined;
  /** The service's own down-time so far. */
  downMs: number;
}

/**
 * Judges the rules of one device at a time. It holds nothing of a device: all that it learns is in the state it is
 * handed. It lends itself to the condition language as the inputs of the moment.
 */
export class RuleMachine implements ConditionInputs {
  readonly #plan: MachinePlan;
  readonly #signals: NameLookup<SignalPlan>;
  readonly #moment: Moment = { receivedAt: 0, silentForMs: undefined, downMs: 0 };
  #state: RulesState | undefined;
  #at = 0;
  #silent = false;
  /** Counts inputs: what an input moves, rules and series, is marked with its number. */
  #turn = 0;
  readonly #movedRules: number[];
  readonly #movedSeries: number[];
  readonly #movedSpells: number[];
  readonly #zones = new ZoneClock();
  #transitions: RuleTransition[] | undefined;

  constructor(plan: MachinePlan) {
    this.#plan = plan;
    this.#signals = new NameLookup(plan.signals);
    this.#movedRules = plan.rules.map(() => 0);
    this.#movedSeries = plan.series.map(() => 0);
    this.#movedSpells = plan.spells.map(() => 0);
    plan.language.inputs = this;
  }

  step(state: RulesState, input: RulesInput): readonly RuleTransition[] {
    this.#state = state;
    this.#turn += 1;
    this.#transitions = undefined;
    this.#moment.downMs = input.downMs;
    if (input.kind === 'report') {
      if (this.#plan.usesFacts) this.#note(state, input);
      this.#report(state, input.report);
    } else this.#tick(state, input);
    return this.#transitions ?? nothing;
  }

  /** Lends itself as the inputs after the last report of a state, without a step. */
  lookAt(state: RulesState, isSilent: boolean): void {
    this.#state = state;
    this.#at = Number.isFinite(state.at) ? state.at : 0;
    this.#silent = isSilent;
  }

  value(slot: number): SignalValue | undefined {
    const state = this.#current;
    const plan = this.#plan.slots[slot];
    // Of a signal never read the age is no number.
    if (plan === undefined || !(this.#at - latestAt(state, slot) <= plan.maxAgeMs)) return undefined;
    return latestValue(state, slot, plan.type);
  }

  before(slot: number): SignalValue | undefined {
    const state = this.#current;
    const plan = this.#plan.slots[slot];
    const before = state.before[slot];
    if (plan === undefined || before === undefined) return undefined;
    const at = latestAt(state, slot);
    return this.#at - at <= plan.maxAgeMs && at - before.at <= plan.maxAgeMs ? before.value : undefined;
  }

  window(index: number): number | undefined {
    const window = this.#current.windows[index];
    return window && windowValue(window.spec, window.state, window.series, this.#at);
  }

  ageMs(slot: number): number | undefined {
    const age = this.#at - latestAt(this.#current, slot);
    return Number.isNaN(age) ? undefined : age;
  }

  fault(index: number): boolean {
    return this.#current.faults[index] ?? false;
  }

  silent(): boolean {
    return this.#silent;
  }

  heldMs(index: number): number | undefined {
    const spell = this.#current.spells[index];
    if (spell?.verdict === 'false') return 0;
    return spell?.verdict === 'true' ? this.sinceMs(index) : undefined;
  }

  sinceMs(index: number): number | undefined {
    const began = this.#current.spells[index]?.began ?? undefined;
    return began === undefined ? undefined : this.#at - began;
  }

  fact(name: FactName): string | number | undefined {
    const { firmware, site, timezone } = this.#current.facts;
    if (name === 'hour') return this.#zones.hour(this.#at, timezone);
    if (name === 'weekday') return this.#zones.weekday(this.#at, timezone);
    return name === 'site' ? site : firmware;
  }

  get #current(): RulesState {
    assert(this.#state !== undefined, 'a condition is evaluated only inside a step');
    return this.#state;
  }

  #report(state: RulesState, report: Report): void {
    assert(report.at >= state.at, 'reports come in the order of event time');
    this.#silent = false;
    this.#moment.receivedAt = report.receivedAt;
    this.#moment.silentForMs = undefined;
    if (report.at > state.at && (state.waiting > 0 || state.spells.length > 0))
      this.#restartAcrossGaps(state, report.at);
    state.at = report.at;
    this.#at = report.at;
    this.#takeReadings(state, report);
    const { rules } = this.#plan;
    for (let index = 0; index < rules.length; index += 1) {
      const rule = rules[index];
      const own = state.rules[index];
      if (rule === undefined || own === undefined) continue;
      const moved = this.#movedRules[index] === this.#turn;
      const settled = !moved && own.verdict !== 'not judged' && !rule.movesWithTime;
      if (!settled || this.#agedBefore(state, rule, this.#at)) own.verdict = this.#verdict(rule, own);
      const now = rule.usesSilent ? report.receivedAt : report.at;
      this.#wait(rule, own, now);
      if (own.open !== null && rule.escalations.length > 0) this.#escalate(rule, own, now);
    }
  }

  #note({ facts }: RulesState, { report, context }: RulesInput & { kind: 'report' }): void {
    facts.site = context?.site;
    facts.timezone = context?.timezone;
    if (report.firmware !== undefined) facts.firmware = report.firmware;
  }

  /** Silence is noticed by ticks alone; event time, and with it every signal, stands still meanwhile. */
  #tick(state: RulesState, input: RulesInput & { kind: 'tick' }): void {
    this.#silent = input.silentForMs !== undefined;
    this.#moment.receivedAt = input.at;
    this.#moment.silentForMs = input.silentForMs;
    this.#at = Number.isFinite(state.at) ? state.at : 0;
    for (const [index, rule] of this.#plan.rules.entries()) {
      const own = state.rules[index];
      // What changes by a tick is silent() alone.
      if (own === undefined || !rule.usesSilent) continue;
      own.verdict = this.#verdict(rule, own);
      this.#wait(rule, own, input.at);
      if (own.open !== null && rule.escalations.length > 0) this.#escalate(rule, own, input.at);
    }
  }

  #takeReadings(state: RulesState, report: Report): void {
    const { codes, slots, sources, parents } = this.#plan;
    for (const { code, active } of report.faults) {
      const plan = codes.get(code);
      if (plan === undefined) continue;
      state.faults[plan.index] = active;
      this.#move(plan);
    }
    let position = 0;
    for (const signal in report.signals) {
      const plan = this.#signals.get(signal, position);
      position += 1;
      const value = report.signals[signal];
      if (plan === undefined || value === undefined) continue;
      this.#move(plan);
      const slot = slots[plan.slot];
      if (slot !== undefined) keepLatest(state, plan.slot, slot, { at: report.at, value });
    }
    for (let place = 0; place < parents.length; place += 1) {
      const plan = parents[place];
      if (plan !== undefined) this.#takeOfParent(state, plan, report);
    }
    for (let place = 0; place < sources.length; place += 1) {
      const source = sources[place];
      if (source?.kind === 'series') this.#stepSeries(state, source.index, report);
      else if (source !== undefined) this.#stepSpell(state, source.index);
    }
  }

  /** What a report does not tell of the parent is unknown: an earlier one's word does not stand for it. */
  #takeOfParent(state: RulesState, plan: ParentPlan, report: Report): void {
    const slot = this.#plan.slots[plan.slot];
    const value = report.parent?.[plan.signal];
    if (value !== undefined && typeof value === slot?.type) {
      keepLatest(state, plan.slot, slot, { at: report.at, value });
    } else if (Number.isNaN(latestAt(state, plan.slot))) return;
    else forgetLatest(state, plan.slot);
    this.#move(plan);
  }

  #move({ rules, series, spells }: Moves): void {
    for (let index = 0; index < spells.length; index += 1) this.#movedSpells[spells[index] ?? 0] = this.#turn;
    for (let index = 0; index < rules.length; index += 1) this.#movedRules[rules[index] ?? 0] = this.#turn;
    for (let index = 0; index < series.length; index += 1) this.#movedSeries[series[index] ?? 0] = this.#turn;
  }

  #stepSeries(state: RulesState, index: number, report: Report): void {
    const plan = this.#plan.series[index];
    const own = state.series[index];
    if (this.#movedSeries[index] === this.#turn && plan && own) this.#takeSeries(own, plan, report);
  }

  #takeSeries({ series, windows }: SeriesAtWork, { source }: SeriesPlan, report: Report): void {
    const read =
      source.kind === 'signal'
        ? report.signals[source.signal]
        : source.kind === 'condition'
          ? source.condition.holds()
          : source.derived.read();
    if (read === undefined) return;
    pushReading(series, windows, report.at, typeof read === 'number' ? read : read === true ? 1 : 0);
  }

  #stepSpell(state: RulesState, index: number): void {
    const plan = this.#plan.spells[index];
    const own = state.spells[index];
    if (plan === undefined || own === undefined) return;
    const moved = this.#movedSpells[index] === this.#turn;
    const settled = !moved && own.verdict !== 'not judged' && !plan.movesWithTime;
    if (settled && !this.#agedBefore(state, plan, this.#at)) return;
    const verdict = verdictOf(plan.condition.holds());
    if (verdict === 'true' && own.verdict !== 'true') own.began = this.#at;
    own.verdict = verdict;
  }

  /** What was unknown in between begins anew. */
  #endSpellsAcrossGaps(state: RulesState): void {
    const { spells } = this.#plan;
    for (let index = 0; index < spells.length; index += 1) {
      const plan = spells[index];
      const own = state.spells[index];
      if (plan === undefined || own?.verdict !== 'true' || !this.#agedBefore(state, plan, this.#at)) continue;
      if (plan.condition.holds() !== true) own.verdict = 'not judged';
    }
  }

  /**
   * Between two reports a signal may have aged out, or a window run empty: the condition was unknown in between, so what
   * was waiting for its time starts again.
   */
  #restartAcrossGaps(state: RulesState, next: number): void {
    this.#at = next - 1;
    this.#endSpellsAcrossGaps(state);
    if (state.waiting === 0) return;
    const { rules } = this.#plan;
    for (let index = 0; index < rules.length; index += 1) {
      const rule = rules[index];
      const own = state.rules[index];
      if (rule === undefined || own === undefined || own.since === null) continue;
      if (!this.#agedBefore(state, rule, next - 1) || this.#verdict(rule, own) === awaited(rule, own)) continue;
      stopWaiting(state, own);
      own.verdict = 'not judged';
    }
  }

  #agedBefore(state: RulesState, { ages, windows }: Wakes, at: number): boolean {
    for (const { slot, maxAgeMs } of ages) if (at - latestAt(state, slot) > maxAgeMs) return true;
    for (const { spec, index } of windows) {
      const window = state.windows[index];
      if (window !== undefined && !windowHolds(spec, window.series, at)) return true;
    }
    return false;
  }

  #verdict(rule: RulePlan, own: RuleState): Verdict {
    const condition = own.open === null || rule.clear === undefined ? rule.when : rule.clear;
    return verdictOf(condition.holds());
  }

  /** What the verdict means: the condition has held for long enough, goes on to be waited for, or does not hold. */
  #wait(rule: RulePlan, own: RuleState, now: number): void {
    if (own.verdict !== awaited(rule, own)) {
      stopWaiting(this.#current, own);
      return;
    }
    const { silentForMs, downMs } = this.#moment;
    if (own.since === null) {
      this.#current.waiting += 1;
      own.since = now - (silentForMs ?? 0);
      // Of no meaning to the others: equal states are to be equal, whenever they were judged.
      own.downMs = rule.usesSilent ? downMs : 0;
    }
    // Event time knows nothing of the service's down-time.
    const heldMs = now - own.since - (rule.usesSilent ? downMs - own.downMs : 0);
    if (heldMs < (own.open === null ? rule.spec.forMs : rule.spec.clearForMs)) return;
    this.#transitions ??= [];
    this.#transitions.push(this.#transition(rule, own, now, Math.max(0, heldMs)));
  }

  #transition(rule: RulePlan, own: RuleState, now: number, heldMs: number): RuleTransition {
    const raised = own.open === null;
    const open = own.open ?? { startsAt: own.since ?? now, openedAt: now };
    const explanation = raised ? rule.whyRaised : rule.whyCleared;
    const escalated = raised ? this.#escalation(rule)?.severity : open.severity;
    const transition: RuleTransition = {
      rule: rule.spec,
      state: raised ? 'raised' : 'cleared',
      severity: escalated ?? rule.spec.severity,
      startsAt: open.startsAt,
      openedAt: open.openedAt,
      at: now,
      explanation: explanation.sentence({
        at: rule.usesSilent ? now : this.#at,
        heldMs,
        readAt: (signal) => this.#latest(signal)?.at,
      }),
      evidence: this.#evidence(rule),
      signal: rule.mainSignal,
    };
    own.open = raised ? { ...open, ...(escalated && { severity: escalated }) } : null;
    stopWaiting(this.#current, own);
    own.verdict = 'not judged';
    return transition;
  }

  /** The worst severity whose condition holds. */
  #escalation({ escalations }: RulePlan): EscalationPlan | undefined {
    return escalations.find(({ condition }) => condition.holds() === true);
  }

  /** While an episode lasts its severity goes up and down; what is unknown changes nothing. */
  #escalate(rule: RulePlan, own: RuleState, now: number): void {
    const { open } = own;
    if (open === null) return;
    const { spec, escalations } = rule;
    const before = open.severity ?? spec.severity;
    let held: EscalationPlan | undefined;
    for (const escalation of escalations) {
      const holds = escalation.condition.holds();
      if (holds === false || (holds === undefined && escalation.severity !== before)) continue;
      held = escalation;
      break;
    }
    const severity = held?.severity ?? spec.severity;
    if (severity === before) return;
    const isWorse = severityRank(severity) > severityRank(before);
    const told = isWorse ? held?.whyRaised : escalations.find((item) => item.severity === before)?.whyLowered;
    const { severity: _, ...times } = open;
    own.open = held ? { ...times, severity } : times;
    const at = rule.usesSilent ? now : this.#at;
    const sentence = told?.sentence({ at, heldMs: 0, readAt: (signal) => this.#latest(signal)?.at }) ?? '';
    this.#transitions ??= [];
    this.#transitions.push({
      rule: spec,
      state: 'changed',
      severity,
      startsAt: open.startsAt,
      openedAt: open.openedAt,
      at: now,
      explanation: `Severity ${isWorse ? 'raised' : 'lowered'} from ${before} to ${severity}: ${sentence}`,
      evidence: this.#evidence(rule),
      signal: rule.mainSignal,
    });
  }

  #latest(signal: string): RuleEvidence | undefined {
    const state = this.#current;
    const slot = this.#plan.slots.findIndex((plan) => plan.signal === signal);
    const plan = this.#plan.slots[slot];
    const at = latestAt(state, slot);
    return plan === undefined || Number.isNaN(at)
      ? undefined
      : { signal, at, value: latestValue(state, slot, plan.type) };
  }

  #evidence(rule: RulePlan): readonly RuleEvidence[] {
    const evidence = new Map<string, RuleEvidence>();
    const add = (reading: RuleEvidence): void => {
      evidence.set(`${reading.signal} ${reading.at}`, reading);
    };
    for (const signal of rule.signals) {
      const latest = this.#latest(signal);
      if (latest !== undefined) add(latest);
    }
    for (const { spec, index } of rule.windows) {
      const window = this.#current.windows[index];
      if (window === undefined || !rule.numberSeries.has(spec.series)) continue;
      const readings = windowReadings(window.state, window.series, evidenceMax);
      for (const { at, value } of readings) add({ signal: spec.series, at, value });
    }
    const ordered = [...evidence.values()].sort((a, b) => a.at - b.at || (a.signal < b.signal ? -1 : 1));
    return ordered.slice(-evidenceMax);
  }
}

function verdictOf(held: boolean | undefined): Verdict {
  return held === undefined ? 'unknown' : held ? 'true' : 'false';
}

function stopWaiting(state: RulesState, own: RuleState): void {
  if (own.since === null) return;
  own.since = null;
  state.waiting -= 1;
}
