import type { Value } from '../api/model.ts';

/** U+2009; stands between a number and its unit. */
export const thinSpace = '\u2009';

/** A reading with about four significant digits: enough to tell neighbours apart, short enough to read. */
export function numberWords(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e9)) return signed(value.toExponential(2));
  return withDecimals(value, decimalsOf(size));
}

/** "0.55 to 2.38": both ends as exact as the larger one is told. */
export function spanWords(low: number, high: number): string {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (size < 0.001 || size >= 1e9) return `${numberWords(low)} to ${numberWords(high)}`;
  return `${withDecimals(low, decimalsOf(size))} to ${withDecimals(high, decimalsOf(size))}`;
}

function decimalsOf(size: number): number {
  if (size >= 100) return size >= 1000 ? 0 : 1;
  return size >= 1 ? 2 : 4;
}

/** At most so many digits behind the point. */
export function withDecimals(value: number, decimals: number): string {
  return signed(value.toLocaleString('en', { maximumFractionDigits: decimals, signDisplay: 'negative' }));
}

/** With a minus sign that is as wide as a digit, and no hyphen. */
const signed = (text: string): string => text.replace(/^-/, '\u2212');

export function valueWords(value: Value, unit: string): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  return unit === '' ? numberWords(value) : `${numberWords(value)}${thinSpace}${unit}`;
}

export function countWords(count: number): string {
  return count.toLocaleString('en');
}

/** "1 report", "1,204 reports". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}
