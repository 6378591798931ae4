import type { RulesSnapshot } from '../rules/index.ts';
import { type DeviceState, newDeviceState, type OpenFinding, rulesSnapshot } from './device-state.ts';
import { arrivalSources } from './episode.ts';

/**
 * A state of an earlier version of ours, whose rules and detectors cannot be read any more, with what `learnt` knows of the
 * same reports. What was told stays told. Where the two do not agree on what is open, that rule or detector starts afresh.
 */
export function learntAgain(told: DeviceState, learnt: DeviceState): DeviceState {
  const { product, open, past, heardAt, seen, downMsAtHeard } = told;
  const { memory, contexts, judgedTo, day, version, versions } = learnt;
  const sources = new Set(
    [...Object.keys(open), ...Object.keys(learnt.open)].filter((name) => !arrivalSources.has(name)),
  );
  const differing = new Set([...sources].filter((source) => !open[source] !== !learnt.open[source]));
  const placed = (item: OpenFinding): OpenFinding => {
    const same = learnt.open[item.last.source];
    const position = judgedTo ?? { at: item.last.at, offset: 0, index: 0 };
    const { raisedBy = position, changedBy = position, holders } = same ?? {};
    return { ...item, raisedBy, changedBy, ...(holders ? { holders } : {}) };
  };
  const kept = Object.entries(open).map(([source, item]) => [source, placed(item)] as const);
  const rules = rulesSnapshot(learnt);
  return {
    ...newDeviceState(product),
    told: told.told,
    ...{ open: Object.fromEntries(kept), past: past.map(placed), heardAt, seen, downMsAtHeard },
    ...{ contexts, judgedTo, day, version, versions },
    rulesBefore: rules && withoutRules(rules, differing),
    memory: { ...memory, pieces: memory.pieces.filter(({ key }) => !differing.has(key)) },
  };
}

/** Rules that are of no known meaning are begun afresh, and what they had found is over. */
function withoutRules(snapshot: RulesSnapshot, sources: ReadonlySet<string>): RulesSnapshot {
  const rules = Object.entries(snapshot.rules).map(([id, own]) => {
    if (!sources.has(`rule:${id}`)) return [id, own] as const;
    const open = own.open ?? { startsAt: 0, openedAt: 0 };
    return [id, { ...own, fingerprint: '', open }] as const;
  });
  return { ...snapshot, rules: Object.fromEntries(rules) };
}
