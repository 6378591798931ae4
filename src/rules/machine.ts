import { assert } from '../base/index.ts';
import type { Report, SignalValue } from '../telemetry/index.ts';
import { type ConditionInputs, type ConditionLanguage, type SeriesSource, unknown } from './language.ts';
import type { RulePlan } from './plan.ts';
import type { RuleEvidence, RuleState, RulesInput, RulesState, RuleTransition, Verdict } from './state.ts';
import { pushReading, type WindowSpec, windowHolds, windowReadings, windowValue } from './windows.ts';

/** As many readings as a finding keeps. */
const evidenceMax = 50;

/** Everything about the rules of a pack that does not change from report to report. */
export interface MachinePlan {
  readonly language: ConditionLanguage;
  readonly rules: readonly RulePlan[];
  readonly series: readonly {
    readonly source: SeriesSource;
    readonly windows: readonly WindowSpec[];
    /** What a reading of this series comes with. */
    readonly signals: ReadonlySet<string>;
    readonly codes: ReadonlySet<string>;
  }[];
  /** Signals whose last value is kept, with their maxAge. */
  readonly maxAgesMs: ReadonlyMap<string, number>;
  readonly codes: ReadonlySet<string>;
}

/**
 * Judges the rules of one device at a time. It holds nothing of a device: all that it learns is in the state it is
 * handed. It lends itself to the condition language as the inputs of the moment.
 */
export class RuleMachine implements ConditionInputs {
  readonly #plan: MachinePlan;
  readonly #windowSpecs: ReadonlyMap<string, WindowSpec>;
  #state: RulesState | undefined;
  #at = 0;
  #silent = false;
  /** Signals and fault codes of the report in hand. */
  readonly #touched = new Set<string>();
  readonly #told = new Set<string>();

  constructor(plan: MachinePlan) {
    this.#plan = plan;
    this.#windowSpecs = new Map(plan.series.flatMap(({ windows }) => windows.map((spec) => [spec.key, spec])));
    plan.language.inputs = this;
  }

  step(state: RulesState, input: RulesInput): readonly RuleTransition[] {
    this.#state = state;
    return input.kind === 'report' ? this.#report(state, input) : this.#tick(state, input);
  }

  value(signal: string): SignalValue {
    const latest = this.#current.latest[signal];
    if (latest === undefined || this.#isOld(signal, latest.at, this.#at)) throw unknown;
    return latest.value;
  }

  window(key: string): number {
    const state = this.#current;
    const spec = this.#windowSpecs.get(key);
    const window = state.windows[key];
    const series = spec === undefined ? undefined : state.series[spec.series];
    if (spec === undefined || window === undefined || series === undefined) throw unknown;
    const value = windowValue(spec, window, series, this.#at);
    if (value === undefined) throw unknown;
    return value;
  }

  ageMs(signal: string): number {
    const latest = this.#current.latest[signal];
    if (latest === undefined) throw unknown;
    return this.#at - latest.at;
  }

  fault(code: string): boolean {
    return this.#current.faults[code] ?? false;
  }

  silent(): boolean {
    return this.#silent;
  }

  get #current(): RulesState {
    assert(this.#state !== undefined, 'a condition is evaluated only inside a step');
    return this.#state;
  }

  #report(state: RulesState, input: RulesInput & { kind: 'report' }): readonly RuleTransition[] {
    const { report, downMs } = input;
    assert(state.at === null || report.at >= state.at, 'reports come in the order of event time');
    this.#silent = false;
    if (state.at !== null && report.at > state.at) this.#restartAcrossGaps(state, report.at);
    state.at = report.at;
    this.#at = report.at;
    this.#takeReadings(state, report);
    const transitions: RuleTransition[] = [];
    for (const rule of this.#plan.rules) {
      const now = rule.usesSilent ? report.receivedAt : report.at;
      this.#judge(rule, { now, holdsSince: now, downMs, touched: this.#isTouched(rule) }, transitions);
    }
    return transitions;
  }

  /** Silence is noticed by ticks alone; event time, and with it every signal, stands still meanwhile. */
  #tick(state: RulesState, input: RulesInput & { kind: 'tick' }): readonly RuleTransition[] {
    const { at: now, silentForMs, downMs } = input;
    this.#silent = silentForMs !== undefined;
    this.#at = state.at ?? 0;
    const transitions: RuleTransition[] = [];
    for (const rule of this.#plan.rules) {
      if (!rule.usesSilent) continue;
      // What changes by a tick is silent() alone.
      this.#judge(rule, { now, holdsSince: now - (silentForMs ?? 0), downMs, touched: true }, transitions);
    }
    return transitions;
  }

  #takeReadings(state: RulesState, report: Report): void {
    this.#touched.clear();
    this.#told.clear();
    for (const { code, active } of report.faults) {
      if (!this.#plan.codes.has(code)) continue;
      state.faults[code] = active;
      this.#told.add(code);
    }
    for (const signal in report.signals) {
      const value = report.signals[signal];
      if (value === undefined) continue;
      this.#touched.add(signal);
      if (!this.#plan.maxAgesMs.has(signal)) continue;
      // Minus zero would not survive JSON.
      const kept = value === 0 ? 0 : value;
      const latest = state.latest[signal];
      if (latest === undefined) state.latest[signal] = { at: report.at, value: kept };
      else {
        latest.at = report.at;
        latest.value = kept;
      }
    }
    for (const series of this.#plan.series) this.#takeSeries(state, series, report);
  }

  #takeSeries(state: RulesState, plan: MachinePlan['series'][number], report: Report): void {
    const { source } = plan;
    let value: number;
    if (source.kind === 'signal') {
      const read = report.signals[source.signal];
      if (read === undefined) return;
      value = typeof read === 'number' ? read : read === true ? 1 : 0;
    } else {
      if (!intersects(plan.signals, this.#touched) && !intersects(plan.codes, this.#told)) return;
      const held = source.condition.holds();
      if (held === undefined) return;
      value = held ? 1 : 0;
    }
    const series = state.series[source.key];
    assert(series !== undefined, 'a state has all series of its layout');
    const windows = plan.windows.map((spec) => {
      const window = state.windows[spec.key];
      assert(window !== undefined, 'a state has all windows of its layout');
      return { spec, state: window };
    });
    pushReading(series, windows, report.at, value);
  }

  /**
   * Between two reports a signal may have aged out, or a window run empty: the condition was unknown in between, so what
   * was waiting for its time starts again.
   */
  #restartAcrossGaps(state: RulesState, next: number): void {
    this.#at = next - 1;
    for (const rule of this.#plan.rules) {
      const own = state.rules[rule.spec.id];
      if (own === undefined || own.since === null || !this.#agedBefore(state, rule, next - 1)) continue;
      if (this.#verdict(rule, own) === rule.awaited(own)) continue;
      own.since = null;
      own.verdict = 'not judged';
    }
  }

  #agedBefore(state: RulesState, rule: RulePlan, at: number): boolean {
    for (const signal of rule.signals) {
      const latest = state.latest[signal];
      if (latest !== undefined && this.#isOld(signal, latest.at, at)) return true;
    }
    for (const spec of rule.windows) {
      const series = state.series[spec.series];
      if (series !== undefined && !windowHolds(spec, series, at)) return true;
    }
    return false;
  }

  #isOld(signal: string, readAt: number, at: number): boolean {
    return at - readAt > (this.#plan.maxAgesMs.get(signal) ?? Number.POSITIVE_INFINITY);
  }

  #isTouched(rule: RulePlan): boolean {
    return intersects(rule.triggerSignals, this.#touched) || intersects(rule.triggerCodes, this.#told);
  }

  #verdict(rule: RulePlan, own: RuleState): Verdict {
    const condition = own.open === null || rule.clear === undefined ? rule.when : rule.clear;
    const held = condition.holds();
    return held === undefined ? 'unknown' : held ? 'true' : 'false';
  }

  #judge(
    rule: RulePlan,
    moment: { readonly now: number; readonly holdsSince: number; readonly downMs: number; readonly touched: boolean },
    transitions: RuleTransition[],
  ): void {
    const state = this.#current;
    const own = state.rules[rule.spec.id];
    assert(own !== undefined, 'a state has all rules of its layout');
    const settled = !moment.touched && own.verdict !== 'not judged' && !rule.movesWithTime;
    if (!settled || this.#agedBefore(state, rule, this.#at)) own.verdict = this.#verdict(rule, own);
    if (own.verdict !== rule.awaited(own)) {
      own.since = null;
      return;
    }
    if (own.since === null) {
      own.since = moment.holdsSince;
      own.downMs = moment.downMs;
    }
    // Event time knows nothing of the service's down-time.
    const heldMs = moment.now - own.since - (rule.usesSilent ? moment.downMs - own.downMs : 0);
    if (heldMs < (own.open === null ? rule.spec.forMs : rule.spec.clearForMs)) return;
    transitions.push(this.#transition(rule, own, { now: moment.now, heldMs: Math.max(0, heldMs) }));
  }

  #transition(
    rule: RulePlan,
    own: RuleState,
    moment: { readonly now: number; readonly heldMs: number },
  ): RuleTransition {
    const raised = own.open === null;
    const open = own.open ?? { startsAt: own.since ?? moment.now, openedAt: moment.now };
    const explanation = raised ? rule.whyRaised : rule.whyCleared;
    const transition: RuleTransition = {
      rule: rule.spec,
      state: raised ? 'raised' : 'cleared',
      startsAt: open.startsAt,
      openedAt: open.openedAt,
      at: moment.now,
      explanation: explanation.sentence({
        at: rule.usesSilent ? moment.now : this.#at,
        heldMs: moment.heldMs,
        readAt: (signal) => this.#current.latest[signal]?.at,
      }),
      evidence: this.#evidence(rule),
      signal: rule.mainSignal,
    };
    own.open = raised ? open : null;
    own.since = null;
    own.verdict = 'not judged';
    return transition;
  }

  #evidence(rule: RulePlan): readonly RuleEvidence[] {
    const state = this.#current;
    const evidence = new Map<string, RuleEvidence>();
    const add = (reading: RuleEvidence): void => {
      evidence.set(`${reading.signal} ${reading.at}`, reading);
    };
    for (const signal of rule.signals) {
      const latest = state.latest[signal];
      if (latest !== undefined) add({ signal, at: latest.at, value: latest.value });
    }
    for (const spec of rule.windows) {
      const series = state.series[spec.series];
      const window = state.windows[spec.key];
      if (series === undefined || window === undefined || !rule.numberSeries.has(spec.series)) continue;
      for (const { at, value } of windowReadings(window, series, evidenceMax)) add({ signal: spec.series, at, value });
    }
    const ordered = [...evidence.values()].sort((a, b) => a.at - b.at || (a.signal < b.signal ? -1 : 1));
    return ordered.slice(-evidenceMax);
  }
}

function intersects(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const item of a) if (b.has(item)) return true;
  return false;
}
