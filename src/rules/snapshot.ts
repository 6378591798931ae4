import type { MachinePlan, RulePlan, SlotPlan } from './plan.ts';
import { Series } from './series.ts';
import {
  type DroppedRule,
  type LatestReading,
  type RuleState,
  type RulesSnapshot,
  type RulesState,
  rulesSnapshotVersion,
  type WindowAtWork,
} from './state.ts';
import { olderReadings, openWindow, reopenWindow, type WindowSpec } from './windows.ts';

const cellsASlot = 2;

/** Event time of the last reading of a signal; NaN before the first. */
export function latestAt(state: RulesState, slot: number): number {
  return state.latest[slot * cellsASlot] ?? Number.NaN;
}

/** The last reading of a signal; what it is before the first has no meaning. */
export function latestValue(state: RulesState, slot: number, type: SlotPlan['type']): LatestReading['value'] {
  if (type === 'string') return state.words[slot] ?? '';
  const value = state.latest[slot * cellsASlot + 1] ?? 0;
  return type === 'number' ? value : value === 1;
}

/** A reading of another type than the pack gives its signal is none. */
export function keepLatest(state: RulesState, slot: number, plan: SlotPlan, { at, value }: LatestReading): void {
  if (typeof value !== plan.type) return;
  if (plan.isRemembered) state.before[slot] = latestReading(state, slot, plan);
  state.latest[slot * cellsASlot] = at;
  if (typeof value === 'string') state.words[slot] = value;
  // Minus zero would not survive JSON.
  else state.latest[slot * cellsASlot + 1] = Number(value) + 0;
}

/** As before its first reading. */
export function forgetLatest(state: RulesState, slot: number): void {
  state.latest[slot * cellsASlot] = Number.NaN;
}

function latestReading(state: RulesState, slot: number, { type }: SlotPlan): LatestReading | undefined {
  const at = latestAt(state, slot);
  return Number.isNaN(at) ? undefined : { at, value: latestValue(state, slot, type) };
}

export function freshRule(): RuleState {
  return { verdict: 'not judged', since: null, downMs: 0, open: null };
}

/** What these rules know of a device never heard of. */
export function newState(layout: string, plan: MachinePlan): RulesState {
  return restoredState(layout, plan, {
    version: rulesSnapshotVersion,
    at: null,
    latest: {},
    faults: [],
    series: {},
    windows: {},
    rules: {},
  });
}

export function snapshotOf(plan: MachinePlan, state: RulesState): RulesSnapshot {
  const { slots, series, windows, rules, codes, spells } = plan;
  return {
    version: rulesSnapshotVersion,
    at: Number.isFinite(state.at) ? state.at : null,
    latest: Object.fromEntries(
      slots.flatMap((slotPlan, slot) => {
        const latest = latestReading(state, slot, slotPlan);
        const before = state.before[slot];
        return latest ? [[slotPlan.signal, before ? { ...latest, before } : latest]] : [];
      }),
    ),
    faults: [...codes].flatMap(([code, { index }]) => (state.faults[index] === true ? [code] : [])),
    series: byKey(
      series,
      ({ source }) => source.key,
      state.series,
      (own) => own.series.snapshot(),
    ),
    windows: byKey(
      windows,
      ({ key }) => key,
      state.windows,
      (own) => ({
        start: own.state.start,
        older: olderReadings(own.spec, own.state),
      }),
    ),
    rules: byKey(
      rules,
      ({ spec }) => spec.id,
      state.rules,
      (own, { fingerprint }) => ({ fingerprint, ...own }),
    ),
    ...(spells.length > 0 && {
      spells: byKey(
        spells,
        ({ key }) => key,
        state.spells,
        (own) => ({ ...own }),
      ),
    }),
    ...(plan.usesFacts && { context: { ...state.facts } }),
  };
}

function byKey<P, S, R>(
  plans: readonly P[],
  keyOf: (plan: P) => string,
  states: readonly S[],
  resultOf: (state: S, plan: P) => R,
): Record<string, R> {
  return Object.fromEntries(
    plans.flatMap((plan, index) => {
      const state = states[index];
      return state === undefined ? [] : [[keyOf(plan), resultOf(state, plan)] as const];
    }),
  );
}

/** What these rules can go on with of what others, or they themselves, knew. */
export function restoredState(layout: string, plan: MachinePlan, old: RulesSnapshot): RulesState {
  const { slots } = plan;
  const series = new Map(plan.series.map(({ source }) => [source.key, new Series(old.series[source.key])]));
  const windows = plan.windows.map((spec) => windowOf(spec, series.get(spec.series) ?? new Series(), old));
  const rules = plan.rules.map((rule) => keptRule(rule, old) ?? freshRule());
  const state: RulesState = {
    layout,
    at: old.at ?? Number.NEGATIVE_INFINITY,
    latest: new Float64Array(slots.length * cellsASlot),
    words: slots.map(() => ''),
    before: [],
    faults: [],
    spells: plan.spells.map(({ key }) => ({ ...(old.spells?.[key] ?? { verdict: 'not judged', began: null }) })),
    facts: { firmware: undefined, site: undefined, timezone: undefined, ...old.context },
    series: plan.series.map(({ source }) => ({
      series: series.get(source.key) ?? new Series(),
      windows: windows.filter(({ spec }) => spec.series === source.key),
    })),
    windows,
    rules,
    waiting: rules.filter(({ since }) => since !== null).length,
  };
  for (const [slot, slotPlan] of slots.entries()) {
    state.latest[slot * cellsASlot] = Number.NaN;
    const latest = old.latest[slotPlan.signal];
    if (latest === undefined) continue;
    keepLatest(state, slot, slotPlan, latest);
    if (slotPlan.isRemembered && typeof latest.before?.value === slotPlan.type) state.before[slot] = latest.before;
  }
  for (const [code, { index }] of plan.codes) state.faults[index] = old.faults.includes(code);
  return state;
}

function windowOf(spec: WindowSpec, series: Series, { windows }: RulesSnapshot): WindowAtWork {
  const old = windows[spec.key];
  return { spec, series, state: old ? reopenWindow(spec, series, old.start, old.older) : openWindow(spec, series) };
}

function keptRule({ spec, fingerprint }: RulePlan, old: RulesSnapshot): RuleState | undefined {
  const kept = old.rules[spec.id];
  if (kept?.fingerprint !== fingerprint) return undefined;
  const { fingerprint: _own, ...state } = kept;
  return state;
}

/** Rules that were open and cannot go on. */
export function droppedRules(plan: MachinePlan, old: RulesSnapshot): DroppedRule[] {
  // Of a snapshot that cannot be read nothing is kept: what was open would stay open for ever.
  const isRead = old.version === rulesSnapshotVersion;
  return Object.entries(old.rules).flatMap(([rule, own]) => {
    const kept =
      isRead && plan.rules.some(({ spec, fingerprint }) => spec.id === rule && fingerprint === own.fingerprint);
    return kept || own.open === null ? [] : [{ rule, ...own.open }];
  });
}
