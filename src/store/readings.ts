import type { SignalValue } from '../telemetry/index.ts';
import type { ColumnValues } from './block.ts';
import type { SeriesPoint } from './store.ts';

/**
 * Length of each bucket where [from, to) is cut into at most `pointsMax` of equal length: whole milliseconds, so that
 * every driver cuts alike.
 */
export function bucketMs(from: number, to: number, pointsMax: number): number {
  return Math.max(1, Math.ceil((to - from) / pointsMax));
}

/** Readings of one signal of one device, gathered in log order and then made into points. */
export class Readings {
  #at = new Float64Array(1_024);
  /** NaN stands for a word: not a point, but it supersedes an earlier reading of the same time. */
  #values = new Float64Array(1_024);
  #count = 0;

  push(at: number, value: SignalValue): void {
    if (this.#count === this.#at.length) this.#grow();
    this.#at[this.#count] = at;
    this.#values[this.#count++] = typeof value === 'string' ? Number.NaN : Number(value);
  }

  /** Adds the readings of a signal's columns in one block whose times are wanted; `at` is that of the block's rows. */
  pushColumns(columns: readonly ColumnValues[], at: ArrayLike<number>, isWanted: (at: number) => boolean): void {
    const [only] = columns;
    if (only && columns.length === 1) {
      for (let i = 0; i < only.values.length; i++) {
        const time = at[rowOf(only, i)] ?? 0;
        if (isWanted(time)) this.push(time, only.values[i] ?? 0);
      }
      return;
    }
    const mixed = columns.flatMap((column) => {
      const rows = Array.from(column.values.keys(), (i) => rowOf(column, i));
      return rows.map((row, i) => ({ row, value: column.values[i] ?? 0 }));
    });
    mixed.sort((a, b) => a.row - b.row);
    for (const { row, value } of mixed) {
      const time = at[row] ?? 0;
      if (isWanted(time)) this.push(time, value);
    }
  }

  /** One point a reading where they are at most `pointsMax`, else buckets over [from, to) or what the readings span. */
  points(from: number | undefined, to: number | undefined, pointsMax: number): readonly SeriesPoint[] {
    this.#settle();
    if (this.#count <= pointsMax) {
      return Array.from(this.#at.subarray(0, this.#count), (at, i) => {
        const value = this.#values[i] ?? 0;
        return { at, min: value, max: value, mean: value, count: 1 };
      });
    }
    const start = from ?? this.#at[0] ?? 0;
    const end = to ?? (this.#at[this.#count - 1] ?? 0) + 1;
    const lengthMs = bucketMs(start, end, pointsMax);
    const points: SeriesPoint[] = [];
    for (let i = 0; i < this.#count; ) {
      const bucketStart = start + Math.floor(((this.#at[i] ?? 0) - start) / lengthMs) * lengthMs;
      let next = i + 1;
      while (next < this.#count && (this.#at[next] ?? 0) < bucketStart + lengthMs) next++;
      points.push(this.#point(i, next, bucketStart));
      i = next;
    }
    return points;
  }

  /** The readings as they count: by event time, the last of equal ones only, no words. */
  *settled(): Generator<{ readonly at: number; readonly value: number }> {
    this.#settle();
    for (let i = 0; i < this.#count; i++) yield { at: this.#at[i] ?? 0, value: this.#values[i] ?? 0 };
  }

  #point(first: number, end: number, bucketStart: number): SeriesPoint {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let i = first; i < end; i++) {
      const value = this.#values[i] ?? 0;
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
    }
    const count = end - first;
    // Rounding, or a sum beyond the largest number, must not carry the mean outside of what it is the mean of.
    const mean = Math.min(max, Math.max(min, sum / count));
    return { at: count === 1 ? (this.#at[first] ?? 0) : bucketStart, min, max, mean, count };
  }

  /** Event-time order, the last of equal times only, no words. */
  #settle(): void {
    if (!this.#rising()) this.#sort();
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const superseded = i + 1 < this.#count && this.#at[i + 1] === this.#at[i];
      const value = this.#values[i] ?? 0;
      if (superseded || Number.isNaN(value)) continue;
      this.#at[kept] = this.#at[i] ?? 0;
      this.#values[kept++] = value;
    }
    this.#count = kept;
  }

  #rising(): boolean {
    for (let i = 1; i < this.#count; i++) if ((this.#at[i] ?? 0) < (this.#at[i - 1] ?? 0)) return false;
    return true;
  }

  #sort(): void {
    const at = this.#at.slice(0, this.#count);
    const values = this.#values.slice(0, this.#count);
    const order = Uint32Array.from(at.keys()).sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0) || a - b);
    for (const [i, from] of order.entries()) {
      this.#at[i] = at[from] ?? 0;
      this.#values[i] = values[from] ?? 0;
    }
  }

  #grow(): void {
    const at = new Float64Array(this.#at.length * 2);
    const values = new Float64Array(this.#at.length * 2);
    at.set(this.#at);
    values.set(this.#values);
    this.#at = at;
    this.#values = values;
  }
}

function rowOf(column: ColumnValues, i: number): number {
  return column.rows === undefined ? i : (column.rows[i] ?? 0);
}
