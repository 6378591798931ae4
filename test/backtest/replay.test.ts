import { describe, expect, it } from 'vitest';
import { Replay, type ReplayOptions } from '../../src/backtest/index.ts';
import type { HistoryRecord } from '../../src/pipeline/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { minute, pack, start } from '../engine/fixture.ts';

const live = `
product: fridge
title: Fridge
reports: {every: 1m, silentAfter: 10m}
signals:
  temp: {kind: gauge, unit: Cel, range: [-40, 60], watch: [{kind: level, failureMode: warm}]}
failureModes:
  warm: {title: Too warm, severity: major}
  hot: {title: Too hot, severity: critical}
faultCodes:
  E1: {title: Broken, failureMode: warm}
rules:
  - {id: warm, when: 'temp > 12.0', for: 5m, failureMode: warm}
  - {id: hot, when: 'temp > 13.0', for: 10m, failureMode: hot}
`;
const changed = live.replace('temp > 12.0', 'temp > 9.0').replace('temp > 13.0', 'temp > 9.5');
const watched = live.replace('watch: [{kind: level, failureMode: warm}]', 'watch: [stuck]');

/** Noise about 4 °C, with spells of warmth, a fault code, and a sensor that fails; 12 days of minutes. */
function reports(): Report[] {
  let noise = 7;
  const uniform = () => {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    return noise / 2 ** 32;
  };
  return Array.from({ length: 12 * 1_440 }, (_, index): Report => {
    const at = start + index * minute;
    const spell = index % 5_000 > 4_900 ? 10 : index % 3_000 > 2_960 ? 6 : 0;
    const temp = index === 9_000 ? 99 : Math.round((4 + spell + uniform() + uniform()) * 10) / 10;
    const faults = index === 700 || index === 703 ? [{ code: 'E1', active: index === 700 }] : [];
    const identity = { rawAt: undefined, boot: 'b1', seq: index, firmware: undefined };
    const place = { device: 'd1', product: 'fridge', offset: index + 1, index: 0, at, receivedAt: at };
    return { ...place, ...identity, signals: { temp }, faults };
  });
}

const unknown = { serial: undefined, site: undefined, customer: undefined, timezone: undefined, parent: undefined };
const known = { id: 'd1', product: 'fridge', ...unknown, batch: undefined, installedAt: undefined };
const facts: HistoryRecord[] = [
  { offset: 0, record: { kind: 'fact', fact: { type: 'device-registered', at: start, device: known } } },
  { offset: 17_000, record: { kind: 'fact', fact: { type: 'device-retired', at: start + 17_000 * minute, id: 'd1' } } },
];

function replay(sources: readonly string[], log: readonly Report[]) {
  const packs = sources.map((source) => ({ file: 'fridge.yaml', source }));
  const options: ReplayOptions = { product: 'fridge', packs, others: [], readPack: (_, source) => pack(source) };
  const run = new Replay(options);
  run.begin({ device: 'd1', facts, ticks: undefined, returns: [], parents: undefined });
  run.feed({ reports: log, behindMs: undefined });
  return run.end();
}

describe('a replay under two packs', () => {
  const log = reports();

  it('comes to what each of them comes to alone', () => {
    for (const other of [changed, watched]) {
      const together = replay([live, other], log);
      expect(together).toEqual([...replay([live], log), ...replay([other], log)]);
      const sources = together.map((cases) => [...new Set(cases.map(({ source }) => source))].toSorted());
      expect(sources[0]).toContain('level:temp');
      expect(sources[1]?.some((source) => source.startsWith('rule:'))).toBe(true);
    }
  });
});

describe('a report that came late in a replay', () => {
  const onRoof = live.replace(
    "{id: warm, when: 'temp > 12.0', for: 5m,",
    '{id: warm, when: \'temp > 12.0 && site == "roof"\',',
  );
  const at = (minuteAt: number, offset: number, temp: number): Report => {
    const time = start + minuteAt * minute;
    const identity = { rawAt: undefined, boot: 'b1', seq: offset, firmware: undefined, faults: [] };
    const place = { device: 'd1', product: 'fridge', offset, index: 0, at: time, receivedAt: time };
    return { ...place, ...identity, signals: { temp } };
  };
  const moved: HistoryRecord[] = [
    {
      offset: 0,
      record: { kind: 'fact', fact: { type: 'device-registered', at: start, device: { ...known, site: 'roof' } } },
    },
    {
      offset: 4,
      record: { kind: 'fact', fact: { type: 'device-changed', at: start, id: 'd1', changes: { site: 'cellar' } } },
    },
  ];

  it('is judged by where the device stood when the one before it came, and so is what follows', () => {
    const run = new Replay({
      product: 'fridge',
      packs: [{ file: 'fridge.yaml', source: onRoof }],
      others: [],
      readPack: (_, text) => pack(text),
    });
    const opened = (reports: readonly Report[], behind: readonly number[]) => {
      run.begin({ device: 'd1', facts: moved, ticks: undefined, returns: [], parents: undefined });
      run.feed({ reports, behindMs: Float64Array.from(behind, (minutes) => minutes * minute) });
      return run.end()[0]?.map(({ openedAt }) => (openedAt - start) / minute);
    };
    const [first, hot, last] = [at(0, 1, 4), at(2, 2, 13), at(9, 5, 13)];
    expect(opened([first, at(1, 6, 4), hot, last], [0, 8, 0, 0])).toEqual([2]);
    expect(opened([first, at(1, 6, 13), at(9, 5, 13)], [0, 8, 0])).toEqual([1]);
    expect(opened([first, at(9, 5, 13), at(10, 6, 13)], [0, 0, 0])).toEqual([]);
    expect(opened([at(-1, 7, 13), first, last], [10, 0, 0])).toEqual([-1]);
  });
});
