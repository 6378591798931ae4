import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineRun, fridge, minute, short, start } from './fixture.ts';

describe('a rule', () => {
  it('raises when `for` is satisfied by event time, and clears', () => {
    const run = new EngineRun(fridge);
    for (let m = 0; m < 5; m++) expect(run.report(m * minute, { temp: 9.1 })).toEqual([]);
    const [raised] = run.report(5 * minute, { temp: 9.2 });
    expect(raised).toMatchObject({
      source: 'rule:warm',
      state: 'raised',
      startsAt: start,
      openedAt: start + 5 * minute,
      failureMode: 'warm',
      title: 'Too warm',
      severity: 'major',
      opensCase: true,
      endsAt: undefined,
    });
    expect(raised?.explanation).toContain('9.2');
    const [cleared] = run.report(6 * minute, { temp: 4 });
    expect(cleared).toMatchObject({ state: 'cleared', finding: raised?.finding, endsAt: start + 6 * minute });
    expect(new Set([raised?.id, cleared?.id]).size).toBe(2);
  });

  it('does not judge a report behind the watermark', () => {
    const run = new EngineRun(fridge);
    run.report(0, { temp: 4 });
    run.report(10 * minute, { temp: 4 });
    for (let m = 1; m < 9; m++) expect(run.report(m * minute, { temp: 20 })).toEqual([]);
  });

  it('judges both of two reports with one stamp', () => {
    const run = new EngineRun(fridge.replace('for: 5m, ', ''));
    expect(short(run.report(0, { temp: 4 }))).toEqual([]);
    expect(short(run.report(0, { temp: 9 }))).toEqual(['rule:warm raised']);
  });
});

describe('fault codes', () => {
  it('open a case when listed with a failure mode, are findings otherwise', () => {
    const run = new EngineRun(fridge);
    const on = (code: string) => run.report(0, {}, { faults: [{ code, active: true }] });
    expect(on('E1')).toMatchObject([{ source: 'fault:E1', failureMode: 'warm', severity: 'major', opensCase: true }]);
    expect(on('E1')).toEqual([]);
    expect(on('E2')).toMatchObject([{ source: 'fault:E2', title: 'Door left open', opensCase: false }]);
    expect(on('E9')).toMatchObject([{ source: 'fault:E9', severity: 'info', opensCase: false }]);
    expect(short(run.report(1, {}, { faults: [{ code: 'E1', active: false }] }))).toEqual(['fault:E1 cleared']);
  });
});

describe('a physical range', () => {
  it('is a sensor fault, never a case', () => {
    const run = new EngineRun(fridge);
    run.report(0, { temp: 4 });
    expect(run.report(minute, { temp: 85 })).toMatchObject([
      { source: 'range:temp', failureMode: 'sensor-fault', severity: 'info', opensCase: false },
    ]);
  });
});

describe('silence', () => {
  it('is noticed by ticks after silentAfter, and ends with any message', () => {
    const run = new EngineRun(fridge);
    run.report(0, { temp: 4 });
    expect(run.tick(10 * minute)).toEqual([]);
    expect(run.tick(10 * minute + 1)).toMatchObject([
      { source: 'silent', state: 'raised', severity: 'minor', opensCase: false, startsAt: start },
    ]);
    expect(run.tick(20 * minute)).toEqual([]);
    const contact = { kind: 'contact', device: 'd1', offset: 99, receivedAt: start + 21 * minute } as const;
    expect(run.step(contact)).toMatchObject([{ source: 'silent', state: 'cleared', endsAt: start + 21 * minute }]);
  });

  it('does not count the down-time of the service', () => {
    const run = new EngineRun(fridge);
    run.report(0, { temp: 4 });
    run.tick(5 * minute);
    run.step({ kind: 'resumed', at: start + 65 * minute });
    expect(run.tick(70 * minute)).toEqual([]);
    expect(short(run.tick(70 * minute + 1))).toEqual(['silent raised']);
  });

  it('is waited for by `for` of a rule from when it is true, while the service is up', () => {
    const run = new EngineRun(fridge.replace('rules:', 'rules:\n  - {id: quiet, when: silent(), for: 30m}'));
    run.report(0, { temp: 4 });
    run.tick(5 * minute);
    run.step({ kind: 'resumed', at: start + 65 * minute });
    expect(run.tick(70 * minute)).toEqual([]);
    expect(run.tick(71 * minute)).toMatchObject([{ source: 'silent', startsAt: start }]);
    run.tick(80 * minute);
    run.step({ kind: 'resumed', at: start + 200 * minute });
    run.restart();
    expect(run.tick(219 * minute)).toEqual([]);
    expect(run.tick(220 * minute)).toMatchObject([{ source: 'rule:quiet', startsAt: start + 70 * minute }]);
  });

  it('of a device never seen counts from its installation only', () => {
    const run = new EngineRun(fridge, []);
    run.register('never');
    run.register('installed', start);
    expect(run.tick(11 * minute)).toMatchObject([{ device: 'installed', source: 'silent' }]);
  });

  it('ends with the device: a retired one is not missed', () => {
    const run = new EngineRun(fridge);
    run.report(0, { temp: 4 });
    run.tick(11 * minute);
    run.retire('d1', start + 12 * minute);
    expect(short(run.out.findings)).toEqual(['silent raised', 'silent cleared']);
    expect(run.tick(60 * minute)).toEqual([]);
  });
});

it('a call for help is one finding each time', () => {
  const run = new EngineRun(fridge);
  expect(run.assist(0, 'it hums')).toMatchObject([
    {
      failureMode: 'device-requested',
      state: 'raised',
      opensCase: true,
      explanation: expect.stringContaining('it hums'),
    },
    { state: 'cleared' },
  ]);
  expect(short(run.assist(minute, ''))).toEqual(['assist raised', 'assist cleared']);
});

describe('a new version of the pack', () => {
  it('keeps what did not change, in the middle of `for` too', () => {
    const run = new EngineRun(fridge);
    for (let m = 0; m < 4; m++) run.report(m * minute, { temp: 9 });
    run.publish(fridge.replace('title: Worn seal', 'title: Worn door seal'));
    run.report(4 * minute, { temp: 9 });
    expect(short(run.report(5 * minute, { temp: 9 }))).toEqual(['rule:warm raised']);
  });

  it('ends what a changed rule had raised, and judges anew', () => {
    const run = new EngineRun(fridge);
    for (let m = 0; m < 6; m++) run.report(m * minute, { temp: 9 });
    run.publish(fridge.replace('temp > 8.0', 'temp > 20.0'));
    const events = run.report(6 * minute, { temp: 9 });
    expect(events).toMatchObject([{ source: 'rule:warm', state: 'cleared' }]);
    expect(events[0]?.explanation).toContain('Version 2');
  });
});

it('a finding whose severity changes is updated, and keeps how it began', () => {
  const run = new EngineRun(fridge.replace('for: 5m,', 'severity: minor, escalate: {critical: temp > 20.0},'));
  const events = [9, 21, 22, 9, 4].flatMap((temp, index) => run.report(index * minute, { temp }));
  expect(events.map(({ state, severity }) => `${state} ${severity}`)).toEqual([
    'raised minor',
    'updated critical',
    'updated minor',
    'cleared minor',
  ]);
  const [raised, updated, lowered, cleared] = events;
  expect(updated).toMatchObject({ finding: raised?.finding, id: `${raised?.finding}#1`, startsAt: raised?.startsAt });
  expect(updated?.explanation).toMatch(
    /^Temp is above 8 °C .*\. Severity raised from minor to critical: Temp is above/,
  );
  expect(lowered?.explanation).toMatch(/^Temp is above 8 °C .*\. Severity lowered from critical to minor: Temp is at/);
  expect(cleared?.explanation).toBe(lowered?.explanation);
});

it('a restart at any place changes nothing', () => {
  const input = fc.oneof(
    fc.record({
      kind: fc.constant('report'),
      temp: fc.constantFrom(3, 7.9, 8, 8.1, 9, 70),
      hum: fc.nat(3),
      gap: fc.nat(12),
    }),
    fc.record({ kind: fc.constant('tick'), gap: fc.nat(15) }),
    fc.record({ kind: fc.constant('fault'), active: fc.boolean(), gap: fc.nat(2) }),
  );
  fc.assert(
    fc.property(fc.array(input, { minLength: 1, maxLength: 60 }), fc.nat(60), (inputs, restartAt) => {
      const runs = [new EngineRun(fridge), new EngineRun(fridge)];
      for (const [which, run] of runs.entries()) {
        let now = 0;
        inputs.forEach((item, index) => {
          if (which === 1 && (index === restartAt || index % 7 === 0)) run.restart();
          now += item.gap * minute;
          if (item.kind === 'tick') run.tick(now);
          else if ('temp' in item) run.report(now, { temp: item.temp, hum: item.hum });
          else if ('active' in item) run.report(now, {}, { faults: [{ code: 'E1', active: item.active }] });
        });
      }
      expect(runs[1]?.out.findings).toEqual(runs[0]?.out.findings);
      expect(runs[1]?.out.bands).toEqual(runs[0]?.out.bands);
      expect(runs[1]?.snapshots()).toEqual(runs[0]?.snapshots());
    }),
    { numRuns: 60 },
  );
});
