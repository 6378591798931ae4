import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../src/base/index.ts';
import { type RulesInput, type RulesSnapshot, rulesSnapshotJson, rulesSnapshotOf } from '../../src/rules/index.ts';
import { compiled, Device, minute, noon, packOf, reportAt } from './fixture.ts';

const rules = `
  - {id: direct, when: temp > 8, for: 3m}
  - {id: windowed, when: 'avg(temp, "5m") > 6 && !door', for: 2m, clear: 'max(temp, "3m") < 5', clearFor: 1m}
  - {id: counted, when: 'count(temp > 7, "10m") >= 3 || rate(starts, "5m") * 60 > 4'}
  - {id: told, when: 'fault("E21") && age(temp) < duration("4m")', clearFor: 2m}
  - {id: aged, when: level > 5, for: 6m}
  - {id: quiet, when: silent() || mode == "run", for: 5m}
  - {id: middle, when: 'median(temp, "7m") > 6 && spread(temp, "9m") > 2', for: 2m}
  - {id: trend, when: 'slope(temp, "12m") * 60 > 0.3 || delta(starts, "6m") > 20 || sum(temp, "8m") > 40'}
  - {id: past, when: 'temp > ago(temp, "6m") + 2 || (door && !previous(door))', clear: 'mode != previous(mode)'}
  - {id: lasting, when: 'held(temp > 6 || level > 5) >= duration("4m")', clearFor: 1m}
  - {id: after, when: 'since(fault("E21")) < duration("5m") && since(avg(temp, "5m") > 7) > duration("1m")'}
  - {id: counts, when: 'count(held(warm) > duration("1m"), "15m") >= 2', for: 1m}
  - {id: worse, when: mean > 6, escalate: {major: mean > 8, critical: 'held(mean > 8) > duration("3m") && !door'}}
  - {id: early, when: 'hour < 13 && site == "roof"', for: 3m}`;

const derived = `derived:
  mean: {is: 'avg(temp, "3m")'}
  warm: {is: mean > 5 || fault("E7")}`;

const steps = fc.array(
  fc.record({
    stepMs: fc.constantFrom(0, 1, 20_000, minute, 4 * minute, 40 * minute),
    tick: fc.boolean(),
    temp: fc.option(fc.integer({ min: 0, max: 12 })),
    starts: fc.option(fc.integer({ min: 0, max: 30 })),
    level: fc.option(fc.constantFrom(-0, 6)),
    door: fc.option(fc.boolean()),
    mode: fc.option(fc.constantFrom('idle', 'run')),
    fault: fc.option(fc.boolean()),
  }),
  { maxLength: 80 },
);

function inputsOf(history: typeof steps extends fc.Arbitrary<infer T> ? T : never): RulesInput[] {
  let at = noon;
  let downMs = 0;
  return history.map(({ stepMs, tick, fault, ...readings }) => {
    at += stepMs;
    if (stepMs === 40 * minute) downMs += 10 * minute;
    const silentForMs = stepMs > 4 * minute ? stepMs : undefined;
    if (tick) return { kind: 'tick', at: at + 10_000, silentForMs, downMs };
    const signals = Object.fromEntries(Object.entries(readings).filter((entry) => entry[1] !== null)) as Record<
      string,
      number
    >;
    const faults = fault === null ? [] : [{ code: 'E21', active: fault }];
    const site = stepMs === 1 ? 'roof' : undefined;
    return {
      kind: 'report',
      report: reportAt(at, signals, { faults }),
      downMs,
      context: { site, timezone: 'Asia/Kolkata' },
    };
  });
}

const throughText = (snapshot: RulesSnapshot) => rulesSnapshotOf(JSON.parse(jsonText(rulesSnapshotJson(snapshot))));

describe('the state of rules', () => {
  it('changes nothing by a trip through JSON, or to other compiled rules, before every step', () => {
    const pack = packOf(rules, undefined, derived);
    const [one, other] = [compiled(pack), compiled(pack)];
    fc.assert(
      fc.property(steps, (history) => {
        const kept = one.init();
        let carried = one.init();
        for (const [index, input] of inputsOf(history).entries()) {
          const here = index % 2 === 0 ? one : other;
          const before = index % 2 === 0 ? other : one;
          if (index > 0) carried = here.restore(throughText(before.snapshot(carried))).state;
          const expected = one.step(kept, input);
          expect(here.step(carried, input)).toEqual(expected);
          expect(here.snapshot(carried)).toEqual(one.snapshot(kept));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('raises and clears by turns, each rule for itself', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const compiledRules = compiled(packOf(rules, undefined, derived));
        const state = compiledRules.init();
        const open = new Map<string, number>();
        const severities = new Map<string, string>();
        for (const input of inputsOf(history)) {
          for (const { rule, state: change, severity, startsAt, openedAt, at } of compiledRules.step(state, input)) {
            if (change === 'changed') expect(severity).not.toBe(severities.get(rule.id));
            severities.set(rule.id, severity);
            expect(open.has(rule.id)).toBe(change !== 'raised');
            if (change === 'changed') continue;
            if (change === 'raised') {
              open.set(rule.id, startsAt);
              expect(openedAt).toBe(at);
              expect(openedAt - startsAt).toBeGreaterThanOrEqual(rule.forMs);
            } else {
              expect(startsAt).toBe(open.get(rule.id));
              open.delete(rule.id);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is kept by the rules that a new version did not change; the others start anew and say if they were open', () => {
    const d = new Device(
      packOf(`
  - {id: kept, when: 'avg(temp, "15m") > 8', for: 10m}
  - {id: changed, when: temp > 8}
  - {id: removed, when: temp > 7}
  - {id: shut, when: temp > 100}`),
    );
    d.every(0, 5, { temp: 9 });
    expect(d.told()).toEqual(['changed raised @0 since 0', 'removed raised @0 since 0']);
    const before = d.rules.snapshot(d.state);
    d.rules = compiled(
      packOf(`
  - {id: fresh, when: 'min(temp, "15m") > 8 && !door'}
  - {id: changed, when: temp > 8.5}
  - {id: kept, title: Another title, when: 'avg(temp, "15m") > 8', for: 10m}`),
    );
    const { state, dropped } = d.rules.restore(before);
    expect(dropped).toEqual([
      { rule: 'changed', startsAt: noon, openedAt: noon },
      { rule: 'removed', startsAt: noon, openedAt: noon },
    ]);
    d.state = state;
    d.transitions.length = 0;
    d.every(6, 10, { temp: 9, door: false });
    expect(d.told()).toEqual(['fresh raised @6 since 6', 'changed raised @6 since 6', 'kept raised @10 since 0']);
  });

  it('forgets a signal whose type has changed', () => {
    const d = new Device(packOf('  - {id: r, when: door}')).report(0, { door: true });
    const before = d.rules.snapshot(d.state);
    d.rules = compiled(packOf('  - {id: r, when: door > 0}', '  door: {kind: gauge}'));
    const { state, dropped } = d.rules.restore(before);
    expect([dropped.length, d.rules.snapshot(state).latest]).toEqual([1, {}]);
  });

  it('has a bounded size, however long a device reports', () => {
    const d = new Device(packOf(rules, undefined, derived));
    let largest = 0;
    for (let index = 0; index < 3_000; index++) {
      d.report(index, { temp: index % 13, starts: index, door: false });
      if (index % 500 === 499)
        largest = Math.max(largest, jsonText(rulesSnapshotJson(d.rules.snapshot(d.state))).length);
    }
    expect(largest).toBeLessThan(24_000);
  });
});

it('lets go of what a snapshot of an earlier release had open, since it cannot be read', () => {
  const made = compiled(packOf('  - {id: direct, when: temp > 8}'));
  const state = made.init();
  made.step(state, { kind: 'report', report: reportAt(noon, { temp: 9 }), downMs: 0 });
  const snapshot = made.snapshot(state);
  expect(made.restore(snapshot).dropped).toEqual([]);
  const earlier = throughText({ ...snapshot, version: 1 as unknown as typeof snapshot.version });
  expect(made.restore(earlier).dropped).toMatchObject([{ rule: 'direct', openedAt: noon }]);
});
