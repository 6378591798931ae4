import { assert, canonicalJson } from '../base/index.ts';
import { type ProductPack, parentVocabulary, type RuleSpec, type SignalSpec } from '../product/index.ts';
import { type Severity, severities } from '../telemetry/index.ts';
import { Explanation, ruleSentences } from './explain.ts';
import { ConditionLanguage } from './language.ts';
import { RuleMachine } from './machine.ts';
import type { EscalationPlan, MachinePlan, RulePlan, Wakes } from './plan.ts';
import type { Condition } from './reads.ts';
import { droppedRules, newState, restoredState, snapshotOf } from './snapshot.ts';
import {
  type DroppedRule,
  type RulesInput,
  type RulesSnapshot,
  type RulesState,
  type RuleTransition,
  rulesSnapshotVersion,
} from './state.ts';
import { parentSignal } from './syntax.ts';
import { type Term, termOf } from './terms.ts';
import { type ConditionUses, seriesTriggers, triggersOf } from './uses.ts';
import { type RuleNow, ruleNow } from './why.ts';
import { type WindowSpec, windowsMax } from './windows.ts';

/** The rules of one pack version, compiled once for all devices of the product. Draft and retired ones are left out. */
export interface CompiledRules {
  /** Tells the states of these rules from those of others. */
  readonly layout: string;
  /** Ids of the rules that ask for silent(): ticks must be judged too. */
  readonly silentRules: ReadonlySet<string>;
  /** Some rule asks for the device's site, or for the hour or weekday where it stands: reports are given with these. */
  readonly usesContext: boolean;
  /** Signals of the device's parent that some rule asks for: reports are given with what these are known to be. */
  readonly parentSignals: readonly SignalSpec[];
  /** Gives what `from` knows of those to `to`, which was judged again without the ticks. */
  keepSilent(from: RulesState, to: RulesState): void;
  /** Whether ticks without silence change nothing: no rule that asks for it waits, is open or was not judged yet. */
  isQuiet(state: RulesState): boolean;
  /** The state of a device never heard of. */
  init(): RulesState;
  /**
   * Judges a report or a tick: changes `state` and returns what was raised or cleared, in the pack's order of rules.
   * Reports come in the order of event time; two may share one.
   */
  step(state: RulesState, input: RulesInput): readonly RuleTransition[];
  /** How each rule stands after the last report, in the pack's order. */
  why(state: RulesState, isSilent: boolean): readonly RuleNow[];
  /** What a state of these rules knows, for keeps. Cheap: for each reading in a window it copies two numbers. */
  snapshot(state: RulesState): RulesSnapshot;
  /**
   * A state for these rules, from a snapshot of these or of other rules. Rules that did not change keep all they know,
   * the others start anew; those of them that were open are in `dropped`.
   */
  restore(snapshot: RulesSnapshot): { readonly state: RulesState; readonly dropped: readonly DroppedRule[] };
}

export type CompileResult =
  | { readonly rules: CompiledRules; readonly problems?: undefined }
  | { readonly rules?: undefined; readonly problems: readonly string[] };

/** Packs of one product are of the parents that another names. */
type ParentPack = Pick<ProductPack, 'product' | 'signals' | 'derived'>;

/**
 * Compiles a parsed pack. Problems are possible only for packs that were not parsed with the condition checker. `parent`:
 * the pack in force of the product that it names; without one, or where it does not have what the rules ask for, all of
 * the parent is unknown to them.
 */
export function compileRules(pack: ProductPack, parent?: ParentPack): CompileResult {
  const compiled = compileWith(pack, parent);
  return compiled.problems && parent ? compileWith(pack, undefined) : compiled;
}

function compileWith(pack: ProductPack, parent: ParentPack | undefined): CompileResult {
  const language = languageOf(pack, parent);
  const problems: string[] = [];
  const plans: RulePlan[] = [];
  for (const spec of pack.rules) {
    if (spec.stage === 'draft' || spec.stage === 'retired') continue;
    const plan = planRule(language, spec, problems);
    if (plan !== undefined) plans.push(plan);
  }
  if (language.readsCount > windowsMax) problems.push(`the rules use more than ${windowsMax} different windows`);
  if (problems.length > 0) return { problems };
  return { rules: new Rules(language, plans) };
}

/**
 * "When the 15-minute average of cabinet temperature is above 8 °C for 10 minutes, opens 'Loss of cooling' (major)."
 * `parent` as in {@link compileRules}: titles and units of the parent's signals are from there.
 */
export function readBack(rule: RuleSpec, pack: ProductPack, parent?: ParentPack): string {
  const language = languageOf(pack, parent);
  const termFor = (text: string): Term | undefined => {
    const result = language.compile(text);
    return 'condition' in result ? termOf(result.condition.ast, language) : undefined;
  };
  const when = termFor(rule.when);
  if (when === undefined) return `When ${rule.when}.`;
  const clear = rule.clear === undefined ? undefined : termFor(rule.clear);
  const escalations = escalationsOf(rule).flatMap(({ severity, text }) => {
    const term = termFor(text);
    return term ? [{ severity, term }] : [];
  });
  const modeTitle = pack.failureModes.find((mode) => mode.id === rule.failureMode)?.title ?? rule.failureMode;
  return ruleSentences(rule, { when, clear, escalations }, modeTitle, language);
}

function languageOf(pack: ProductPack, parent: ParentPack | undefined): ConditionLanguage {
  const own = pack.parent === pack.product ? pack : parent;
  return new ConditionLanguage({
    signals: [...pack.signals, ...pack.derived],
    unsureSignals: [],
    faultCodes: pack.faultCodes.map((code) => code.code),
    parent: pack.parent === undefined ? undefined : parentVocabulary(pack.parent, own),
  });
}

/** The worst first. */
function escalationsOf({ escalate = {} }: RuleSpec): { readonly severity: Severity; readonly text: string }[] {
  return [...severities].reverse().flatMap((severity) => {
    const text = escalate[severity];
    return text === undefined ? [] : [{ severity, text }];
  });
}

function planRule(language: ConditionLanguage, spec: RuleSpec, problems: string[]): RulePlan | undefined {
  const when = compileOne(language, spec, spec.when, problems);
  const clear = spec.clear === undefined ? undefined : compileOne(language, spec, spec.clear, problems);
  if (when === undefined || (spec.clear !== undefined && clear === undefined)) return undefined;
  const escalations = escalationsOf(spec).flatMap(({ severity, text }): EscalationPlan[] => {
    const condition = compileOne(language, spec, text, problems);
    if (condition === undefined) return [];
    const why = (expected: boolean) => new Explanation(termOf(condition.ast, language, expected), language);
    return [{ severity, condition, whyRaised: why(true), whyLowered: why(false) }];
  });
  const conditions = [when, ...(clear ? [clear] : []), ...escalations.map(({ condition }) => condition)];
  const uses = conditions.map((condition) => condition.uses);
  const triggers = uses.map((use) => triggersOf(language, use));
  const triggerSignals = new Set(triggers.flatMap((trigger) => [...trigger.signals]));
  const signals = new Set(uses.flatMap((use) => [...use.signals]).filter((name) => parentSignal(name) === undefined));
  const whyRaised = new Explanation(termOf(when.ast, language), language);
  const whyCleared = new Explanation(termOf((clear ?? when).ast, language, clear !== undefined), language);
  const wakes = wakesOf(language, uses);
  const usesSilent = uses.some((use) => use.silent);
  return {
    spec,
    ...wakes,
    fingerprint: fingerprintOf(language, spec, triggerSignals, new Set(uses.flatMap((use) => [...use.derived]))),
    when,
    clear,
    escalations,
    usesSilent,
    usesFacts: uses.some((use) => use.facts.size > 0),
    signals,
    numberSeries: new Set(
      wakes.windows.map(({ spec }) => spec.series).filter((key) => language.signal(key)?.type === 'number'),
    ),
    triggerSignals,
    triggerCodes: new Set(triggers.flatMap((trigger) => [...trigger.codes])),
    whyRaised,
    whyCleared,
    mainSignal: sentSignal(language, whyRaised.mainSignal) ?? firstOwn(triggerSignals),
  };
}

/** When something with these uses must be looked at again. */
function wakesOf(language: ConditionLanguage, uses: readonly ConditionUses[]): Wakes {
  const windows = [...new Set(uses.flatMap((use) => [...use.windows]))].map((key) => ({
    spec: windowSpec(language, key),
    index: language.windowIndex(key),
  }));
  const signals = new Set(uses.flatMap((use) => [...use.signals]));
  const asksTime = uses.some((use) => use.silent || use.ages.size + use.spells.size + use.facts.size > 0);
  return {
    movesWithTime: asksTime || windows.length > 0,
    ages: [...signals].map((name) => ({ slot: language.slotOf(name), maxAgeMs: maxAgeOf(language, name) })),
    windows,
  };
}

/** Of a calculated signal the first that it is calculated from; undefined for one of the parent. */
function sentSignal(language: ConditionLanguage, name: string | undefined): string | undefined {
  const derived = name === undefined ? undefined : language.derived(name);
  if (derived) return firstOwn(triggersOf(language, derived.uses).signals);
  return name === undefined || parentSignal(name) === undefined ? name : undefined;
}

function firstOwn(signals: ReadonlySet<string>): string | undefined {
  return signals.values().find((name) => parentSignal(name) === undefined);
}

function compileOne(
  language: ConditionLanguage,
  spec: RuleSpec,
  text: string,
  problems: string[],
): Condition | undefined {
  const result = language.compile(text);
  if ('condition' in result) return result.condition;
  problems.push(`rule '${spec.id}', column ${result.problem.offset + 1} of its condition: ${result.problem.text}`);
  return undefined;
}

function windowSpec(language: ConditionLanguage, key: string): WindowSpec {
  const spec = language.windows.get(key);
  assert(spec !== undefined, 'the type check made every window known');
  return spec;
}

class Rules implements CompiledRules {
  readonly #plan: MachinePlan;
  readonly #machine: RuleMachine;
  readonly layout: string;
  readonly silentRules: ReadonlySet<string>;
  readonly usesContext: boolean;
  readonly parentSignals: readonly SignalSpec[];

  constructor(language: ConditionLanguage, plans: readonly RulePlan[]) {
    this.#plan = machinePlan(language, plans);
    this.#machine = new RuleMachine(this.#plan);
    this.silentRules = new Set(plans.filter((plan) => plan.usesSilent).map((plan) => plan.spec.id));
    this.usesContext = this.#plan.usesFacts;
    this.parentSignals = this.#plan.parents.flatMap(({ name }) => language.signal(name) ?? []);
    this.layout = hashOf(canonicalJson(plans.map((plan) => [plan.spec.id, plan.fingerprint])));
  }

  init(): RulesState {
    return newState(this.layout, this.#plan);
  }

  step(state: RulesState, input: RulesInput): readonly RuleTransition[] {
    assert(state.layout === this.layout, 'a state of other rules is restored before it is used');
    return this.#machine.step(state, input);
  }

  why(state: RulesState, isSilent: boolean): readonly RuleNow[] {
    assert(state.layout === this.layout, 'a state is read by the rules that made it');
    this.#machine.lookAt(state, isSilent);
    return this.#plan.rules.flatMap((plan, place) => {
      const own = state.rules[place];
      return own === undefined ? [] : ruleNow(plan, own, this.#plan.language);
    });
  }

  snapshot(state: RulesState): RulesSnapshot {
    assert(state.layout === this.layout, 'a state is read by the rules that made it');
    return snapshotOf(this.#plan, state);
  }

  keepSilent(from: RulesState, to: RulesState): void {
    for (const [place, plan] of this.#plan.rules.entries()) {
      const [known, own] = [from.rules[place], to.rules[place]];
      if (plan.usesSilent && known && own) Object.assign(own, known);
    }
  }

  isQuiet(state: RulesState): boolean {
    const { rules } = this.#plan;
    for (let index = 0; index < rules.length; index += 1) {
      const own = state.rules[index];
      if (rules[index]?.usesSilent !== true || own === undefined) continue;
      if (own.since !== null || own.open !== null || own.verdict === 'not judged') return false;
    }
    return true;
  }

  restore(old: RulesSnapshot): { readonly state: RulesState; readonly dropped: readonly DroppedRule[] } {
    const state = old.version === rulesSnapshotVersion ? restoredState(this.layout, this.#plan, old) : this.init();
    return { state, dropped: droppedRules(this.#plan, old) };
  }
}

function machinePlan(language: ConditionLanguage, rules: readonly RulePlan[]): MachinePlan {
  const windows = [...language.windows.values()];
  const sources = [...language.series.values()];
  const series = sources.map((source) => ({
    source,
    windows: windows.flatMap((spec, index) => (spec.series === source.key ? [index] : [])),
  }));
  const seriesMovers = sources.map(({ key }) => seriesTriggers(language, key));
  const spells = [...language.spells].map(([key, condition]) => ({
    key,
    condition,
    ...wakesOf(language, [condition.uses]),
  }));
  const spellMovers = spells.map(({ condition }) => triggersOf(language, condition.uses));
  const moves = (kind: 'signals' | 'codes', name: string) => ({
    series: indexesOf(seriesMovers, (trigger) => trigger[kind].has(name)),
    spells: indexesOf(spellMovers, (trigger) => trigger[kind].has(name)),
    rules: indexesOf(rules, (rule) => (kind === 'signals' ? rule.triggerSignals : rule.triggerCodes).has(name)),
  });
  const names = new Set(rules.flatMap((plan) => [...plan.triggerSignals]));
  const codes = new Set(rules.flatMap((plan) => [...plan.triggerCodes]));
  return {
    language,
    rules,
    series,
    spells,
    sources: language.sources.map(({ kind, key }) => ({
      kind,
      index: kind === 'series' ? sources.findIndex((source) => source.key === key) : language.spellIndex(key),
    })),
    windows,
    usesFacts: rules.some(({ usesFacts }) => usesFacts),
    signals: new Map([...names].map((name) => [name, { slot: language.slotOf(name), ...moves('signals', name) }])),
    parents: [...names].flatMap((name) => {
      const signal = parentSignal(name);
      return signal === undefined ? [] : [{ name, signal, slot: language.slotOf(name), ...moves('signals', name) }];
    }),
    codes: new Map([...codes].map((code) => [code, { index: language.codeIndex(code), ...moves('codes', code) }])),
    slots: language.slots.map((signal) => ({
      signal,
      type: language.signal(signal)?.type ?? 'number',
      maxAgeMs: maxAgeOf(language, signal),
      isRemembered: language.remembered.has(signal),
    })),
  };
}

function indexesOf<T>(items: readonly T[], isOne: (item: T) => boolean): number[] {
  return items.flatMap((item, index) => (isOne(item) ? [index] : []));
}

function maxAgeOf(language: ConditionLanguage, signal: string): number {
  return language.signal(signal)?.maxAgeMs ?? 0;
}

/** What a rule's state means: the rule without its title, and the signals that it depends on. */
function fingerprintOf(
  language: ConditionLanguage,
  spec: RuleSpec,
  signals: ReadonlySet<string>,
  derived: ReadonlySet<string>,
): string {
  const { title: _title, ...meaning } = spec;
  const calculated = [...derived].sort().map((name) => [name, language.signal(name)?.is]);
  const inputs = [...signals].sort().map((name) => {
    const signal = language.signal(name);
    return [name, signal?.kind, signal?.type, signal?.unit, signal?.maxAgeMs];
  });
  return hashOf(canonicalJson(derived.size > 0 ? [meaning, inputs, calculated] : [meaning, inputs]));
}

/** 64 bits in hex of two FNV-1a runs: to tell versions of a rule apart, against accidents only. */
function hashOf(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x050c5d1f;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit ^ index, 0x01000193);
  }
  return [low, high].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
