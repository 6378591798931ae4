import { AftercareError, canonicalJson, cellCount, cellsAt, NameLookup } from '../base/index.ts';
import { type DetectorKind, detectors } from '../detect/index.ts';
import type { KnownPack, SignalSpec, WatchSpec } from '../product/index.ts';
import { compileRules } from '../rules/index.ts';
import { Bench, type BenchPlan } from './bench.ts';
import { bandCell, type Judge, type WatchedSignal } from './judge.ts';
import { createWatcher, watcherSize, watcherVersion } from './watcher.ts';

/**
 * Makes a pack ready to judge with. A published pack was checked before; a problem here is a newer engine's. `parent`: the
 * pack in force of the product that it names as that of the devices' parents.
 */
export function prepareJudge(known: KnownPack, parent: KnownPack | undefined): Judge {
  const { rules, problems } = compileRules(known.pack, parent?.pack);
  if (!rules) {
    const text = `${known.product} version ${known.version}: ${problems.join('; ')}`;
    throw new AftercareError('pack-invalid', text, { hint: 'publish a version that `aftercare check` accepts' });
  }
  const plans = known.pack.signals.map(planSignal).filter(({ watches }) => watches.length > 0);
  const bench = new Bench(plans.flatMap(({ band, watches }) => [band, ...watches]));
  const signals = new Map(plans.map((plan) => [plan.signal.name, watchedSignal(plan, bench)]));
  return {
    version: versionOf(known, parent),
    packVersion: known.version,
    pack: known.pack,
    rules,
    bench,
    signals,
    signalsByName: new NameLookup(signals),
  };
}

/** What reports are judged under. */
export function versionOf(known: KnownPack, parent: KnownPack | undefined): Judge['version'] {
  return known.pack.parent === undefined ? known.version : `${known.version} with ${parent?.version ?? 'none'}`;
}

/** The versions of which {@link versionOf} made one; `parent` undefined: there was none. */
export function versionsIn(version: Judge['version']): { readonly own: number; readonly parent: number | undefined } {
  if (typeof version === 'number') return { own: version, parent: undefined };
  const [own, parent] = version.split(' with ');
  return { own: Number(own), parent: parent === undefined || parent === 'none' ? undefined : Number(parent) };
}

interface SignalPlan {
  readonly signal: SignalSpec;
  readonly band: BenchPlan;
  readonly watches: readonly WatchPlan[];
}

interface WatchPlan extends BenchPlan {
  readonly spec: WatchSpec;
  readonly detector: DetectorKind;
}

function planSignal(signal: SignalSpec): SignalPlan {
  const band = { key: `band:${signal.name}`, params: '', size: { cells: cellCount(bandCell), starts: 0 } };
  return { signal, band, watches: watchesOf(signal).map((spec) => planWatch(signal, spec)) };
}

function planWatch(signal: SignalSpec, spec: WatchSpec): WatchPlan {
  const detector = detectors.get(spec.kind);
  if (!detector) throw new AftercareError('pack-invalid', `there is no detector \`${spec.kind}\``);
  const params = canonicalJson([watcherVersion(detector), spec.params]);
  return { key: `${spec.kind}:${signal.name}`, params, size: watcherSize(detector), spec, detector };
}

function watchedSignal({ signal, band, watches }: SignalPlan, bench: Bench): WatchedSignal {
  const watchers = watches.map(({ key, spec, detector }) => ({
    key,
    spec,
    watcher: createWatcher({ signal, spec, detector, memory: bench.place(key) }),
  }));
  return { name: signal.name, watchers, keptBand: cellsAt(bandCell, bench.place(band.key).cells, 0) };
}

/** `range` comes first and by itself: a reading that cannot be is a sensor's fault and teaches the others nothing. */
function watchesOf(signal: SignalSpec): WatchSpec[] {
  if (signal.kind !== 'gauge') return signal.watch.filter((spec) => spec.kind !== 'range');
  const rest = signal.watch.filter((spec) => spec.kind !== 'range');
  if (!signal.range) return rest;
  const own = signal.watch.find((spec) => spec.kind === 'range');
  const [low, high] = signal.range;
  const fallback = { failureMode: 'sensor-fault', severity: 'info', safety: false } as const;
  return [{ ...fallback, ...own, kind: 'range', params: { low, high } }, ...rest];
}
