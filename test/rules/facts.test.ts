import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZoneClock } from '../../src/rules/facts.ts';

const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'];
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

describe('the clock of a zone', () => {
  it('says what the calendar says, at any instant', () => {
    const clock = new ZoneClock();
    const instants = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2035, 0) });
    fc.assert(
      fc.property(instants, fc.constantFrom(...zones), (at, timeZone) => {
        const format = new Intl.DateTimeFormat('en-GB', {
          timeZone,
          hour: 'numeric',
          weekday: 'short',
          hourCycle: 'h23',
        });
        const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
        expect(clock.hour(at, timeZone)).toBe(Number(parts.hour));
        expect(clock.weekday(at, timeZone)).toBe(weekdays.indexOf(parts.weekday ?? '') + 1);
      }),
      { numRuns: 300 },
    );
  });

  it('goes through the hours of a change of clocks as people there do', () => {
    const clock = new ZoneClock();
    const hours = (day: number, from: number) =>
      [0, 1, 2, 3].map((step) => clock.hour(Date.UTC(2026, from, day, step, 30), 'Europe/Berlin'));
    expect(hours(29, 2)).toEqual([1, 3, 4, 5]);
    expect(hours(25, 9)).toEqual([2, 2, 3, 4]);
  });

  it('is UTC for a device without a zone, or of one that nobody knows', () => {
    const clock = new ZoneClock();
    const at = Date.UTC(2026, 5, 1, 23, 59);
    expect([clock.hour(at, undefined), clock.hour(at, 'Mars/Olympus'), clock.weekday(at, undefined)]).toEqual([
      23, 23, 1,
    ]);
  });
});
