import { describe, expect, it } from 'vitest';
import { Replay, type ReplayOptions } from '../../src/backtest/index.ts';
import type { HistoryRecord } from '../../src/pipeline/index.ts';
import { deviceFacts, type Report } from '../../src/telemetry/index.ts';
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

const known = deviceFacts({ id: 'd1', product: 'fridge' });
const facts: HistoryRecord[] = [
  { offset: 0, record: { kind: 'fact', fact: { type: 'device-registered', at: start, device: known } } },
  { offset: 17_000, record: { kind: 'fact', fact: { type: 'device-retired', at: start + 17_000 * minute, id: 'd1' } } },
];

function replay(sources: readonly string[], log: readonly Report[]) {
  const packs = sources.map((source) => ({ file: 'fridge.yaml', source }));
  const options: ReplayOptions = { product: 'fridge', packs, others: [], readPack: (_, source) => pack(source) };
  const run = new Replay(options);
  run.begin({ device: 'd1', facts, ticks: undefined, returns: [], planned: [], parents: undefined });
  run.feed({ reports: log, behindMs: undefined });
  return run.end();
}

describe('a replay under two packs', () => {
  const log = reports();

  it('comes to what each of them comes to alone', () => {
    for (const other of [changed, watched]) {
      const together = replay([live, other], log);
      expect(together).toEqual([...replay([live], log), ...replay([other], log)]);
      const sources = together.map((told) => [...new Set(told.map(({ event }) => event.source))].toSorted());
      expect(sources[0]).toContain('level:temp');
      expect(sources[1]?.some((source) => source.startsWith('rule:'))).toBe(true);
    }
  });
});

describe('what a replay tells', () => {
  const asking = `${live}  - {id: away, when: silent(), failureMode: silent}\n`;

  /** A report and a tick a minute; those of the minutes in `late` come after the last one of the hour. */
  function hour(temps: (minute: number) => number, late: readonly number[]) {
    const minutes = Array.from({ length: 60 }, (_, index) => index);
    const log = minutes.map((one): Report => {
      const at = start + one * minute;
      const receivedAt = late.includes(one) ? start + 60 * minute : at;
      const identity = { rawAt: undefined, boot: 'b1', seq: one, firmware: '1', faults: [] };
      const offset = late.includes(one) ? 200 + one : 2 * one + 1;
      const place = { device: 'd1', product: 'fridge', offset, index: 0, at, receivedAt };
      return { ...place, ...identity, signals: { temp: temps(one) } };
    });
    const ticks = {
      offsets: new Float64Array(new SharedArrayBuffer(8 * 60)),
      at: new Float64Array(new SharedArrayBuffer(8 * 60)),
    };
    for (const one of minutes) {
      ticks.offsets[one] = 2 * one + 2;
      ticks.at[one] = start + one * minute + 1_000;
    }
    const behindMs = Float64Array.from(minutes, (one) => (late.includes(one) ? (59 - one) * minute : 0));
    const packs = [{ file: 'fridge.yaml', source: asking }];
    const run = new Replay({ product: 'fridge', packs, others: [], readPack: (_, source) => pack(source) });
    run.begin({ device: 'd1', facts: facts.slice(0, 1), ticks, returns: [], planned: [], parents: undefined });
    run.feed({ reports: log, behindMs });
    return run.end()[0] ?? [];
  }

  it('takes what came late for what came in time, and nobody for silent meanwhile', () => {
    const temps = (one: number) => (one >= 30 && one < 40 ? 12.5 : 4);
    const told = (late: readonly number[]) =>
      hour(temps, late).map(({ event }) => [event.state, event.source, event.openedAt]);
    expect(told([])).toEqual([
      ['raised', 'rule:warm', start + 35 * minute],
      ['cleared', 'rule:warm', start + 35 * minute],
    ]);
    expect(told([32, 34])).toEqual(told([]));
  });

  it('hears a device when its late reports came', () => {
    const away = Array.from({ length: 15 }, (_, index) => 40 + index);
    const told = hour(() => 4, away).map(({ event }) => [event.state, event.source, (event.at - start) / minute]);
    expect(told).toEqual([
      ['raised', 'silent', 49 + 1 / 60],
      ['raised', 'rule:away', 49 + 1 / 60],
      ['cleared', 'silent', 55],
      ['cleared', 'rule:away', 55],
    ]);
  });

  it('is one finding where a condition comes and goes', () => {
    const told = hour((one) => (one % 8 === 7 ? 4 : 12.5), []).map(({ event }) => [event.id, event.state]);
    expect(told).toEqual([
      ['d1~rule:warm~11.0#0', 'raised'],
      ['d1~rule:warm~11.0#7', 'cleared'],
    ]);
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
      run.begin({ device: 'd1', facts: moved, ticks: undefined, returns: [], planned: [], parents: undefined });
      run.feed({ reports, behindMs: Float64Array.from(behind, (minutes) => minutes * minute) });
      const raised = run.end()[0]?.filter(({ event }) => event.state === 'raised');
      return raised?.map(({ event }) => (event.openedAt - start) / minute);
    };
    const [first, hot, last] = [at(0, 1, 4), at(2, 2, 13), at(9, 5, 13)];
    expect(opened([first, at(1, 6, 4), hot, last], [0, 8, 0, 0])).toEqual([2]);
    expect(opened([first, at(1, 6, 13), at(9, 5, 13)], [0, 8, 0])).toEqual([1]);
    expect(opened([first, at(9, 5, 13), at(10, 6, 13)], [0, 0, 0])).toEqual([]);
    expect(opened([at(-1, 7, 13), first, last], [10, 0, 0])).toEqual([-1]);
  });
});
