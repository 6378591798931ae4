import type { FindingEvent } from '../findings/index.ts';
import type { ProductPack, WatchSpec } from '../product/index.ts';
import type { CompiledRules, RuleTransition } from '../rules/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { DeviceState } from './device-state.ts';
import type { BandPoint, EngineOutput } from './engine.ts';
import { type Cause, clear, clearShared, type Raised, raise, raiseShared } from './episode.ts';
import type { Watcher, WatcherStep } from './watcher.ts';

/** A pack made ready to judge with: once a version, for all devices. */
export interface Judge {
  readonly version: number;
  /** Tells the states that this judge can go on with from those of other packs, or of another version of ours. */
  readonly layout: string;
  readonly pack: ProductPack;
  readonly rules: CompiledRules;
  /** By signal, in the pack's order. */
  readonly watchers: ReadonlyMap<string, readonly SignalWatcher[]>;
}

export interface SignalWatcher {
  /** `${kind}:${signal}`: the finding's source and the state's key. */
  readonly key: string;
  readonly signal: string;
  readonly spec: WatchSpec;
  /** Parameters as text: a state belongs to those it grew up with. */
  readonly params: string;
  readonly watcher: Watcher;
}

/** A band is kept for charts when it moved by a tenth of its width, or after this long; never more often than each… */
const bandKeepMs = 6 * 3_600_000;
const bandEveryMs = 10 * 60_000;
const bandMoved = 0.1;

/** Gives a device's state to a new pack version: what did not change goes on, what changed starts afresh. */
export function adoptPack(state: DeviceState, judge: Judge, cause: Cause): FindingEvent[] {
  const known = new Set<string>(['silent', 'assist']);
  if (state.rules) {
    const { state: rules, dropped } = judge.rules.restore(state.rules);
    state.rules = rules;
    for (const rule of judge.pack.rules) known.add(`rule:${rule.id}`);
    for (const { rule } of dropped) known.delete(`rule:${rule}`);
  } else state.rules = judge.rules.init();
  for (const watchers of judge.watchers.values()) {
    for (const { key, params, watcher } of watchers) {
      known.add(key);
      if (state.watchers[key]?.params === params) continue;
      state.watchers[key] = { params, state: watcher.init() };
      known.delete(key);
    }
  }
  for (const key of Object.keys(state.watchers)) {
    if (![...judge.watchers.values()].some((list) => list.some((item) => item.key === key))) delete state.watchers[key];
  }
  state.layout = judge.layout;
  const gone = Object.keys(state.open).filter((source) => !stays(state, source, known));
  const explanation = `Version ${judge.version} of the product pack changed what raised this; it is judged anew.`;
  return gone.flatMap((source) => clear(state, source, cause, { endsAt: cause.at, explanation }) ?? []);
}

/** Whether what raised a finding is still there; of those that share one, whether any is. */
function stays(state: DeviceState, source: string, known: ReadonlySet<string>): boolean {
  const open = state.open[source];
  if (!open?.holders) return known.has(source) || source.startsWith('fault:');
  const holders = Object.entries(open.holders).map(([key, holds]) => [key, holds && known.has(key)] as const);
  state.open[source] = { ...open, holders: Object.fromEntries(holders) };
  return holders.some(([, holds]) => holds);
}

/** The detectors' judgement of a report's numbers. */
export function judgeReadings(
  state: DeviceState,
  judge: Judge,
  cause: Cause,
  report: Report,
  out: Pick<EngineOutput, 'bands' | 'judged'>,
): FindingEvent[] {
  const events: FindingEvent[] = [];
  for (const signal in report.signals) {
    const value = report.signals[signal];
    const watchers = judge.watchers.get(signal);
    if (!watchers || typeof value !== 'number') continue;
    let banded = false;
    for (const item of watchers) {
      const held = state.watchers[item.key];
      if (!held) continue;
      const step = item.watcher.step(held.state, { at: report.at, value });
      const event = watcherEvent(state, judge.pack, cause, item, step);
      if (event) events.push(event);
      const { band, exceedance } = step;
      out.judged?.push({ device: report.device, signal, source: item.key, at: report.at, band, exceedance });
      if (step.outOfRange) break;
      // The chart shows one band: that of the first watcher that has one.
      if (banded || item.spec.kind === 'range' || !band) continue;
      banded = true;
      keepBand(state, report, signal, step, out.bands);
    }
  }
  return events;
}

function watcherEvent(
  state: DeviceState,
  pack: ProductPack,
  cause: Cause,
  item: SignalWatcher,
  step: WatcherStep,
): FindingEvent | undefined {
  const { change } = step;
  if (change === undefined) return undefined;
  const { key: source, signal, spec } = item;
  const isRange = spec.kind === 'range';
  if (change.kind === 'cleared') {
    const end = { endsAt: change.endsAt };
    return isRange ? clear(state, source, cause, end) : clearShared(state, source, cause, end);
  }
  const raised: Raised & { readonly signal: string } = {
    source,
    signal,
    failureMode: spec.failureMode,
    title: undefined,
    severity: spec.severity,
    safety: spec.safety,
    opensCase: !isRange,
    startsAt: change.startsAt,
    openedAt: change.openedAt,
    explanation: change.explanation,
    evidence: change.evidence.map((reading) => ({ signal, ...reading })),
  };
  return isRange ? raise(state, pack, cause, raised) : raiseShared(state, pack, cause, raised);
}

function keepBand(state: DeviceState, report: Report, signal: string, step: WatcherStep, bands: BandPoint[]): void {
  const { band } = step;
  if (!band) return;
  const last = state.bands[signal];
  if (last && step.change === undefined) {
    const sinceMs = report.at - last.at;
    const moved = Math.max(Math.abs(band.low - last.low), Math.abs(band.high - last.high));
    if (sinceMs < bandEveryMs) return;
    if (sinceMs < bandKeepMs && moved <= bandMoved * (last.high - last.low)) return;
  }
  state.bands[signal] = { at: report.at, low: band.low, high: band.high };
  bands.push({ device: report.device, signal, at: report.at, low: band.low, high: band.high });
}

/** What the rules' transitions mean as findings. */
export function ruleEvents(
  state: DeviceState,
  pack: ProductPack,
  cause: Cause,
  transitions: readonly RuleTransition[],
): FindingEvent[] {
  return transitions.flatMap((transition) => {
    const { rule, explanation, evidence } = transition;
    const source = `rule:${rule.id}`;
    if (transition.state === 'cleared') return clear(state, source, cause, { endsAt: transition.at }) ?? [];
    const { startsAt, openedAt, signal } = transition;
    const { failureMode, severity, safety } = rule;
    const opensCase = rule.stage === 'live';
    return (
      raise(state, pack, cause, {
        source,
        signal,
        failureMode,
        title: undefined,
        severity,
        safety,
        opensCase,
        startsAt,
        openedAt,
        explanation,
        evidence,
      }) ?? []
    );
  });
}
