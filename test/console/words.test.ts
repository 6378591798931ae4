import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hintWords } from '../../dashboards/console/src/words/hints.ts';
import { numberWords, plural, spanWords, valueWords } from '../../dashboards/console/src/words/numbers.ts';
import { agoWords, lengthWords, shortMomentWords } from '../../dashboards/console/src/words/times.ts';
import { unitWords } from '../../dashboards/console/src/words/units.ts';
import { displayUnit } from '../../src/telemetry/index.ts';

const unitsOf = (pack: string): string[] => {
  const { signals }: { signals: Record<string, { unit?: string }> } = parse(pack);
  return Object.values(signals).flatMap(({ unit }) => unit ?? []);
};

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('numbers', () => {
  it('keep about four digits', () => {
    expect([9.1234, 123.456, 12_345.6, 0.012345, 0].map(numberWords)).toEqual([
      '9.12',
      '123.5',
      '12,346',
      '0.0123',
      '0',
    ]);
    expect(numberWords(Number.NaN)).toBe('–');
    expect(numberWords(0.00001)).toBe('1.00e-5');
  });

  it('have a minus sign, not a hyphen, and no negative zero', () => {
    expect([-40, -0.00001, -0].map(numberWords)).toEqual(['\u221240', '\u22121.00e-5', '0']);
  });

  it('are as exact at both ends of a span', () => {
    expect(spanWords(0.5475, 2.384)).toBe('0.55 to 2.38');
    expect(spanWords(-76.443, 930.17)).toBe('\u221276.4 to 930.2');
    expect(spanWords(0.0001, 0.0002)).toBe('1.00e-4 to 2.00e-4');
    expect(spanWords(0, 0)).toBe('0 to 0');
  });

  it('carry their unit behind a thin space; switches are words', () => {
    expect(valueWords(4.1, '°C')).toBe('4.1\u2009°C');
    expect(valueWords(4.1, '')).toBe('4.1');
    expect(valueWords(true, '')).toBe('yes');
    expect(valueWords('defrost', '')).toBe('defrost');
  });

  it('count in words', () => {
    expect(plural(1, 'report')).toBe('1 report');
    expect(plural(1204, 'report')).toBe('1,204 reports');
  });
});

describe('times', () => {
  it('say how long ago', () => {
    const now = Date.parse('2025-11-21T20:00:00Z');
    expect([20_000, 9 * minute, 4 * hour, 3 * day].map((age) => agoWords(now - age, now))).toEqual([
      'just now',
      '9 min ago',
      '4 h ago',
      '3 d ago',
    ]);
    expect(agoWords(Date.parse('2014-02-03T12:00:00Z'), now)).toBe('3 Feb 2014');
  });

  it('name the year where it is not this one', () => {
    const now = new Date(2025, 10, 21, 20).getTime();
    expect(shortMomentWords(new Date(2025, 10, 21, 14, 5).getTime(), now)).toBe('21 Nov, 14:05');
    expect(shortMomentWords(new Date(2013, 11, 2, 7, 0).getTime(), now)).toBe('2 Dec 2013, 07:00');
  });

  it('say how long', () => {
    expect([45_000, 12 * minute, 3 * hour, 3.5 * hour, 2 * day + 4 * hour].map(lengthWords)).toEqual([
      '45 s',
      '12 min',
      '3 h',
      '3 h 30 min',
      '2 d 4 h',
    ]);
  });

  it('never say sixty of what makes one of the next', () => {
    const nearly = [minute - 100, hour - 100, 4 * hour - 100, day - 100, 2 * day - 100];
    expect(nearly.map(lengthWords)).toEqual(['1 min', '1 h', '4 h', '1 d', '2 d']);
  });
});

describe('hints', () => {
  it('are kept for people, and left out where they are meant for programs', () => {
    expect(hintWords('Look at the case, then try again.')).toBe('Look at the case, then try again.');
    expect(hintWords('GET /api/v1/devices lists them.')).toBeNull();
    expect(hintWords('Correct it; /openapi.json tells what each field takes.')).toBeNull();
    expect(hintWords(undefined)).toBeNull();
  });
});

describe('units', () => {
  it('are written for people', () => {
    expect(['Cel', 'mm/s', '1', '{count}', null].map(unitWords)).toEqual(['°C', 'mm/s', '', '', '']);
  });

  it('are those of the sentences beside the chart', () => {
    const packs = readdirSync('products').filter((file) => file.endsWith('.yaml'));
    const units = packs.flatMap((file) => unitsOf(readFileSync(join('products', file), 'utf8')));
    expect(units.length).toBeGreaterThan(10);
    expect(units.map(unitWords)).toEqual(units.map(displayUnit));
  });
});
