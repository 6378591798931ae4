import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { hourMs, isAftercareError } from '../base/index.ts';
import { blob, integer } from '../sqlite/index.ts';
import type { Block } from './block.ts';
import type { ChunkTable } from './chunk-table.ts';
import type { DeviceTable } from './device-table.ts';
import { addReadings, type HourColumn, HourPage, pageHours, pageMs } from './hour-page.ts';
import { isParentColumn } from './parent-columns.ts';
import { Sheet, sheetPlace, sheetSignals } from './sheet.ts';

/** A page with the start of its first hour. */
export interface PlacedPage {
  readonly startsAt: number;
  readonly page: HourPage;
}

/**
 * The hours of all devices. They hold what the rolled chunks hold, also after these are gone. Of readings that share an
 * event time, the last in log order counts, as everywhere: a late report makes its hour anew from the chunks. Only
 * where retention took these is it added to what there is.
 */
export class RollupTable {
  readonly #chunks: ChunkTable;
  readonly #devices: DeviceTable;
  readonly #again = new Sheet(256);
  readonly #get: StatementSync;
  readonly #set: StatementSync;
  readonly #range: StatementSync;
  readonly #first: StatementSync;
  readonly #removeSome: StatementSync;

  constructor(db: DatabaseSync, chunks: ChunkTable, devices: DeviceTable) {
    this.#chunks = chunks;
    this.#devices = devices;
    this.#get = db.prepare('SELECT body FROM rollup WHERE device = ? AND page = ?');
    this.#set = db.prepare(
      'INSERT INTO rollup (device, page, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
    );
    this.#range = db.prepare(
      'SELECT page, body FROM rollup WHERE device = ? AND page >= ? AND page <= ? ORDER BY page',
    );
    this.#first = db.prepare('SELECT page FROM rollup WHERE device = ? ORDER BY page LIMIT 1');
    this.#removeSome = db.prepare(
      'DELETE FROM rollup WHERE rowid IN (SELECT rowid FROM rollup WHERE device = ? LIMIT ?)',
    );
  }

  /** Pages of a device that may hold hours of a signal in [from, to), oldest first. */
  *pages(
    device: number,
    { from, to }: { readonly from: number; readonly to: number },
    only: { readonly product: string; readonly signal: string },
  ): Generator<PlacedPage> {
    const [first, last] = [Math.floor(from / pageMs), Math.floor((to - 1) / pageMs)];
    for (const row of this.#range.iterate(device, first, last)) {
      yield { startsAt: integer(row.page) * pageMs, page: HourPage.read(blob(row.body), only) };
    }
  }

  /** Start of the first hour of a device's first page. */
  firstAt(device: number): number | undefined {
    const page = this.#first.get(device)?.page;
    return page === undefined ? undefined : integer(page) * pageMs;
  }

  /** Takes in all rows of a sheet, one device's, whose chunks are rolled now. Inside the caller's transaction. */
  roll(id: number, sheet: Sheet): void {
    const device = this.#devices.findById(id);
    if (device === undefined || sheet.rows === 0) return;
    const { rolledUntil, rawFrom } = device;
    const late = new Set<number>();
    let lastAt = rolledUntil - 1;
    for (let row = 0; row < sheet.rows; row++) {
      const at = sheet.number(row, sheetPlace.at);
      lastAt = Math.max(lastAt, at);
      const hour = Math.floor(at / hourMs);
      if (at < rolledUntil && hour * hourMs >= rawFrom) late.add(hour);
    }
    const pages = new Pages((page) => this.#read(id, page));
    const blocks = new Map<number, Block>();
    const made = new Set([...late].filter((hour) => this.#makeAgain(id, hour, { pages, blocks })));
    fold(sheet, pages, made);
    for (const hour of pages.damagedHours()) {
      if (hour * hourMs >= rawFrom) this.#makeAgain(id, hour, { pages, blocks });
    }
    for (const [number, page] of pages.all()) this.#set.run(id, number, page.write());
    this.#devices.setRolled(id, lastAt + 1, rawFrom);
  }

  /** Removes at most `pagesMax` pages of a device; returns how many. */
  remove(device: number, pagesMax: number): number {
    return Number(this.#removeSome.run(device, pagesMax).changes);
  }

  #read(device: number, page: number): HourPage {
    const row = this.#get.get(device, page);
    return row === undefined ? new HourPage() : HourPage.read(blob(row.body));
  }

  /** False when a chunk of the hour is damaged: then what comes is added to what there is. */
  #makeAgain(
    device: number,
    hour: number,
    { pages, blocks }: { readonly pages: Pages; readonly blocks: Map<number, Block> },
  ): boolean {
    const sheet = this.#again;
    sheet.clear();
    try {
      for (const id of this.#chunks.rolledInTime(device, hour * hourMs, (hour + 1) * hourMs)) {
        const block = blocks.get(id) ?? this.#chunks.open(id);
        blocks.set(id, block);
        const at = block.at();
        for (let row = 0; row < block.rows; row++) {
          if (Math.floor((at[row] ?? 0) / hourMs) === hour) sheet.push(block.report(row));
        }
      }
    } catch (error) {
      if (!isAftercareError(error, 'store-failed')) throw error;
      return false;
    }
    pages.of(hour).clearHour(hourOf(hour));
    fold(sheet, pages, new Set());
    return true;
  }
}

/** The pages that one call changes, each read once. */
class Pages {
  readonly #read: (page: number) => HourPage;
  readonly #pages = new Map<number, HourPage>();
  readonly #damaged: number[] = [];

  constructor(read: (page: number) => HourPage) {
    this.#read = read;
  }

  of(hour: number): HourPage {
    const number = Math.floor(hour / pageHours);
    const page = this.#pages.get(number) ?? this.#readWhole(number);
    this.#pages.set(number, page);
    return page;
  }

  /** Hours whose page could not be read; it begins anew. */
  damagedHours(): readonly number[] {
    return this.#damaged.flatMap((page) => Array.from({ length: pageHours }, (_, i) => page * pageHours + i));
  }

  #readWhole(number: number): HourPage {
    try {
      return this.#read(number);
    } catch (error) {
      if (!isAftercareError(error, 'store-failed')) throw error;
      this.#damaged.push(number);
      return new HourPage();
    }
  }

  all(): Iterable<[number, HourPage]> {
    return this.#pages;
  }
}

/** Place of an hour in its page. */
function hourOf(hour: number): number {
  return hour - Math.floor(hour / pageHours) * pageHours;
}

/** Adds a sheet's readings to their hours, but for some hours. */
function fold(sheet: Sheet, pages: Pages, without: ReadonlySet<number>): void {
  const { values, starts } = sheet;
  const atOf = (row: number) => values[(starts[row] ?? 0) + sheetPlace.at] ?? 0;
  const rows = byTime(sheet, atOf);
  let columns: Columns | undefined;
  for (let i = 0; i < rows.length; ) {
    const at = atOf(rows[i] ?? 0);
    const hour = Math.floor(at / hourMs);
    let next = i + 1;
    while (next < rows.length && atOf(rows[next] ?? 0) === at) next++;
    const isShared = next > i + 1;
    if (!isShared) next = endOfRun(sheet, rows, i);
    if (!without.has(hour)) {
      const page = pages.of(hour);
      if (columns?.page !== page) columns = new Columns(sheet, page);
      if (isShared) columns.addLast(rows.subarray(i, next), hourOf(hour));
      else columns.add(rows.subarray(i, next), hourOf(hour));
    }
    i = next;
  }
}

/** Where the rows end that follow the first in its hour, with its signals, at times of their own. */
function endOfRun(sheet: Sheet, rows: Uint32Array, first: number): number {
  const { values, starts, shapeOf } = sheet;
  const start = starts[rows[first] ?? 0] ?? 0;
  const at = values[start + sheetPlace.at] ?? 0;
  const product = values[start + sheetPlace.product];
  const shape = shapeOf[rows[first] ?? 0];
  const end = (Math.floor(at / hourMs) + 1) * hourMs;
  let before = at;
  let next = first + 1;
  for (; next < rows.length; next++) {
    const row = rows[next] ?? 0;
    const place = starts[row] ?? 0;
    const time = values[place + sheetPlace.at] ?? 0;
    if (time >= end || shapeOf[row] !== shape || values[place + sheetPlace.product] !== product) break;
    // The row before shares its time with this one: both are looked at together, in the next round.
    if (time === before) return next - 1;
    before = time;
  }
  const after = values[(starts[rows[next] ?? 0] ?? 0) + sheetPlace.at];
  return next < rows.length && after === before && next > first + 1 ? next - 1 : next;
}

/** Rows by event time, equal ones in log order. */
function byTime(sheet: Sheet, atOf: (row: number) => number): Uint32Array {
  const rows = sheet.allRows();
  let rises = true;
  for (let row = 1; row < rows.length && rises; row++) rises = atOf(row) >= atOf(row - 1);
  return rises ? rows : rows.sort((a, b) => atOf(a) - atOf(b) || a - b);
}

/** What a report knows of the device's parent is no reading of the device. */
function isCharted(name: string): boolean {
  return !isParentColumn(name);
}

/** Where a sheet's signals go in one page. */
class Columns {
  readonly page: HourPage;
  readonly #sheet: Sheet;
  /** By shape, then product: the column of each signal, undefined for words. */
  readonly #byShape: { readonly product: number; readonly columns: readonly (HourColumn | undefined)[] }[] = [];

  constructor(sheet: Sheet, page: HourPage) {
    this.#sheet = sheet;
    this.page = page;
  }

  /** Adds rows of one shape and product. */
  add(rows: Uint32Array, hour: number): void {
    const { values, starts } = this.#sheet;
    const columns = this.#of(rows[0] ?? 0);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      if (column === undefined) continue;
      let min = Number.POSITIVE_INFINITY;
      let max = Number.NEGATIVE_INFINITY;
      let sum = 0;
      for (let k = 0; k < rows.length; k++) {
        const value = values[(starts[rows[k] ?? 0] ?? 0) + sheetSignals + i] ?? 0;
        min = Math.min(min, value);
        max = Math.max(max, value);
        sum += value;
      }
      addReadings(column, hour, { min, max, sum, count: rows.length });
    }
  }

  /** Of rows that share an event time, the last that has a signal tells it; a word supersedes too. */
  addLast(rows: Uint32Array, hour: number): void {
    const { shapeOf } = this.#sheet;
    const newest = rows.at(-1) ?? 0;
    // As nearly always: they have the same signals, so that the newest tells all of them.
    if (rows.every((row) => shapeOf[row] === shapeOf[newest] && this.#of(row) === this.#of(newest))) {
      this.add(Uint32Array.of(newest), hour);
      return;
    }
    const last = new Map<string, number>();
    for (const row of rows) {
      const product = this.#sheet.word(row, sheetPlace.product) ?? '';
      for (const name of this.#sheet.shapeAt(row).names.filter(isCharted)) last.set(`${product}\n${name}`, row);
    }
    for (const [key, row] of last) {
      const [product = '', name = ''] = key.split('\n');
      const value = this.#sheet.signal(row, name) ?? '';
      if (typeof value === 'string') continue;
      const only = Number(value);
      addReadings(this.page.column(product, name), hour, { min: only, max: only, sum: only, count: 1 });
    }
  }

  #of(row: number): readonly (HourColumn | undefined)[] {
    const sheet = this.#sheet;
    const shape = sheet.shapeOf[row] ?? 0;
    const product = sheet.number(row, sheetPlace.product);
    const known = this.#byShape[shape];
    if (known?.product === product) return known.columns;
    const { names, types } = sheet.shapeAt(row);
    const of = sheet.word(row, sheetPlace.product) ?? '';
    const columns = names.map((name, i) =>
      types[i] === 'string' || !isCharted(name) ? undefined : this.page.column(of, name),
    );
    this.#byShape[shape] = { product, columns };
    return columns;
  }
}
