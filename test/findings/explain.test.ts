import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainAverage, explainBand, explainRange, explainWithdrawal } from '../../src/findings/index.ts';

const at = Date.UTC(2014, 3, 7, 14, 0);
const temperature = { title: 'ambient temperature', unit: '[degF]' };

describe('explainBand', () => {
  it('says how many of the last readings, what was seen, when, and what was expected', () => {
    const readings = [
      { at: at - 120_000, value: 74.2, low: 68.2, high: 74.9 },
      { at: at - 60_000, value: 80, low: 68.2, high: 74.9 },
      { at, value: 82.1, low: 68.2, high: 74.9 },
    ];
    expect(explainBand(temperature, readings)).toBe(
      'Ambient temperature has been outside its expected band for 2 of the last 3 readings: ' +
        '82.1\u2009°F at 14:00 UTC, expected 68.2–74.9\u2009°F.',
    );
    expect(explainBand(temperature, readings.slice(1))).toContain('for the last 2 readings: 82.1');
    expect(explainBand(temperature, readings.slice(2))).toContain('is far outside its expected band: 82.1');
  });

  it('writes a band below zero with "to"', () => {
    const reading = { at, value: 4, low: -20.5, high: -15 };
    expect(explainBand({ title: 'freezer', unit: 'Cel' }, [reading])).toBe(
      'Freezer is far outside its expected band: 4\u2009°C at 14:00 UTC, expected -20.5 to -15\u2009°C.',
    );
  });

  it('never rounds a reading onto the bound that it is beyond', () => {
    const sentence = explainBand(temperature, [{ at, value: 74.9042, low: 68.2, high: 74.9038 }]);
    expect(sentence).toContain('74.9042');
    expect(sentence).toContain('68.2–74.9038');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 12 }), (high, power) => {
        const value = high + 10 ** -power * (1 + high * 1e-12);
        fc.pre(value > high);
        const text = explainBand({ title: 'x', unit: undefined }, [{ at, value, low: -1, high }]);
        const [, seen, bound] = /: (\S+) at .* to (\S+)\.$/.exec(text) ?? [];
        expect(Number(seen)).toBeGreaterThan(Number(bound));
      }),
    );
  });
});

describe('explainRange', () => {
  it('says that the value cannot be', () => {
    expect(explainRange(temperature, { at, value: 999, low: -40, high: 140 })).toBe(
      'Ambient temperature is outside what its sensor can measure: 999\u2009°F at 14:00 UTC, ' +
        'possible -40 to 140\u2009°F.',
    );
  });
});

describe('explainAverage', () => {
  it('says what the average is, of how many readings, and what was expected of it', () => {
    const stretch = { at, value: 60.3, low: 61.2, high: 76.1, count: 32, since: undefined };
    expect(explainAverage(temperature, stretch)).toBe(
      'Ambient temperature is low on average: 60.3\u2009°F over the last 32 readings up to 14:00 UTC, ' +
        'expected 61.2–76.1\u2009°F.',
    );
    expect(explainAverage(temperature, { ...stretch, value: 76.104 })).toContain('is high on average: 76.104');
  });
});

describe('explainWithdrawal', () => {
  const wordsOf = (name: string) => (name === 'duty' ? { title: 'Compressor duty', unit: '%' } : undefined);
  const at = Date.UTC(2026, 0, 1, 14);

  it('says what a late report tells, and how many came', () => {
    const duty = { signal: 'duty', value: 4.1234567, at };
    expect(explainWithdrawal(wordsOf, [duty], 1)).toBe(
      'At 14:00 UTC compressor duty was 4.123\u2009%, says a report that came late. With it, the condition did not hold.',
    );
    expect(explainWithdrawal(wordsOf, [duty, { signal: 'door_open', value: false, at }], 3)).toBe(
      'At 14:00 UTC compressor duty was 4.123\u2009% and door_open was false, says one of 3 reports that came late. ' +
        'With them, the condition did not hold.',
    );
  });

  it('makes do without a reading', () => {
    expect(explainWithdrawal(wordsOf, [], 2)).toBe('With 2 reports that came late, the condition did not hold.');
  });
});
