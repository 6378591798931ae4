import { AftercareError, canonicalJson } from '../base/index.ts';
import { detectors } from '../detect/index.ts';
import type { KnownPack, SignalSpec, WatchSpec } from '../product/index.ts';
import { compileRules } from '../rules/index.ts';
import type { Judge, SignalWatcher } from './judge.ts';
import { createWatcher } from './watcher.ts';

/** Makes a pack ready to judge with. A published pack was checked before; a problem here is a newer engine's. */
export function prepareJudge(known: KnownPack): Judge {
  const { rules, problems } = compileRules(known.pack);
  if (!rules) {
    const text = `${known.product} version ${known.version}: ${problems.join('; ')}`;
    throw new AftercareError('pack-invalid', text, { hint: 'publish a version that `aftercare check` accepts' });
  }
  const watchers = new Map<string, readonly SignalWatcher[]>();
  for (const signal of known.pack.signals) {
    const list = watchesOf(signal).map((spec) => signalWatcher(signal, spec));
    if (list.length > 0) watchers.set(signal.name, list);
  }
  const params = [...watchers.values()].flatMap((list) => list.map((item) => [item.key, item.params]));
  const layout = canonicalJson([known.version, rules.layout, params]);
  return { version: known.version, layout, pack: known.pack, rules, watchers };
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

function signalWatcher(signal: SignalSpec, spec: WatchSpec): SignalWatcher {
  const detector = detectors.get(spec.kind);
  if (!detector) throw new AftercareError('pack-invalid', `there is no detector \`${spec.kind}\``);
  const watcher = createWatcher({ signal, spec, detector });
  const params = canonicalJson([watcher.version, spec.params]);
  return { key: `${spec.kind}:${signal.name}`, signal: signal.name, spec, params, watcher };
}
