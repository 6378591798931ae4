import { describe, expect, it } from 'vitest';
import { compileRules, readBack } from '../../src/rules/index.ts';
import { Device, minute, noon, packOf } from './fixture.ts';

function device(rule: string): Device {
  return new Device(packOf(`  - {id: r, failureMode: cooling-loss, ${rule}}`));
}

describe('a rule in time', () => {
  it('opens when its condition has held for long enough, and knows when it began', () => {
    const d = device('when: temp > 8, for: 10m').every(0, 4, { temp: 4 }).every(5, 30, { temp: 9 });
    expect(d.told()).toEqual(['r raised @15 since 5']);
    expect(d.transitions[0]).toMatchObject({ openedAt: noon + 15 * minute, signal: 'temp' });
  });

  it('opens at once without for, and closes at once without clear', () => {
    const d = device('when: temp > 8').report(0, { temp: 9 }).report(1, { temp: 8 }).report(2, { temp: 9 });
    expect(d.told()).toEqual(['r raised @0 since 0', 'r cleared @1 since 0', 'r raised @2 since 2']);
  });

  it('waits anew when its condition was false in between', () => {
    const d = device('when: temp > 8, for: 10m')
      .every(0, 9, { temp: 9 })
      .report(9.5, { temp: 7 })
      .every(10, 20, { temp: 9 });
    expect(d.told()).toEqual(['r raised @20 since 10']);
  });

  it('closes by its own clear condition, held for clearFor', () => {
    const d = device('when: temp > 8, clear: temp < 6, clearFor: 5m');
    d.report(0, { temp: 9 }).every(1, 10, { temp: 7 }).every(11, 13, { temp: 5 }).report(14, { temp: 6 });
    expect(d.told()).toEqual(['r raised @0 since 0']);
    d.every(15, 25, { temp: 5 });
    expect(d.told()).toEqual(['r raised @0 since 0', 'r cleared @20 since 0']);
  });

  it('judges both of two reports that share a time, in their order', () => {
    const d = device('when: temp > 8').report(0, { temp: 9 }).report(0, { temp: 7 }).report(0, { temp: 9 });
    expect(d.told()).toEqual(['r raised @0 since 0', 'r cleared @0 since 0', 'r raised @0 since 0']);
  });

  it('moves on with reports that carry none of its signals', () => {
    const d = device('when: temp > 8, for: 10m').report(0, { temp: 9 }).every(1, 12, { door: true });
    expect(d.told()).toEqual(['r raised @10 since 0']);
  });

  it('is not judged while it is a draft or retired, and is while it is in shadow', () => {
    const rules = ['draft', 'shadow', 'live', 'retired'].map(
      (stage) => `  - {id: ${stage}, when: temp > 8, stage: ${stage}}`,
    );
    const d = new Device(packOf(rules.join('\n'))).report(0, { temp: 9 });
    expect(d.told()).toEqual(['shadow raised @0 since 0', 'live raised @0 since 0']);
  });
});

describe('what is unknown', () => {
  it('never opens', () => {
    expect(device('when: temp < 100 && door').report(0, { temp: 9 }).told()).toEqual([]);
    expect(device('when: "!door"').report(0, { temp: 9 }).told()).toEqual([]);
  });

  it('is absorbed by what decides without it', () => {
    expect(device('when: temp > 8 || door').report(0, { temp: 9 }).told()).toHaveLength(1);
    expect(device('when: door || temp > 8').report(0, { temp: 9 }).told()).toHaveLength(1);
    expect(device('when: "!(door && temp > 8)"').report(0, { temp: 7 }).told()).toHaveLength(1);
    expect(device('when: "!(temp > 8 && door)"').report(0, { temp: 7 }).told()).toHaveLength(1);
  });

  it('never closes, and makes the wait begin again', () => {
    const d = device('when: level > 8, for: 3m, clearFor: 3m');
    d.every(0, 3, { level: 9 }).report(20, { temp: 1 }).report(30, { temp: 1 });
    expect(d.told()).toEqual(['r raised @3 since 0']);
    d.every(31, 32, { level: 1 }).report(50, { level: 1 }).every(51, 53, { level: 1 });
    expect(d.told()).toEqual(['r raised @3 since 0', 'r cleared @53 since 0']);
  });

  it('is a signal older than its maxAge: at it the value still holds', () => {
    expect(device('when: level > 8 && door').report(0, { level: 9 }).report(5, { door: true }).told()).toHaveLength(1);
    expect(device('when: level > 8 && door').report(0, { level: 9 }).report(5.01, { door: true }).told()).toEqual([]);
  });

  it('makes the wait begin again even when the next report is sound', () => {
    const aged = device('when: level > 8, for: 10m')
      .report(0, { level: 9 })
      .report(9, { level: 9 })
      .report(12, { level: 9 });
    expect(aged.told()).toEqual([]);
    aged.report(16, { level: 9 }).report(20, { level: 9 });
    expect(aged.told()).toEqual(['r raised @20 since 9']);
  });

  it('is a window that ran empty between two reports', () => {
    const d = device(`when: 'avg(temp, "15m") > 8', for: 10m`).report(0, { temp: 9 }).report(120, { temp: 9 });
    expect(d.told()).toEqual([]);
    expect(d.report(130, { temp: 9 }).told()).toEqual(['r raised @130 since 120']);
  });

  it('is what CEL cannot evaluate', () => {
    expect(device('when: 1 / int(temp) > 0 || temp < 0').report(0, { temp: 0 }).told()).toEqual([]);
  });
});

describe('functions', () => {
  it.each([
    ['avg(temp, "3m") == 2.0', true],
    ['min(temp, "3m") == 1', true],
    ['max(temp, "3m") == 3', true],
    ['max(temp, "2m59s") == 3 && min(temp, "2m59s") == 1', true],
    ['min(temp, "2m") == 2', true],
    ['count(temp, "10m") == 4', true],
    ['count(temp > 1, "10m") == 2 && count(temp > 1, "1m") == 1', true],
    ['count(temp > 9, "10m") == 0', true],
    ['count(avg(temp, "2m") > 0.9, "10m") == 2', true],
    ['count(current, "10m") == 0', false],
    ['count(fault("E7"), "10m") >= 0', false],
    ['rate(starts, "10m") * 180 > 24.9 && rate(starts, "10m") * 180 < 25.1', true],
    ['rate(starts, "1m") > 0', false],
    ['age(temp) == duration("0s") && age(mode) > duration("2m59s")', true],
    ['age(current) > duration("1s")', false],
    ['fault("E21") && !fault("E7")', true],
    ['mode == "run" && mode != "idle" && mode.startsWith("r")', true],
    ['temp * 2 > 5 && 2 * temp == 6.0 && temp / 2 == 1.5 && temp - 1 == 2 && 5 - temp > 1', true],
    ['temp in [1.0, 3.0] && [1.0, 4.0].exists(x, x > temp)', true],
    ['(temp > 2 ? door : !door)', false],
    ['silent()', false],
  ])('%s is %s', (condition, holds) => {
    const d = device(`when: '${condition}', for: 0`);
    d.report(0, { temp: 0, starts: 5, mode: 'run', door: false });
    d.transitions.length = 0;
    const own = () => d.rules.snapshot(d.state).rules.r;
    d.report(1, { temp: 1, starts: 15 }, { faults: [{ code: 'E21', active: true }] });
    d.report(2, { temp: 2, starts: 5 }).report(3, { temp: 3, starts: 15 });
    expect(own()?.open === null).toBe(!holds);
  });

  it('hold a fault code until the device takes it back', () => {
    const d = device('when: fault("E21")');
    d.report(0, { temp: 1 }, { faults: [{ code: 'E21', active: true }] }).report(60, { temp: 1 });
    d.report(61, { temp: 1 }, { faults: [{ code: 'E21', active: false }] });
    expect(d.told()).toEqual(['r raised @0 since 0', 'r cleared @61 since 0']);
  });

  it('know silence by ticks, in the time of the service', () => {
    const d = device('when: silent(), for: 2h');
    expect(d.rules.silentRules.size).toBe(1);
    d.tick(0).tick(60, 30).tick(149, 119).tick(150, 120).tick(200, 170);
    expect(d.told()).toEqual(['r raised @150 since 30']);
    d.report(5, { temp: 1 }, { receivedAt: noon + 210 * minute });
    expect(d.told()).toEqual(['r raised @150 since 30', 'r cleared @210 since 30']);
  });

  it('wait for their time while the service is up only, where they use silent()', () => {
    const silent = device('when: silent(), for: 2h').tick(60, 30).down(500).tick(649, 119).tick(650, 120);
    expect(silent.told()).toEqual(['r raised @650 since 30']);
    const late = device('when: silent(), for: 2h').down(500).tick(560, 30);
    expect(late.tick(649, 119).told()).toEqual([]);
    expect(late.tick(650, 120).told()).toEqual(['r raised @650 since 530']);
    const either = device('when: silent() || door, for: 20m').report(0, { door: true }).down(20);
    expect(either.report(25, { door: true }).report(39, { door: true }).told()).toEqual([]);
    expect(either.report(40, { door: true }).told()).toEqual(['r raised @40 since 0']);
  });

  it('keep what a device last said while it is silent', () => {
    const d = device('when: silent() && door').report(0, { door: true }).tick(40, 9);
    expect(d.told()).toEqual(['r raised @40 since 31']);
  });
});

describe('what is said', () => {
  it('names the window, how long, the value and the circumstances', () => {
    const d = device(
      `when: 'avg(temp, "15m") > 8.0 && !door', for: 10m, clear: 'avg(temp, "15m") < 6.0', clearFor: 3m`,
    );
    d.every(0, 12, { temp: 9.4, door: false }).every(13, 60, { temp: 5, door: true });
    expect(d.transitions.map(({ explanation }) => explanation)).toEqual([
      'The 15-minute average of cabinet temperature has been above 8 °C for 10 minutes (9.4 °C at 12:10 UTC) with the door not open.',
      'The 15-minute average of cabinet temperature has been below 6 °C for 3 minutes (5 °C at 12:27 UTC).',
    ]);
    expect(d.transitions[0]?.evidence.slice(-2)).toEqual([
      { signal: 'door', at: noon + 10 * minute, value: false },
      { signal: 'temp', at: noon + 10 * minute, value: 9.4 },
    ]);
  });

  it.each([
    ['temp > 8', { temp: 9.123456 }, 'Cabinet temperature is above 8 °C (9.123456 °C at 12:00 UTC).'],
    ['8 < temp', { temp: 9 }, 'Cabinet temperature is above 8 °C (9 °C at 12:00 UTC).'],
    ['temp > 8 || door', { temp: 1, door: true }, 'The door is open.'],
    [
      'mode == "run" && current < -0.5',
      { mode: 'run', current: -1 },
      'Compressor current is below -0.5 A (-1 A at 12:00 UTC) with mode run.',
    ],
    ['temp > level', { temp: 3, level: 2 }, 'Cabinet temperature is above level (3 °C at 12:00 UTC).'],
    ['temp * 2 > 5', { temp: 3 }, '`temp * 2` is above 5 (6 at 12:00 UTC).'],
    [
      'count(temp > 2, "1h") >= 1',
      { temp: 3 },
      'The number of readings in 1 hour at which cabinet temperature is above 2 °C is at or above 1 (1 at 12:00 UTC).',
    ],
    [
      'temp > 8 && current > 1',
      { temp: 9, current: 2 },
      'Cabinet temperature is above 8 °C (9 °C at 12:00 UTC) with compressor current above 1 A (2 A at 12:00 UTC).',
    ],
    ['[1.0].exists(x, temp > x)', { temp: 9 }, '`[1.0].exists(x, temp > x)` is true.'],
  ])('of %s', (when, signals, sentence) => {
    expect(device(`when: '${when}'`).report(0, signals).transitions[0]?.explanation).toBe(sentence);
  });

  it('never rounds a number to the other side of its limit', () => {
    const d = device(`when: 'avg(temp, "15m") > 8'`).report(0, { temp: 8.00001 });
    expect(d.transitions[0]?.explanation).toContain('(8.00001 °C at 12:00 UTC)');
  });

  it('tells what ended it when it has no clear condition', () => {
    const d = device('when: temp > 8 && !door').report(0, { temp: 9, door: false }).report(1, { door: true });
    expect(d.transitions[1]?.explanation).toBe('The door is open.');
    const cooled = device('when: temp > 8').report(0, { temp: 9 }).report(1, { temp: 7 });
    expect(cooled.transitions[1]?.explanation).toBe('Cabinet temperature is at or below 8 °C (7 °C at 12:01 UTC).');
  });

  it('keeps the newest readings as evidence, at most fifty', () => {
    const d = device(`when: 'avg(temp, "3h") > 8', for: 2h`).every(0, 120, { temp: 9 });
    const evidence = d.transitions[0]?.evidence ?? [];
    expect([evidence.length, evidence[0]?.at, evidence.at(-1)?.at]).toEqual([
      50,
      noon + 71 * minute,
      noon + 120 * minute,
    ]);
  });

  it('is worded for a rule that was never checked too', () => {
    const pack = packOf('  - {id: r, when: temp > 8}');
    const rule = { ...pack.rules[0], when: 'tmp > 8' } as (typeof pack.rules)[number];
    expect(readBack(rule, pack)).toBe('When tmp > 8.');
    expect(compileRules({ ...pack, rules: [rule] }).problems).toEqual([
      "rule 'r', column 1 of its condition: there is no signal 'tmp'; did you mean 'temp'?",
    ]);
  });
});
