import { describe, expect, it } from 'vitest';
import { Device, packOf, type Told } from './fixture.ts';

const derived = `derived:
  spare: {title: Spare cold, is: 8.0 - temp, unit: Cel}
  starts_per_hour: {is: 'rate(starts, "1h") * 3600.0', unit: 1/h}
  busy: {is: starts_per_hour > 10 && mode == "run"}
  often: {is: 'count(busy, "1h") * 2'}
  word: {is: 'mode == "run" ? "at work" : "idle"'}`;

function device(when: string, more = ''): Device {
  const rule = `  - {id: r, failureMode: cooling-loss, when: '${when}'${more}}`;
  return new Device(packOf(rule, undefined, derived));
}

const e7 = (active: boolean): Told => ({ faults: [{ code: 'E7', active }] });

/** A quarter of an hour of minutes: 0, 1, … 14. */
function climbing(d: Device): Device {
  for (let minute = 0; minute < 15; minute++)
    d.report(minute, { temp: minute, starts: minute * 10, door: minute % 2 === 1 });
  return d;
}

describe('a function of a window', () => {
  it.each([
    ['sum(temp, "3m") == 39.0'],
    ['sum(temp, "1h") == 105.0'],
    ['median(temp, "3m") == 13.0'],
    ['median(temp, "4m") == 12.5'],
    ['spread(temp, "5m") == 4.0'],
    ['slope(temp, "10m") * 60 > 0.999 && slope(temp, "10m") * 60 < 1.001'],
    ['delta(temp, "10m") == 9.0'],
    ['delta(starts, "10m") == 90.0'],
    ['ago(temp, "10m") == 4.0'],
    ['ago(temp, "30s") == 13.0'],
    ['ago(door, "1m") && !ago(door, "2m")'],
    ['temp - ago(temp, "5m") == 5.0'],
  ])('says that %s', (when) => {
    const d = device(when);
    climbing(d);
    expect(d.rules.snapshot(d.state).rules.r?.open).not.toBe(null);
  });

  it('does not know a change, or a slope, of one reading', () => {
    expect(device('delta(temp, "1h") < 5 || slope(temp, "1h") < 5').report(0, { temp: 1 }).told()).toEqual([]);
    expect(device('delta(temp, "1h") == 0').every(0, 1, { temp: 1 }).told()).toHaveLength(1);
  });

  it('does not know what was before the first reading, nor what was too old then', () => {
    expect(device('ago(level, "10m") < 100').every(0, 9, { level: 1 }).told()).toEqual([]);
    expect(device('ago(level, "10m") < 100').every(0, 10, { level: 1 }).told()).toHaveLength(1);
    const gap = device('ago(level, "10m") < 100').report(0, { level: 1 }).every(9, 14, { level: 2 });
    expect(gap.told()).toEqual(['r raised @10 since 10']);
    const aged = device('ago(level, "10m") < 100').report(0, { level: 1 }).every(16, 18, { level: 2 });
    expect(aged.told()).toEqual([]);
  });

  it('knows the rise of a counter through its resets', () => {
    const d = device('delta(starts, "1h") == 35.0').report(0, { starts: 90 }).report(1, { starts: 110 });
    expect(d.report(2, { starts: 15 }).told()).toEqual(['r raised @2 since 2']);
  });

  it('does not see past disorder more than it has', () => {
    expect(device('ago(temp, "5m") > 0').report(0, { temp: 1 }).every(40, 44, { temp: 2 }).told()).toEqual([]);
  });
});

describe('previous', () => {
  it('is the reading before the last, of numbers, states and words', () => {
    const d = device('temp > previous(temp) && previous(mode) == "idle" && previous(door) != door');
    d.report(0, { temp: 1, mode: 'idle', door: true }).report(1, { temp: 2, mode: 'run', door: false });
    expect(d.told()).toEqual(['r raised @1 since 1']);
  });

  it('is that of its own signal, however many reports came without it', () => {
    const d = device('temp - previous(temp) > 3').report(0, { temp: 1 }).every(1, 5, { door: true });
    expect(d.report(6, { temp: 5 }).told()).toEqual(['r raised @6 since 6']);
  });

  it('is unknown at the first reading, after too long a pause, and when the last is too old', () => {
    expect(device('level >= previous(level)').report(0, { level: 1 }).told()).toEqual([]);
    expect(device('level >= previous(level)').report(0, { level: 1 }).report(6, { level: 1 }).told()).toEqual([]);
    expect(device('previous(level) < 9 && door').every(0, 1, { level: 1 }).report(7, { door: true }).told()).toEqual(
      [],
    );
  });
});

describe('held', () => {
  it('is how long a condition has been true, in event time', () => {
    const d = device('held(temp > 8) >= duration("10m")').every(0, 4, { temp: 4 }).every(5, 30, { temp: 9 });
    expect(d.told()).toEqual(['r raised @15 since 15']);
  });

  it('is nothing while it is false', () => {
    expect(device('held(temp > 8) == duration("0s")').report(0, { temp: 4 }).told()).toHaveLength(1);
    expect(device('held(temp > 8) < duration("5m")').report(0, { temp: 4 }).told()).toHaveLength(1);
  });

  it('is unknown while it is, and begins anew after what was unknown in between', () => {
    expect(device('held(level > 8) < duration("9h")').report(0, { temp: 1 }).told()).toEqual([]);
    const d = device('held(level > 8) >= duration("10m")');
    d.every(0, 6, { level: 9 }).report(12, { level: 9 }).every(13, 21, { level: 9 });
    expect(d.told()).toEqual([]);
    expect(d.report(22, { level: 9 }).told()).toEqual(['r raised @22 since 22']);
  });

  it('says what for says, and may stand inside others', () => {
    const d = device('count(held(temp > 8) >= duration("2m"), "1h") >= 3').every(0, 9, { temp: 9 });
    expect(d.told()).toEqual(['r raised @4 since 4']);
    const deep = device('held(held(temp > 8) >= duration("2m")) >= duration("3m")').every(0, 9, { temp: 9 });
    expect(deep.told()).toEqual(['r raised @5 since 5']);
  });
});

describe('since', () => {
  it('is the time since a fault code became active, whether it still is', () => {
    const d = device('since(fault("E7")) < duration("10m") && temp > 8');
    d.report(0, { temp: 9 }).report(1, { temp: 1 }, e7(true)).report(2, { temp: 1 }, e7(false));
    d.report(10, { temp: 9 }).report(12, { temp: 9 });
    expect(d.told()).toEqual(['r raised @10 since 10', 'r cleared @12 since 10']);
  });

  it('is unknown before the first time, and of the last one after it', () => {
    expect(device('since(temp > 8) < duration("9h")').every(0, 9, { temp: 1 }).told()).toEqual([]);
    const d = device('since(temp > 8) > duration("4m")').report(0, { temp: 9 }).report(3, { temp: 1 });
    d.report(4, { temp: 9 }).report(8, { temp: 1 });
    expect(d.told()).toEqual([]);
    expect(d.report(8.5, { temp: 1 }).told()).toEqual(['r raised @8.5 since 8.5']);
  });

  it('goes by the last time: a device that says again what it said begins nothing', () => {
    const d = device('since(fault("E7")) > duration("5m")').report(0, { temp: 1 }, e7(true));
    d.report(3, { temp: 1 }, e7(true)).report(6, { temp: 1 }, e7(true));
    expect(d.told()).toEqual(['r raised @6 since 6']);
  });

  it('joins events in their order', () => {
    const d = device('since(fault("E21")) < since(fault("E7"))');
    d.report(0, { temp: 1 }, e7(true)).report(5, { temp: 1 }, { faults: [{ code: 'E21', active: true }] });
    expect(d.told()).toEqual(['r raised @5 since 5']);
  });
});

describe('a calculated signal', () => {
  it('has its value wherever a signal may stand', () => {
    expect(device('spare < -1.0').report(0, { temp: 9.5 }).told()).toHaveLength(1);
    const d = device('busy && often > 4 && word == "at work"');
    for (let minute = 0; minute < 4; minute++) d.report(minute, { starts: minute, mode: 'run' });
    expect(d.told()).toEqual(['r raised @3 since 3']);
  });

  it('may be looked at over windows, and in the past', () => {
    const d = device('avg(spare, "3m") < 1 && ago(spare, "2m") == 1.0 && max(spare, "1h") == 2.0');
    for (const [minute, temp] of [6, 7, 8, 9].entries()) d.report(minute, { temp });
    expect(d.told()).toEqual(['r raised @3 since 3']);
  });

  it('is unknown when what it is made of is, and when it is no number', () => {
    expect(device('spare < 100 && door').report(0, { temp: 9 }).report(40, { door: true }).told()).toEqual([]);
    const pack = packOf(
      '  - {id: r, when: share > 0 || share <= 0}',
      undefined,
      'derived: {share: {is: temp / level}}',
    );
    expect(new Device(pack).report(0, { temp: 1, level: 0 }).told()).toEqual([]);
    expect(new Device(pack).report(0, { temp: 1, level: 2 }).told()).toHaveLength(1);
  });

  it('has the unit of its calculation when none is said, and stands in sentences by its name', () => {
    const pack = packOf('  - {id: r, when: mean > 8}', undefined, `derived: {mean: {is: 'avg(temp, "1h")'}}`);
    expect(pack.derived).toMatchObject([{ name: 'mean', unit: 'Cel', type: 'number', title: 'Mean' }]);
    const d = new Device(pack).report(0, { temp: 9 });
    expect(d.transitions).toMatchObject([{ explanation: 'Mean is above 8 °C (9 °C at 12:00 UTC).', signal: 'temp' }]);
    expect(d.transitions[0]?.evidence).toHaveLength(1);
  });

  it('begins anew when its calculation was changed', () => {
    const of = (is: string) =>
      packOf('  - {id: r, when: mean > 8, for: 10m}', undefined, `derived: {mean: {is: '${is}'}}`);
    const d = new Device(of('avg(temp, "1h")')).every(0, 5, { temp: 9 });
    const before = d.rules.snapshot(d.state);
    const changed = new Device(of('avg(temp, "2h")'));
    expect(changed.rules.restore(before).state.rules).toMatchObject([{ since: null }]);
    const same = new Device(of('avg(temp, "1h")'));
    expect(same.rules.restore(before).state.rules).toMatchObject([{ since: expect.any(Number) }]);
  });
});

describe('a severity that goes up and down', () => {
  const escalate = ', severity: minor, escalate: {critical: temp > 20, major: temp > 15}';
  const changes = (d: Device) => d.transitions.map(({ state, severity }) => `${state} ${severity}`);

  it('is told while the rule is open, each time it changes', () => {
    const d = device('temp > 8', escalate);
    for (const [minute, temp] of [9, 16, 17, 21, 16, 9, 22, 1].entries()) d.report(minute, { temp });
    expect(changes(d)).toEqual([
      'raised minor',
      'changed major',
      'changed critical',
      'changed major',
      'changed minor',
      'changed critical',
      'cleared critical',
    ]);
    expect(d.transitions.slice(1, 5).map(({ explanation }) => explanation)).toEqual([
      'Severity raised from minor to major: Cabinet temperature is above 15 °C (16 °C at 12:01 UTC).',
      'Severity raised from major to critical: Cabinet temperature is above 20 °C (21 °C at 12:03 UTC).',
      'Severity lowered from critical to major: Cabinet temperature is at or below 20 °C (16 °C at 12:04 UTC).',
      'Severity lowered from major to minor: Cabinet temperature is at or below 15 °C (9 °C at 12:05 UTC).',
    ]);
  });

  it('is known from the start, and stays while it is unknown', () => {
    expect(changes(device('temp > 8', escalate).report(0, { temp: 30 }))).toEqual(['raised critical']);
    const d = device('temp > 8', ', severity: minor, clear: door, escalate: {critical: level > 20}');
    d.report(0, { temp: 9, level: 21 }).report(10, { temp: 9 }).report(11, { level: 1 });
    expect(changes(d)).toEqual(['raised critical', 'changed minor']);
  });
});

describe('what is known of a device beside its signals', () => {
  it('is its firmware, of its last report that told one', () => {
    const d = device('firmware.startsWith("2.") && temp > 8');
    d.report(0, { temp: 9 }).report(1, { temp: 9 }, { firmware: '2.3.1' }).report(2, { temp: 9 });
    expect(d.report(3, { temp: 9 }, { firmware: '3.0.0' }).told()).toEqual([
      'r raised @1 since 1',
      'r cleared @3 since 1',
    ]);
  });

  it('is its site, unknown when it has none', () => {
    expect(device('site == "roof" || site != "roof"').report(0, { temp: 9 }).told()).toEqual([]);
    expect(device('site == "roof"').report(0, { temp: 9 }, { site: 'roof' }).told()).toHaveLength(1);
  });

  it('is the hour and the weekday where it stands, UTC without a zone', () => {
    // Saturday, 21 November 2026, 12:00 UTC.
    expect(device('hour == 12 && weekday == 6').report(0, { temp: 9 }).told()).toHaveLength(1);
    expect(
      device('hour == 1 && weekday == 7').report(0, { temp: 9 }, { timezone: 'Pacific/Auckland' }).told(),
    ).toHaveLength(1);
    const night = device('hour >= 22 || hour < 6', ', for: 1h');
    for (let minute = 0; minute <= 24 * 60; minute += 15)
      night.report(minute, { temp: 1 }, { timezone: 'Europe/Berlin' });
    expect(night.told()).toEqual([`r raised @${10 * 60} since ${9 * 60}`, `r cleared @${17 * 60} since ${9 * 60}`]);
  });
});
