import { hourMs } from '../base/index.ts';
import type { HourColumn } from './hour-page.ts';
import { bucketMs } from './readings.ts';
import type { SeriesPoint, SeriesQuery } from './store.ts';

interface Part {
  /** Of an hour, its start. */
  readonly at: number;
  readonly isHour: boolean;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly count: number;
}

/** Hours and single readings, put together into buckets. Buckets of an hour or more begin at full hours. */
export class Buckets {
  readonly #query: SeriesQuery;
  readonly #parts: Part[] = [];

  constructor(query: SeriesQuery) {
    this.#query = query;
  }

  get empty(): boolean {
    return this.#parts.length === 0;
  }

  /** Adds an hour of a page that begins at `startsAt`. */
  addHour(startsAt: number, { min, max, sum, count }: HourColumn, hour: number): void {
    const least = min[hour] ?? 0;
    const of = { min: least, max: max[hour] ?? 0, sum: sum[hour] ?? 0, count: count[hour] ?? 0 };
    this.#parts.push({ at: startsAt + hour * hourMs, isHour: true, ...of });
  }

  addReading(at: number, value: number): void {
    this.#parts.push({ at, isHour: false, min: value, max: value, sum: value, count: 1 });
  }

  points(): readonly SeriesPoint[] {
    const parts = this.#parts.sort((a, b) => a.at - b.at);
    const [first, last] = [parts[0], parts.at(-1)];
    if (first === undefined || last === undefined) return [];
    const from = this.#query.from ?? first.at;
    const to = this.#query.to ?? last.at + (last.isHour ? hourMs : 1);
    const { startsAt, lengthMs } = cut(from, to, this.#query.pointsMax);
    const points: SeriesPoint[] = [];
    for (let i = 0; i < parts.length; ) {
      const bucket = Math.floor(((parts[i]?.at ?? 0) - startsAt) / lengthMs);
      const begins = startsAt + bucket * lengthMs;
      let next = i + 1;
      while (next < parts.length && (parts[next]?.at ?? 0) < begins + lengthMs) next++;
      points.push(pointOf(parts.slice(i, next), { begins, from }));
      i = next;
    }
    return points;
  }
}

function cut(from: number, to: number, pointsMax: number): { startsAt: number; lengthMs: number } {
  const lengthMs = bucketMs(from, to, pointsMax);
  if (lengthMs < hourMs) return { startsAt: from, lengthMs };
  const startsAt = Math.floor(from / hourMs) * hourMs;
  return { startsAt, lengthMs: Math.ceil(bucketMs(startsAt, to, pointsMax) / hourMs) * hourMs };
}

function pointOf(
  parts: readonly Part[],
  { begins, from }: { readonly begins: number; readonly from: number },
): SeriesPoint {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  for (const part of parts) {
    min = Math.min(min, part.min);
    max = Math.max(max, part.max);
    sum += part.sum;
    count += part.count;
  }
  const only = parts.length === 1 ? parts[0] : undefined;
  const at = Math.max(from, only?.at ?? begins);
  // Rounding, or a sum beyond the largest number, must not carry the mean outside of what it is the mean of.
  const mean = Math.min(max, Math.max(min, sum / count));
  return { at, min, max, mean, count };
}
