/** The service's clock: epoch milliseconds. Passed in wherever time is read. */
export type Clock = () => number;

export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: secondMs, m: minuteMs, h: hourMs, d: dayMs };

/** `90s`, `15m`, `1h30m`, `14d` → milliseconds; undefined for anything else, and for zero or negative lengths. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN);
  }
  return Number.isFinite(totalMs) && totalMs > 0 ? Math.round(totalMs) : undefined;
}

/** 5_400_000 → `1h30m`: the shortest exact form that {@link parseDurationMs} reads back. */
export function formatDuration(durationMs: number): string {
  let rest = Math.round(durationMs);
  let text = '';
  for (const [unit, ms] of [
    ['d', dayMs],
    ['h', hourMs],
    ['m', minuteMs],
    ['s', secondMs],
    ['ms', 1],
  ] as const) {
    const amount = Math.floor(rest / ms);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * ms;
  }
  return text === '' ? '0s' : text;
}

/** RFC 3339 date and time with a zone; the date part is checked by the round trip below. */
const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ]([01]\d|2[0-3]):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Epoch milliseconds or RFC 3339 → epoch milliseconds (whole); undefined when it is neither. A leap second, which epoch
 * milliseconds do not have, is the second after it.
 */
export function parseInstant(value: unknown): number | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) && Math.abs(value) <= 8.64e15 ? Math.trunc(value) : undefined;
  if (typeof value !== 'string') return undefined;
  const match = rfc3339.exec(value);
  if (!match) return undefined;
  const [, year, month, day, , , second] = match;
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > daysInMonth) return undefined;
  const text = value.replace(' ', 'T');
  if (second === '60') return afterLeapSecond(Date.parse(`${text.slice(0, 17)}59${text.slice(19)}`));
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** A second after `at`, if a leap second may come there: at the end of a month, UTC. */
function afterLeapSecond(at: number): number | undefined {
  const next = at + secondMs;
  const isEndOfMonth = next % dayMs < secondMs && new Date(next).getUTCDate() === 1;
  return isEndOfMonth ? next : undefined;
}

/** The years 0001 to 9999: RFC 3339 can write no others. */
const firstWritableMs = Date.parse('0001-01-01T00:00:00.000Z');
const lastWritableMs = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether RFC 3339 can write it: whole milliseconds in the years 0001 to 9999. */
export function isWritableInstant(atMs: number): boolean {
  return Number.isInteger(atMs) && atMs >= firstWritableMs && atMs <= lastWritableMs;
}

/**
 * Epoch milliseconds → RFC 3339 UTC with milliseconds. A broken clock may say what lies outside of the years that can be
 * written: then the nearest time within.
 */
export function formatInstant(atMs: number): string {
  return new Date(Math.min(Math.max(atMs, firstWritableMs), lastWritableMs)).toISOString();
}
