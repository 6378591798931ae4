import { hourMs } from '../base/index.ts';
import { Presence, readPresence } from './bits.ts';
import { packContent, unpackContent } from './block-codec.ts';
import { ByteReader, ByteWriter, damaged } from './bytes.ts';
import { readNumbers, writeNumbers } from './number-column.ts';

/** Hours of one page: a page is rewritten when some are added, and a year has 137. */
export const pageHours = 64;
export const pageMs = pageHours * hourMs;

/** What the readings of one signal come to, by the hour of the page; a count of 0 means that there are none. */
export interface HourColumn {
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly count: Float64Array;
}

const content = new ByteWriter();
const columnBytes = new ByteWriter();

/**
 * The readings of one device in hours: 64 in a row, beginning at a multiple of 64 since 1970. As bytes, packed like a
 * block (block-codec.ts):
 *
 *   texts product, signal, product, signal, … | for each pair: integer bytes | presence of the hours | counts |
 *   least readings | presence of the greatest (where it is not the least) | these | presence of sums (where there
 *   are several) | these
 *
 * Presences are told in bits.ts, of 64 hours first, then of those there are; the others are columns of
 * number-column.ts, left out where nothing is present.
 */
export class HourPage {
  readonly #columns = new Map<string, HourColumn>();

  /** Opens a page, with all its columns, or only that of one signal. */
  static read(bytes: Uint8Array, only?: { readonly product: string; readonly signal: string }): HourPage {
    const page = new HourPage();
    const from = new ByteReader(unpackContent(bytes));
    const names = from.texts();
    for (let i = 0; i + 1 < names.length; i += 2) {
      const column = new ByteReader(from.take(from.integer()));
      const [product = '', signal = ''] = [names[i], names[i + 1]];
      if (only && (only.product !== product || only.signal !== signal)) continue;
      readColumn(column, page.column(product, signal));
    }
    return page;
  }

  /** The column of a signal, made when there is none. */
  column(product: string, signal: string): HourColumn {
    const key = `${product}\n${signal}`;
    const known = this.#columns.get(key);
    if (known) return known;
    const made = {
      min: new Float64Array(pageHours),
      max: new Float64Array(pageHours),
      sum: new Float64Array(pageHours),
      count: new Float64Array(pageHours),
    };
    this.#columns.set(key, made);
    return made;
  }

  find(product: string, signal: string): HourColumn | undefined {
    return this.#columns.get(`${product}\n${signal}`);
  }

  /** Forgets what is known of an hour. */
  clearHour(hour: number): void {
    for (const { count } of this.#columns.values()) count[hour] = 0;
  }

  write(): Uint8Array {
    const used = [...this.#columns].filter(([, { count }]) => count.some((n) => n > 0));
    content.reset();
    content.texts(used.flatMap(([key]) => key.split('\n')));
    for (const [, column] of used) {
      columnBytes.reset();
      writeColumn(column);
      content.integer(columnBytes.length);
      content.append(columnBytes.written());
    }
    return packContent(content.written());
  }
}

/** What readings come to together. */
export interface HourReadings {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly count: number;
}

/** Adds readings to an hour. */
export function addReadings(column: HourColumn, hour: number, { min, max, sum, count }: HourReadings): void {
  const before = column.count[hour] ?? 0;
  column.count[hour] = before + count;
  column.min[hour] = before === 0 ? min : Math.min(column.min[hour] ?? 0, min);
  column.max[hour] = before === 0 ? max : Math.max(column.max[hour] ?? 0, max);
  column.sum[hour] = before === 0 ? sum : (column.sum[hour] ?? 0) + sum;
}

const hours = new Float64Array(pageHours);

function writeColumn({ min, max, sum, count }: HourColumn): void {
  const there: number[] = [];
  const presence = new Presence(pageHours);
  for (let hour = 0; hour < pageHours; hour++) {
    if (count[hour] === 0) continue;
    there.push(hour);
    presence.mark(hour);
  }
  presence.write(columnBytes);
  writeOf(there, count);
  writeOf(there, min);
  writeSome(there, max, (hour) => !Object.is(max[hour], min[hour]));
  writeSome(there, sum.map(shortened), (hour) => count[hour] !== 1);
}

function writeOf(there: readonly number[], values: Float64Array): void {
  for (const [i, hour] of there.entries()) hours[i] = values[hour] ?? 0;
  writeNumbers(columnBytes, hours, there.length);
}

function writeSome(there: readonly number[], values: Float64Array, isSome: (hour: number) => boolean): void {
  const presence = new Presence(there.length);
  const some = there.filter(isSome);
  for (const [i, hour] of there.entries()) if (isSome(hour)) presence.mark(i);
  presence.write(columnBytes);
  if (some.length > 0) writeOf(some, values);
}

/** A sum of decimals is one too, but for the rounding of its additions: without it, it takes a third of the bytes. */
function shortened(sum: number): number {
  const short = Math.round(sum * 1e6) / 1e6;
  return Math.abs(short - sum) <= Math.abs(sum) * 1e-12 ? short : sum;
}

function readColumn(from: ByteReader, { min, max, sum, count }: HourColumn): void {
  const there = readPresence(from, pageHours) ?? Uint32Array.from({ length: pageHours }, (_, hour) => hour);
  const counts = readNumbers(from, there.length);
  const least = readNumbers(from, there.length);
  for (const [i, hour] of there.entries()) {
    if (hour >= pageHours) throw damaged('an hour outside of its page');
    count[hour] = counts[i] ?? 0;
    min[hour] = least[i] ?? 0;
    max[hour] = least[i] ?? 0;
    sum[hour] = least[i] ?? 0;
  }
  readSome(from, there, max);
  readSome(from, there, sum);
}

function readSome(from: ByteReader, there: Uint32Array, into: Float64Array): void {
  const some = readPresence(from, there.length);
  const values = readNumbers(from, some?.length ?? there.length);
  for (let i = 0; i < values.length; i++) into[there[some ? (some[i] ?? 0) : i] ?? 0] = values[i] ?? 0;
}
