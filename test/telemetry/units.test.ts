import { describe, expect, it } from 'vitest';
import { displayUnit, formatClock, formatNumber, formatQuantity } from '../../src/telemetry/index.ts';

describe('displayUnit', () => {
  it.each([
    [undefined, ''],
    ['1', ''],
    ['Cel', '°C'],
    ['[degF]', '°F'],
    ['A', 'A'],
    ['kPa', 'kPa'],
    ['bar', 'bar'],
    ['mm/s', 'mm/s'],
    ['m/s2', 'm/s²'],
    ['m3/h', 'm³/h'],
    ['l/min', 'L/min'],
    ['s-1', 's⁻¹'],
    ['%', '%'],
    ['uA', 'µA'],
    ['1/h', '/h'],
    ['{rev}/min', 'rev/min'],
    ['kW.h', 'kWh'],
    ['kg.m2', 'kg·m²'],
    ['mm[Hg]', 'mmHg'],
    ["[in_i'H2O]", 'inH₂O'],
    ['m[H2O]', 'mH₂O'],
    ['[furlong_us]', '[furlong_us]'],
  ])('%s is shown as "%s"', (code, shown) => {
    expect(displayUnit(code)).toBe(shown);
  });
});

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [9, '9'],
    [1.92, '1.92'],
    [82.13445, '82.13'],
    [-0.0265878, '-0.02659'],
    [999.96, '1000'],
    [12345.6, '12346'],
    [1e308, '1.000e308'],
    [5e-324, '4.941e-324'],
  ])('%d is written %s', (value, shown) => {
    expect(formatNumber(value)).toBe(shown);
  });

  it('shows more digits where more are asked for', () => {
    expect(formatNumber(1234.5678, 6)).toBe('1234.57');
  });
});

describe('formatQuantity', () => {
  it('puts a thin space before the unit, and none before an angle', () => {
    expect(formatQuantity(4.1, 'Cel')).toBe('4.1\u2009°C');
    expect(formatQuantity(30, 'deg')).toBe('30°');
    expect(formatQuantity(7, '1')).toBe('7');
  });
});

describe('formatClock', () => {
  const at = Date.UTC(2014, 3, 7, 14, 3, 27);
  it('shows hours and minutes in UTC, date and seconds when asked', () => {
    expect(formatClock(at)).toBe('14:03 UTC');
    expect(formatClock(at, { date: true })).toBe('2014-04-07 14:03 UTC');
    expect(formatClock(at, { seconds: true })).toBe('14:03:27 UTC');
  });
});
