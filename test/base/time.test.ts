import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatInstant,
  isWritableInstant,
  parseDurationMs,
  parseInstant,
} from '../../src/base/index.ts';

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['14d', 1_209_600_000],
    ['250ms', 250],
  ])('%s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', '15', 'm', '-5m', '0s', '5 m', '1y', '1e3s'])('%j is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it('read back what they write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), (ms) => {
        expect(parseDurationMs(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('instants', () => {
  it('are written as the nearest that RFC 3339 can write', () => {
    expect(formatInstant(8.64e15)).toBe('9999-12-31T23:59:59.999Z');
    expect(formatInstant(-8.64e15)).toBe('0001-01-01T00:00:00.000Z');
    const outside = [
      8.64e15,
      -8.64e15,
      Date.UTC(9999, 11, 31, 24),
      Date.parse('0000-12-31T23:59:59Z'),
      0.5,
      Number.NaN,
    ];
    expect(outside.filter(isWritableInstant)).toEqual([]);
  });

  it('are epoch milliseconds or RFC 3339', () => {
    expect(parseInstant(1_763_755_200_000)).toBe(1_763_755_200_000);
    expect(parseInstant('2025-11-21T20:00:00Z')).toBe(1_763_755_200_000);
    expect(parseInstant('2025-11-21t21:00:00.5+01:00')).toBe(1_763_755_200_500);
  });

  it.each(['2025-11-21', '2025-11-21T20:00:00', '2025-02-30T20:00:00Z', '21.11.2025', 'now', '', '1763755200000'])(
    '%j is neither',
    (text) => {
      expect(parseInstant(text)).toBeUndefined();
    },
  );

  it('take a leap second for the second after it, where there may be one', () => {
    expect(parseInstant('2016-12-31T23:59:60Z')).toBe(Date.UTC(2017, 0, 1));
    expect(parseInstant('1990-12-31T15:59:60-08:00')).toBe(Date.UTC(1991, 0, 1));
    expect(parseInstant('2016-12-31T23:59:60.5Z')).toBe(Date.UTC(2017, 0, 1) + 500);
    const nowhere = ['2016-12-31T22:59:60Z', '2016-12-30T23:59:60Z', '2016-12-31T23:58:60Z', '2016-12-31T23:59:61Z'];
    expect(nowhere.map(parseInstant)).toEqual(nowhere.map(() => undefined));
  });

  it('have no hour 24', () => {
    expect(parseInstant('2025-11-21T24:00:00Z')).toBeUndefined();
    expect(parseInstant('2025-11-21T23:59:59.999Z')).toBe(Date.UTC(2025, 10, 22) - 1);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e20, null, {}, true])('%j is neither', (value) => {
    expect(parseInstant(value)).toBeUndefined();
  });

  it('read back what they write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (at) => {
        expect(parseInstant(formatInstant(at))).toBe(at);
        expect(isWritableInstant(at)).toBe(true);
      }),
    );
  });
});
