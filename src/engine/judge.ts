import { type Cells, hourMs, minuteMs, type NameLookup } from '../base/index.ts';
import type { NumberReading } from '../detect/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { ProductPack, WatchSpec } from '../product/index.ts';
import type { CompiledRules, RuleTransition } from '../rules/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { Bench } from './bench.ts';
import { type DeviceState, rulesSnapshot } from './device-state.ts';
import type { EngineOutput, Judged } from './engine.ts';
import { type Cause, clear, clearShared, type Raised, raise, raiseShared, reassess } from './episode.ts';
import type { Band, Watcher, WatcherChange } from './watcher.ts';

/** A pack made ready to judge with: once a version, for all devices. */
export interface Judge {
  /** Tells what reports are judged under: the version of the pack, with that of the parents' pack where it names one. */
  readonly version: number | string;
  readonly packVersion: number;
  readonly pack: ProductPack;
  readonly rules: CompiledRules;
  readonly bench: Bench;
  /** By signal, in the pack's order. */
  readonly signals: ReadonlyMap<string, WatchedSignal>;
  /** The same, for the names in a report. */
  readonly signalsByName: NameLookup<WatchedSignal>;
}

export interface WatchedSignal {
  readonly name: string;
  readonly watchers: readonly SignalWatcher[];
  /** Of the device in hand. */
  readonly keptBand: Cells<typeof bandCell>;
}

export interface SignalWatcher {
  /** `${kind}:${signal}`: the finding's source. */
  readonly key: string;
  readonly spec: WatchSpec;
  readonly watcher: Watcher;
}

const noEvents: readonly FindingEvent[] = [];

/** The last band that was kept for charts; all zero before the first. */
export const bandCell = { at: 0, low: 1, high: 2 } as const;

/** A band is kept for charts when it moved by a tenth of its width, or after this long; never more often than each… */
const bandKeepMs = 6 * hourMs;
const bandEveryMs = 10 * minuteMs;
const bandMoved = 0.1;

/** Gives a device's state to a new pack version: what did not change goes on, what changed starts afresh. */
export function adoptPack(state: DeviceState, judge: Judge, cause: Cause): FindingEvent[] {
  const known = new Set<string>(['silent', 'assist']);
  const rulesBefore = rulesSnapshot(state);
  if (rulesBefore) {
    const { state: rules, dropped } = judge.rules.restore(rulesBefore);
    state.rules = rules;
    state.rulesBefore = undefined;
    for (const rule of judge.pack.rules) known.add(`rule:${rule.id}`);
    for (const { rule } of dropped) known.delete(`rule:${rule}`);
  } else state.rules = judge.rules.init();
  const kept = judge.bench.layOut(state.memory);
  for (const { key, watcher } of watchersOf(judge)) {
    if (kept.has(key)) known.add(key);
    else watcher.init();
  }
  state.memory = judge.bench.take(isWarm(judge));
  state.judge = judge;
  const gone = Object.keys(state.open).filter((source) => !stays(state, source, known));
  const parents = judge.pack.parent === undefined ? '' : " a version of its parents' pack,";
  const changedBy = `Version ${judge.packVersion} of the product pack,${parents} or an update`;
  const explanation = `${changedBy}, changed what raised this; it is judged anew.`;
  return gone.flatMap((source) => clear(state, source, cause, { endsAt: cause.at, explanation }) ?? []);
}

function watchersOf({ signals }: Judge): SignalWatcher[] {
  return [...signals.values()].flatMap(({ watchers }) => watchers);
}

function isWarm(judge: Judge): boolean {
  return watchersOf(judge).every(({ watcher }) => watcher.isWarm());
}

/** Whether what raised a finding is still there; of those that share one, whether any is. */
function stays(state: DeviceState, source: string, known: ReadonlySet<string>): boolean {
  const open = state.open[source];
  if (!open?.holders) return known.has(source) || source.startsWith('fault:');
  const holders = Object.entries(open.holders).map(([key, holds]) => [key, holds && known.has(key)] as const);
  state.open[source] = { ...open, holders: Object.fromEntries(holders) };
  return holders.some(([, holds]) => holds);
}

/** A report that is being judged. */
export interface InHand {
  readonly state: DeviceState;
  readonly judge: Judge;
  readonly cause: Cause;
  readonly report: Report;
  readonly out: EngineOutput;
}

/** The detectors' judgement of a report's numbers. */
export function judgeReadings(inHand: InHand): void {
  const { state, judge, report } = inHand;
  const { signals, signalsByName, bench } = judge;
  if (signals.size === 0) return;
  bench.lay(state.memory);
  const reading = { at: report.at, value: 0 };
  let place = 0;
  for (const name in report.signals) {
    const value = report.signals[name];
    const signal = signalsByName.get(name, place);
    place += 1;
    if (signal === undefined || typeof value !== 'number') continue;
    reading.value = value;
    judgeReading(inHand, signal, reading);
  }
  bench.putBack(state.memory);
  if (!bench.isWarm(state.memory) && isWarm(judge)) state.memory = bench.take(true);
}

function judgeReading(inHand: InHand, signal: WatchedSignal, reading: NumberReading): void {
  const { report, out } = inHand;
  const { watchers } = signal;
  let banded = false;
  for (let index = 0; index < watchers.length; index += 1) {
    const item = watchers[index];
    if (item === undefined) continue;
    const { band, change, outOfRange } = item.watcher.step(reading);
    if (change) {
      const event = watcherEvent(inHand, signal.name, item, change);
      if (event) out.findings.push(event);
    }
    if (out.judged) out.judged.push(judgedBy(item, signal, report, band));
    if (outOfRange) return;
    // The chart shows one band: that of the first watcher that has one.
    if (banded || !band || item.spec.kind === 'range') continue;
    banded = true;
    if (isWorthKeeping(signal.keptBand, report.at, band, change)) keepBand(inHand, signal, band);
  }
}

function judgedBy(
  { key, watcher }: SignalWatcher,
  { name }: WatchedSignal,
  report: Report,
  band: Band | undefined,
): Judged {
  const { device, at } = report;
  const shown = band && { low: band.low, high: band.high, expected: band.expected };
  return { device, signal: name, source: key, at, band: shown, exceedance: watcher.exceedance() };
}

function watcherEvent(
  { state, judge, cause }: InHand,
  signal: string,
  { key: source, spec }: SignalWatcher,
  change: WatcherChange,
): FindingEvent | undefined {
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
  return isRange ? raise(state, judge.pack, cause, raised) : raiseShared(state, judge.pack, cause, raised);
}

function isWorthKeeping(
  kept: WatchedSignal['keptBand'],
  at: number,
  band: Band,
  change: WatcherChange | undefined,
): boolean {
  if (change || kept[bandCell.at] === 0) return true;
  const sinceMs = at - kept[bandCell.at];
  if (sinceMs < bandEveryMs) return false;
  const moved = Math.max(Math.abs(band.low - kept[bandCell.low]), Math.abs(band.high - kept[bandCell.high]));
  return sinceMs >= bandKeepMs || moved > bandMoved * (kept[bandCell.high] - kept[bandCell.low]);
}

function keepBand({ report, out }: InHand, { name, keptBand }: WatchedSignal, { low, high }: Band): void {
  keptBand[bandCell.at] = report.at;
  keptBand[bandCell.low] = low;
  keptBand[bandCell.high] = high;
  out.bands.push({ device: report.device, signal: name, at: report.at, low, high });
}

/** What the rules' transitions mean as findings. */
export function ruleEvents(
  state: DeviceState,
  { pack, rules }: Pick<Judge, 'pack' | 'rules'>,
  cause: Cause,
  transitions: readonly RuleTransition[],
): readonly FindingEvent[] {
  if (transitions.length === 0) return noEvents;
  return transitions.flatMap((transition) => {
    const { rule, explanation, evidence } = transition;
    const source = `rule:${rule.id}`;
    if (transition.state === 'cleared') return clear(state, source, cause, { endsAt: transition.at }) ?? [];
    const { startsAt, openedAt, signal, severity } = transition;
    if (transition.state === 'changed')
      return reassess(state, source, cause, { severity, explanation, evidence }) ?? [];
    const { failureMode, safety } = rule;
    const opensCase = rule.stage === 'live';
    const bySilence = rules.silentRules.has(rule.id) ? ({ bySilence: true } as const) : {};
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
        ...bySilence,
      }) ?? []
    );
  });
}
