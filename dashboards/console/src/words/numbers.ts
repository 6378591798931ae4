import type { Value } from '../api/model.ts';

/** U+2009; stands between a number and its unit. */
export const thinSpace = '\u2009';

/** A reading with about four significant digits: enough to tell neighbours apart, short enough to read. */
export function numberWords(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e9)) return value.toExponential(2);
  const decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  return value.toLocaleString('en', { maximumFractionDigits: decimals });
}

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
