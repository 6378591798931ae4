import { describe, expect, it } from 'vitest';
import type { RuleNow } from '../../src/rules/index.ts';
import { Device, minute, noon, packOf } from './fixture.ts';

const warm = packOf(`  - id: warm
    when: 'avg(temp, "15m") > 8.0 && !door'
    for: 10m
    clear: 'temp < 6.0'
    failureMode: cooling-loss`);

function now(device: Device, isSilent = false): RuleNow {
  const [rule] = device.rules.why(device.state, isSilent);
  if (rule === undefined) throw new Error('the pack has a rule');
  return rule;
}

describe('how a rule stands', () => {
  it('names the first part that keeps it from opening, with what is so', () => {
    const device = new Device(warm).report(0, { temp: 9, door: true });
    expect(now(device)).toMatchObject({
      open: undefined,
      asks: 'when',
      holds: false,
      since: undefined,
      forMs: 10 * minute,
      failing: { holds: false, value: true, told: 'the door is open' },
    });
    device.report(1, { temp: 4, door: false });
    expect(now(device).parts).toEqual([
      {
        text: 'the 15-minute average of cabinet temperature is above 8 °C',
        holds: false,
        value: 6.5,
        told: 'the 15-minute average of cabinet temperature is 6.5 °C',
      },
      { text: 'the door is not open', holds: true, value: false, told: 'the door is not open' },
    ]);
  });

  it('tells since when it waits for its time, and then what would clear it', () => {
    const device = new Device(warm).every(0, 4, { temp: 9, door: false });
    expect(now(device)).toMatchObject({ asks: 'when', holds: true, since: noon, failing: undefined });
    device.every(5, 12, { temp: 9, door: false });
    expect(now(device)).toMatchObject({
      open: { startsAt: noon, openedAt: noon + 10 * minute },
      asks: 'clear',
      condition: 'cabinet temperature is below 6 °C',
      holds: false,
      failing: { told: 'cabinet temperature is 9 °C' },
    });
  });

  it('says that a signal is not known', () => {
    const device = new Device(warm).report(0, { temp: 9 });
    expect(now(device)).toMatchObject({ holds: undefined, failing: { holds: undefined, value: undefined } });
    expect(now(device).failing?.told).toBe('whether the door is not open is not known: never seen, or too old');
    const never = new Device(warm).report(0, { current: 1, door: false });
    expect(now(never).failing?.told).toContain('the 15-minute average of cabinet temperature is not known');
  });

  it('asks of alternatives whether one holds', () => {
    const either = packOf(`  - {id: either, when: 'temp > 8.0 || fault("E21")', failureMode: cooling-loss}`);
    const device = new Device(either).report(0, { temp: 4 });
    expect(now(device)).toMatchObject({ holds: false, failing: { told: 'cabinet temperature is 4 °C' } });
    device.report(1, { temp: 4 }, { faults: [{ code: 'E21', active: true }] });
    expect(now(device).open).toBeDefined();
    expect(now(device)).toMatchObject({ asks: 'clear', holds: false, failing: { told: 'fault code E21 is active' } });
  });

  it('tells the age of a signal', () => {
    const old = packOf(`  - {id: old, when: 'age(temp) > duration("30m")', failureMode: cooling-loss}`);
    const device = new Device(old).report(0, { temp: 4 }).report(12, { current: 1 });
    expect(now(device).parts).toEqual([
      {
        text: 'the age of cabinet temperature is above 30 minutes',
        holds: false,
        value: 12 * minute,
        told: 'the age of cabinet temperature is 12 minutes',
      },
    ]);
  });

  it('knows silence from its caller, and changes nothing by being asked', () => {
    const gone = packOf(`  - {id: gone, when: 'silent()', for: 1h, failureMode: cooling-loss}`);
    const device = new Device(gone).report(0, { temp: 4 });
    const before = JSON.stringify(device.rules.snapshot(device.state));
    expect(now(device, true)).toMatchObject({ holds: true, parts: [{ told: 'the device is silent' }] });
    expect(now(device, false)).toMatchObject({ holds: false, failing: { told: 'the device is not silent' } });
    expect(JSON.stringify(device.rules.snapshot(device.state))).toBe(before);
  });
});
