import { assert } from '../base/index.ts';
import type { FaultCode, Report, SignalValue } from '../telemetry/index.ts';
import type { Block } from './block.ts';
import { isParentColumn, parentColumn, withParent } from './parent-columns.ts';

export type ValueType = 'number' | 'boolean' | 'string';

/** What the readings of a report are: their names in its order, the parent's last, and the type of each value. */
export interface Shape {
  readonly names: readonly string[];
  readonly types: readonly ValueType[];
}

/** Places of the values that every row has; the signals come after them, in the order of the row's shape. */
export const sheetPlace = {
  offset: 0,
  index: 1,
  at: 2,
  receivedAt: 3,
  rawAt: 4,
  seq: 5,
  device: 6,
  product: 7,
  boot: 8,
  firmware: 9,
  faults: 10,
} as const;

type Place = (typeof sheetPlace)[keyof typeof sheetPlace];

/** Where a row's signals begin. */
export const sheetSignals = 11;
/** No number of a word, and of the last word of a place that had none yet. */
const none = -1;
const noFaults: readonly FaultCode[] = [];

/** Reports one by one, or as the rows that they were gathered as. */
export type Reports = readonly Report[] | Sheet;

export function reportsOf(reports: Reports): readonly Report[] {
  return reports instanceof Sheet ? reports.reports() : reports;
}

/** All that a sheet holds. Its arrays of numbers have memory of their own, which may move to another thread. */
export interface SheetParts {
  readonly rows: number;
  readonly values: Float64Array<ArrayBuffer>;
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly shapeOf: Uint32Array<ArrayBuffer>;
  readonly words: string[];
  readonly shapes: Shape[];
}

/**
 * Reports as rows of numbers, one behind the other: what is gathered for a block. It takes an eighth of the memory that
 * the reports' objects take, none of it on the collector's heap, and columns are read from it at the speed of memory.
 * Booleans are 0 and 1, words are numbers of {@link words}, what is absent is NaN.
 */
export class Sheet {
  /** Every word of the rows once. */
  readonly words: string[];
  readonly shapes: Shape[];
  #values: Float64Array<ArrayBuffer>;
  /** Of each row: where its values begin, and the number of its shape. */
  #starts: Uint32Array<ArrayBuffer>;
  #shapeOf: Uint32Array<ArrayBuffer>;
  #rows: number;
  #end = 0;
  readonly #numbers = new Map<string, number>();
  readonly #shapeByKey = new Map<string, number>();
  /** By the number of the product's word: the shape that its last report had. */
  readonly #lastShapes: number[] = [];
  readonly #lastWords = new Int32Array(sheetSignals).fill(none);

  /** Empty, with room for so many rows of some nine signals at first; or made of parts, to which no row is added. */
  constructor(from: number | SheetParts) {
    const parts = typeof from === 'number' ? emptyParts(from) : from;
    this.words = parts.words;
    this.shapes = parts.shapes;
    this.#values = parts.values;
    this.#starts = parts.starts;
    this.#shapeOf = parts.shapeOf;
    this.#rows = parts.rows;
    const last = this.#rows - 1;
    if (last >= 0) this.#end = (this.#starts[last] ?? 0) + sheetSignals + this.shapeAt(last).names.length;
  }

  /** Of reports one by one; rows are given back as they are. */
  static of(reports: Reports): Sheet {
    if (reports instanceof Sheet) return reports;
    const sheet = new Sheet(reports.length);
    for (const report of reports) sheet.push(report);
    sheet.seal();
    return sheet;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The values of all rows; a row's begin at its {@link starts}. Valid until a row is added. */
  get values(): Float64Array {
    return this.#values;
  }

  get starts(): Uint32Array {
    return this.#starts;
  }

  get shapeOf(): Uint32Array {
    return this.#shapeOf;
  }

  /** All of it. Whoever moves the memory to another thread uses the sheet no more. */
  parts(): SheetParts {
    const { words, shapes } = this;
    return { rows: this.#rows, values: this.#values, starts: this.#starts, shapeOf: this.#shapeOf, words, shapes };
  }

  /** The same as a copy, which is no larger than its rows. */
  copiedParts(): SheetParts {
    const rows = this.#rows;
    const { words, shapes } = this;
    const [starts, shapeOf] = [this.#starts.slice(0, rows), this.#shapeOf.slice(0, rows)];
    return { rows, values: this.#values.slice(0, this.#end), starts, shapeOf, words, shapes };
  }

  /** Gives back the memory at once, of which the collector would learn late. There are no rows any more. */
  free(): void {
    for (const { buffer } of [this.#values, this.#starts, this.#shapeOf]) buffer.transfer(0);
    this.#values = new Float64Array(0);
    this.#starts = new Uint32Array(0);
    this.#shapeOf = new Uint32Array(0);
    this.clear();
  }

  /** How many rows each device has, of those before a log offset. */
  countByDevice(before = Number.POSITIVE_INFINITY): ReadonlyMap<string, number> {
    const counts: number[] = [];
    for (let row = 0; row < this.#rows; row++) {
      if (this.number(row, sheetPlace.offset) >= before) continue;
      const device = this.number(row, sheetPlace.device);
      counts[device] = (counts[device] ?? 0) + 1;
    }
    const found = new Map<string, number>();
    for (const [device, count] of counts.entries()) if (count !== undefined) found.set(this.words[device] ?? '', count);
    return found;
  }

  /** Memory, without the words. */
  get bytes(): number {
    return this.#values.byteLength + this.#starts.byteLength + this.#shapeOf.byteLength;
  }

  /** The numbers of all rows, in order. */
  allRows(): Uint32Array {
    return this.someRows(0, this.#rows);
  }

  /** The numbers of the rows from `from` to before `to`. */
  someRows(from: number, to: number): Uint32Array {
    const rows = new Uint32Array(to - from);
    for (let i = 0; i < rows.length; i++) rows[i] = from + i;
    return rows;
  }

  clear(): void {
    this.#rows = 0;
    this.#end = 0;
    this.words.length = 0;
    this.shapes.length = 0;
    this.#numbers.clear();
    this.#shapeByKey.clear();
    this.#lastShapes.length = 0;
    this.#lastWords.fill(none);
  }

  push(report: Report): void {
    const product = this.#word(report.product, sheetPlace.product);
    let shape = this.#lastShapes[product] ?? -1;
    let width = this.#shapeWidth(shape);
    let start = this.#addRow(width);
    if (!this.#fill(report, shape, start + sheetSignals)) {
      shape = this.#findShape(report);
      this.#lastShapes[product] = shape;
      this.#dropRow();
      width = this.#shapeWidth(shape);
      start = this.#addRow(width);
      const filled = this.#fill(report, shape, start + sheetSignals);
      assert(filled, 'a report has the shape that was found for it');
    }
    this.#shapeOf[this.#rows - 1] = shape;
    const values = this.#values;
    values[start + sheetPlace.offset] = report.offset;
    values[start + sheetPlace.index] = report.index;
    values[start + sheetPlace.at] = report.at;
    values[start + sheetPlace.receivedAt] = report.receivedAt;
    values[start + sheetPlace.rawAt] = report.rawAt ?? Number.NaN;
    values[start + sheetPlace.seq] = report.seq ?? Number.NaN;
    values[start + sheetPlace.device] = this.#word(report.device, sheetPlace.device);
    values[start + sheetPlace.product] = product;
    values[start + sheetPlace.boot] = this.#word(report.boot, sheetPlace.boot);
    values[start + sheetPlace.firmware] = this.#word(report.firmware, sheetPlace.firmware);
    values[start + sheetPlace.faults] = this.#word(faultsText(report.faults), sheetPlace.faults);
  }

  /** Adds a row of another sheet. */
  copy(from: Sheet, row: number): void {
    const shape = from.shapeAt(row);
    const width = shape.names.length;
    const start = this.#addRow(width);
    const first = from.#starts[row] ?? 0;
    const values = this.#values;
    for (let i = 0; i < sheetSignals + width; i++) values[start + i] = from.#values[first + i] ?? 0;
    for (let place: number = sheetPlace.device; place < sheetSignals; place++) {
      const word = values[start + place] ?? Number.NaN;
      if (!Number.isNaN(word)) values[start + place] = this.#word(from.words[word], place);
    }
    for (let i = 0; i < width; i++) {
      if (shape.types[i] !== 'string') continue;
      values[start + sheetSignals + i] = this.#word(from.words[values[start + sheetSignals + i] ?? 0]);
    }
    const product = values[start + sheetPlace.product] ?? 0;
    const guess = this.#lastShapes[product] ?? -1;
    const number = sameShape(this.shapes[guess], shape) ? guess : this.#numberOfShape(shape);
    this.#lastShapes[product] = number;
    this.#shapeOf[this.#rows - 1] = number;
  }

  /** Adds all rows of a block. */
  append(block: Block): void {
    const columns = block.fullSignals();
    if (columns === undefined) {
      for (let row = 0; row < block.rows; row++) this.push(block.report(row));
      return;
    }
    const shape = this.#numberOfShape({
      names: columns.map(({ name }) => name),
      types: columns.map(({ column }) => column.type),
    });
    const first = this.#rows;
    for (let row = 0; row < block.rows; row++) {
      this.#addRow(columns.length);
      this.#shapeOf[first + row] = shape;
    }
    for (const [place, column] of block.systemRows()) {
      for (let row = 0; row < block.rows; row++) {
        const value = column[row];
        const number = typeof value === 'number' ? value : this.#word(textOrNone(value), place);
        this.#values[(this.#starts[first + row] ?? 0) + place] = number;
      }
    }
    for (const [i, { column }] of columns.entries()) {
      for (let row = 0; row < block.rows; row++) {
        const value = column.values[row] ?? 0;
        const number = typeof value === 'string' ? this.#word(value) : value;
        this.#values[(this.#starts[first + row] ?? 0) + sheetSignals + i] = number;
      }
    }
  }

  /** Gives back room where less than half is used. No row is added any more. */
  seal(): void {
    if (this.#end * 2 < this.#values.length) this.#values = this.#values.slice(0, this.#end);
    this.#numbers.clear();
  }

  shapeAt(row: number): Shape {
    const shape = this.shapes[this.#shapeOf[row] ?? 0];
    assert(shape !== undefined, 'a row has a shape');
    return shape;
  }

  /** All rows as reports. */
  reports(): readonly Report[] {
    return Array.from({ length: this.#rows }, (_, row) => this.report(row));
  }

  report(row: number): Report {
    const shape = this.shapeAt(row);
    const signals: Record<string, SignalValue> = {};
    for (const [i, name] of shape.names.entries()) signals[name] = this.#signal(row, shape, i);
    const report = {
      device: this.word(row, sheetPlace.device) ?? '',
      product: this.word(row, sheetPlace.product) ?? '',
      offset: this.number(row, sheetPlace.offset),
      index: this.number(row, sheetPlace.index),
      at: this.number(row, sheetPlace.at),
      receivedAt: this.number(row, sheetPlace.receivedAt),
      rawAt: present(this.number(row, sheetPlace.rawAt)),
      boot: this.word(row, sheetPlace.boot),
      seq: present(this.number(row, sheetPlace.seq)),
      firmware: this.word(row, sheetPlace.firmware),
      signals,
      faults: readFaults(this.word(row, sheetPlace.faults)),
    };
    return isParentColumn(shape.names.at(-1) ?? '') ? withParent(report) : report;
  }

  /** How the device named a report; undefined where it did not. */
  identityAt(row: number): { readonly device: string; readonly boot: string; readonly seq: number } | undefined {
    const [device, boot] = [this.word(row, sheetPlace.device), this.word(row, sheetPlace.boot)];
    const seq = this.number(row, sheetPlace.seq);
    return device === undefined || boot === undefined || Number.isNaN(seq) ? undefined : { device, boot, seq };
  }

  number(row: number, place: Place): number {
    return this.#values[(this.#starts[row] ?? 0) + place] ?? 0;
  }

  word(row: number, place: Place): string | undefined {
    const word = this.number(row, place);
    return Number.isNaN(word) ? undefined : this.words[word];
  }

  /** A signal's value in a row; undefined when the row has none. */
  signal(row: number, name: string): SignalValue | undefined {
    const shape = this.shapeAt(row);
    const i = shape.names.indexOf(name);
    return i < 0 ? undefined : this.#signal(row, shape, i);
  }

  #signal(row: number, shape: Shape, i: number): SignalValue {
    const value = this.#values[(this.#starts[row] ?? 0) + sheetSignals + i] ?? 0;
    const type = shape.types[i];
    if (type === 'number') return value;
    return type === 'boolean' ? value === 1 : (this.words[value] ?? '');
  }

  /** Writes the signals' values; false when they are not of the shape. */
  #fill({ signals, parent }: Report, number: number, start: number): boolean {
    const shape = this.shapes[number];
    if (shape === undefined) return false;
    const { names, types } = shape;
    const values = this.#values;
    let i = 0;
    // The engine reads an object's values fastest this way, and signals have no prototype's properties to skip.
    for (const name in signals) {
      if (names[i] !== name) return false;
      const value = signals[name];
      if (typeof value === 'number') {
        if (types[i] !== 'number') return false;
        values[start + i] = value;
      } else if (typeof value !== types[i]) return false;
      else values[start + i] = typeof value === 'string' ? this.#word(value) : Number(value);
      i++;
    }
    if (parent !== undefined) {
      for (const [name, value] of Object.entries(parent)) {
        if (names[i] !== parentColumn(name) || types[i] !== typeOf(value)) return false;
        values[start + i] = typeof value === 'string' ? this.#word(value) : Number(value);
        i++;
      }
    }
    return i === names.length;
  }

  #findShape({ signals, parent = {} }: Report): number {
    const names = [...Object.keys(signals), ...Object.keys(parent).map(parentColumn)];
    const values = [...Object.values(signals), ...Object.values(parent)];
    return this.#numberOfShape({ names, types: values.map(typeOf) });
  }

  #numberOfShape(shape: Shape): number {
    const key = JSON.stringify([shape.names, shape.types]);
    const known = this.#shapeByKey.get(key);
    if (known !== undefined) return known;
    const number = this.shapes.push(shape) - 1;
    this.#shapeByKey.set(key, number);
    return number;
  }

  #shapeWidth(shape: number): number {
    return this.shapes[shape]?.names.length ?? 0;
  }

  /** The number of a word; `place` tells where it was last, which spares the look-up of what seldom changes. */
  #word(text: string | undefined, place?: number): number {
    if (text === undefined) return Number.NaN;
    if (place !== undefined) {
      const last = this.#lastWords[place] ?? none;
      if (last !== none && this.words[last] === text) return last;
    }
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.words.push(text) - 1;
      this.#numbers.set(text, number);
    }
    if (place !== undefined) this.#lastWords[place] = number;
    return number;
  }

  #addRow(width: number): number {
    const start = this.#end;
    this.#end += sheetSignals + width;
    if (this.#end > this.#values.length) this.#values = grown(this.#values, this.#end, Float64Array);
    if (this.#rows === this.#starts.length) {
      this.#starts = grown(this.#starts, this.#rows + 1, Uint32Array);
      this.#shapeOf = grown(this.#shapeOf, this.#rows + 1, Uint32Array);
    }
    this.#starts[this.#rows++] = start;
    return start;
  }

  #dropRow(): void {
    this.#end = this.#starts[--this.#rows] ?? 0;
  }
}

function emptyParts(rows: number): SheetParts {
  const room = Math.max(1, rows);
  const [values, starts, shapeOf] = [new Float64Array(room * 20), new Uint32Array(room), new Uint32Array(room)];
  return { rows: 0, values, starts, shapeOf, words: [], shapes: [] };
}

function grown<Values extends Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  values: Values,
  needed: number,
  make: new (length: number) => Values,
): Values {
  const more = new make(Math.max(needed, values.length * 2));
  more.set(values);
  return more;
}

function sameShape(a: Shape | undefined, b: Shape): boolean {
  if (a === undefined || a.names.length !== b.names.length) return false;
  for (let i = 0; i < b.names.length; i++) if (a.names[i] !== b.names[i] || a.types[i] !== b.types[i]) return false;
  return true;
}

function typeOf(value: SignalValue): ValueType {
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'string';
}

function textOrNone(value: SignalValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function present(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function faultsText(faults: readonly FaultCode[]): string | undefined {
  return faults.length === 0 ? undefined : JSON.stringify(faults.map(({ code, active }) => [code, active]));
}

/** Written by {@link faultsText} and, in blocks, covered by the checksum. */
export function readFaults(text: string | undefined): readonly FaultCode[] {
  if (text === undefined) return noFaults;
  const faults = JSON.parse(text) as [string, boolean][];
  return faults.map(([code, active]) => ({ code, active }));
}
