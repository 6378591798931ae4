import { assert } from '../base/index.ts';
import type { Row } from './first-rows.ts';
import { type Sheet, sheetPlace } from './sheet.ts';

export interface RecentLimits {
  readonly reportsMax: number;
  /** Rows of `recent`, by the writes that made them. */
  readonly writesMax: number;
  /** Memory of their reports, in bytes. */
  readonly bytesMax: number;
}

/** What one write brought. */
interface RecentWrite {
  /** The cursor after it: its reports lie before. */
  readonly next: number;
  readonly sheet: Sheet;
  /** By row of the sheet: 1 = not in memory any more, because it is in a chunk or was deleted. */
  readonly taken: Uint8Array;
  left: number;
}

/** A report in memory, by its place. */
export interface RecentRow {
  readonly sheet: Sheet;
  readonly row: number;
}

/** A report's place as one number: writes are counted, and none has so many rows. */
const rowsMax = 2 ** 20;

/**
 * The reports that are not in chunks yet, in memory as in the table `recent`. Devices come in the order of their oldest
 * such report, so that taking them from the front empties the oldest write first.
 */
export class RecentReports {
  readonly #limits: RecentLimits;
  readonly #fullReports: number;
  /** Places of each device's reports, in log order. */
  readonly #byDevice = new Map<string, number[]>();
  /** Devices that have enough reports for a full chunk, the first to have them first. */
  readonly #full = new Set<string>();
  #writes: RecentWrite[] = [];
  /** Number of the first of the writes. */
  #firstWrite = 0;
  #count = 0;
  #bytes = 0;

  constructor(limits: RecentLimits, fullReports: number) {
    this.#limits = limits;
    this.#fullReports = fullReports;
  }

  /** Whether there is more than so many times what the limits allow. */
  isOver(times: number): boolean {
    const { reportsMax, writesMax, bytesMax } = this.#limits;
    return (
      this.#count > reportsMax * times || this.#writes.length >= writesMax * times || this.#bytes > bytesMax * times
    );
  }

  /** The device whose oldest report is the oldest of all. */
  get front(): string | undefined {
    return this.#byDevice.keys().next().value;
  }

  /** A device that has enough reports for a full chunk. */
  get full(): string | undefined {
    return this.#full.values().next().value;
  }

  /** Adds the rows of the next write, given in log order; its other rows count as taken. */
  add(sheet: Sheet, rows: Iterable<number>, next: number): void {
    const taken = new Uint8Array(sheet.rows).fill(1);
    const base = (this.#firstWrite + this.#writes.length) * rowsMax;
    let left = 0;
    for (const row of rows) {
      taken[row] = 0;
      left++;
      const device = sheet.word(row, sheetPlace.device) ?? '';
      const places = this.#byDevice.get(device);
      if (places === undefined) this.#byDevice.set(device, [base + row]);
      if ((places?.push(base + row) ?? 1) === this.#fullReports) this.#full.add(device);
    }
    this.#writes.push({ next, sheet, taken, left });
    this.#count += left;
    this.#bytes += sheet.bytes;
  }

  countOf(device: string): number {
    return this.#byDevice.get(device)?.length ?? 0;
  }

  /** A device's reports, all or the oldest so many, in log order. */
  *of(device: string, count?: number): Generator<RecentRow> {
    for (const place of this.#byDevice.get(device)?.slice(0, count) ?? []) yield this.#at(place);
  }

  /**
   * How many of a device's reports, in log order, come before those of its newest event time: whoever packs these only
   * never splits what shares a time, as bursts do. All of them where that would leave half or more.
   */
  beforeNewestTime(device: string): number {
    const rows = [...this.of(device)];
    const at = ({ sheet, row }: RecentRow) => sheet.number(row, sheetPlace.at);
    const newestAt = rows.reduce((newest, row) => Math.max(newest, at(row)), Number.NEGATIVE_INFINITY);
    let count = rows.findIndex((row) => at(row) === newestAt);
    // What is packed is told by log offset: a message's reports stay together.
    while (count > 0 && offsetOf(rows[count]) === offsetOf(rows[count - 1])) count--;
    return count * 2 > rows.length ? count : rows.length;
  }

  /** Log offset of a device's report, counted from its oldest here. */
  offsetAt(device: string, index: number): number | undefined {
    const place = this.#byDevice.get(device)?.[index];
    return place === undefined ? undefined : offsetOf(this.#at(place));
  }

  /** The newest by event time of a device's reports, of all or of the oldest so many; the last of equal ones. */
  newest(device: string, count?: number): RecentRow | undefined {
    let newest: RecentRow | undefined;
    let newestAt = Number.NEGATIVE_INFINITY;
    for (const place of this.of(device, count)) {
      const at = place.sheet.number(place.row, sheetPlace.at);
      if (at < newestAt) continue;
      newest = place;
      newestAt = at;
    }
    return newest;
  }

  /** The reports of all devices with an offset in [from, to), write by write, within one in no promised order. */
  *inOffsets(from: number, to: number): Generator<readonly Row[]> {
    for (const { next, sheet, taken, left } of this.#writes) {
      if (next <= from || left === 0) continue;
      const rows: Row[] = [];
      let least = Number.POSITIVE_INFINITY;
      for (let row = 0; row < sheet.rows; row++) {
        const offset = sheet.number(row, sheetPlace.offset);
        least = Math.min(least, offset);
        if (offset >= from && offset < to && taken[row] === 0) rows.push(rowOf({ sheet, row }));
      }
      if (least >= to) return;
      yield rows;
    }
  }

  /** Moves a device's reports, the oldest or all of them, to the end of a sheet, in log order. */
  take(device: string, into: Sheet | undefined, count?: number): void {
    const all = this.#byDevice.get(device) ?? [];
    const places = all.slice(0, count);
    this.#byDevice.delete(device);
    this.#full.delete(device);
    this.#count -= places.length;
    if (places.length < all.length) this.#byDevice.set(device, all.slice(places.length));
    if (all.length - places.length >= this.#fullReports) this.#full.add(device);
    for (const place of places) {
      const write = this.#writeAt(place);
      const row = place % rowsMax;
      if (write === undefined) continue;
      into?.copy(write.sheet, row);
      write.taken[row] = 1;
      write.left--;
    }
  }

  /** Of the last write: the rows that are still in memory, by product. */
  leftOfLast(): Iterable<Uint32Array> {
    const byProduct = new Map<number, number[]>();
    const last = this.#writes.at(-1);
    for (let row = 0; last && row < last.sheet.rows; row++) {
      if (last.taken[row] === 1) continue;
      const product = last.sheet.number(row, sheetPlace.product);
      const rows = byProduct.get(product);
      if (rows) rows.push(row);
      else byProduct.set(product, [row]);
    }
    return byProduct.values().map((rows) => Uint32Array.from(rows));
  }

  /** Forgets the oldest writes that have nothing left; returns the `next` of the last of them. */
  dropEmptyWrites(): number | undefined {
    const firstKept = this.#writes.findIndex((write) => write.left > 0);
    const dropped = this.#writes.splice(0, firstKept < 0 ? this.#writes.length : firstKept);
    this.#firstWrite += dropped.length;
    for (const { sheet } of dropped) this.#bytes -= sheet.bytes;
    return dropped.at(-1)?.next;
  }

  #writeAt(place: number): RecentWrite | undefined {
    return this.#writes[Math.floor(place / rowsMax) - this.#firstWrite];
  }

  #at(place: number): RecentRow {
    const write = this.#writeAt(place);
    assert(write !== undefined, 'a write that has reports is kept');
    return { sheet: write.sheet, row: place % rowsMax };
  }
}

function offsetOf(place: RecentRow | undefined): number | undefined {
  return place?.sheet.number(place.row, sheetPlace.offset);
}

/** A report in memory as a row among those of blocks. */
export function rowOf({ sheet, row }: RecentRow): Row {
  const at = sheet.number(row, sheetPlace.at);
  const offset = sheet.number(row, sheetPlace.offset);
  return { at, offset, index: sheet.number(row, sheetPlace.index), source: sheet, row };
}
