import type { Report, SignalValue } from '../telemetry/index.ts';
import { readBits, readPresence } from './bits.ts';
import { ByteReader, damaged } from './bytes.ts';
import { readNumbers } from './number-column.ts';
import { isParentColumn, withParent } from './parent-columns.ts';
import { readFaults, sheetPlace } from './sheet.ts';
import { readWords } from './word-column.ts';

export const columnType = { none: 0, numbers: 1, booleans: 2, words: 3, lags: 4 } as const;

/** Places of the system columns; the signals come after them. */
const place = {
  device: 0,
  product: 1,
  offset: 2,
  index: 3,
  at: 4,
  receivedAt: 5,
  rawAt: 6,
  boot: 7,
  seq: 8,
  firmware: 9,
  faults: 10,
} as const;

export interface StoredColumn {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** A column's values, packed: `rows` tells the row of each (undefined = every row has one). Booleans are 0 and 1. */
export type ColumnValues = { readonly rows: Uint32Array | undefined } & (
  | { readonly type: 'number'; readonly values: Float64Array }
  | { readonly type: 'boolean'; readonly values: Uint8Array }
  | { readonly type: 'string'; readonly values: readonly string[] }
);

type Rows = ArrayLike<SignalValue | undefined>;

/** An opened block. A column is decoded when it is first asked for; reports are made a row at a time. */
export class Block {
  static readonly systemColumns = 11;

  readonly rows: number;
  readonly #names: readonly string[];
  readonly #hasParent: boolean;
  readonly #columns: readonly StoredColumn[];
  readonly #byRow: (Rows | undefined)[] = [];

  constructor(rows: number, names: readonly string[], columns: readonly StoredColumn[]) {
    this.rows = rows;
    this.#names = names;
    this.#hasParent = names.some(isParentColumn);
    this.#columns = columns;
  }

  /** Event time of each row. */
  at(): ArrayLike<number> {
    return this.#everyRow(place.at);
  }

  offsets(): ArrayLike<number> {
    return this.#everyRow(place.offset);
  }

  indexes(): ArrayLike<number> {
    return this.#everyRow(place.index);
  }

  seqs(): Rows {
    return this.#column(place.seq);
  }

  boots(): Rows {
    return this.#column(place.boot);
  }

  products(): Rows {
    return this.#column(place.product);
  }

  /** The columns of one signal: none, one, or one a type where it changed type. */
  signal(name: string): readonly ColumnValues[] {
    const columns: ColumnValues[] = [];
    for (const [i, known] of this.#names.entries()) {
      const values = known === name ? this.#decode(Block.systemColumns + i) : undefined;
      if (values) columns.push(values);
    }
    return columns;
  }

  /** The columns of all readings, in order, those of the parent too; undefined when a row lacks one of them. */
  fullSignals(): readonly { readonly name: string; readonly column: ColumnValues }[] | undefined {
    const columns: { name: string; column: ColumnValues }[] = [];
    for (const [i, name] of this.#names.entries()) {
      const column = this.#decode(Block.systemColumns + i);
      if (column === undefined || column.rows !== undefined) return undefined;
      columns.push({ name, column });
    }
    return columns;
  }

  /** The values of every row that are no signals, by their place in a {@link Sheet}. */
  systemRows(): readonly (readonly [place: number, values: Rows])[] {
    const places = Object.entries(sheetPlace);
    return places.map(([name, of]) => [of, this.#column(place[name as keyof typeof place])] as const);
  }

  report(row: number): Report {
    const signals: Record<string, SignalValue> = {};
    for (const [i, name] of this.#names.entries()) {
      const value = this.#column(Block.systemColumns + i)[row];
      if (value !== undefined) signals[name] = value;
    }
    const report = {
      device: this.#text(place.device, row) ?? '',
      product: this.#text(place.product, row) ?? '',
      offset: this.#number(place.offset, row) ?? 0,
      index: this.#number(place.index, row) ?? 0,
      at: this.#number(place.at, row) ?? 0,
      receivedAt: this.#number(place.receivedAt, row) ?? 0,
      rawAt: this.#number(place.rawAt, row),
      boot: this.#text(place.boot, row),
      seq: this.#number(place.seq, row),
      firmware: this.#text(place.firmware, row),
      signals,
      faults: readFaults(this.#text(place.faults, row)),
    };
    return this.#hasParent ? withParent(report) : report;
  }

  #number(column: number, row: number): number | undefined {
    const value = this.#column(column)[row];
    if (value === undefined || typeof value === 'number') return value;
    throw damaged('a number is missing');
  }

  #text(column: number, row: number): string | undefined {
    const value = this.#column(column)[row];
    if (value === undefined || typeof value === 'string') return value;
    throw damaged('a word is missing');
  }

  #everyRow(column: number): ArrayLike<number> {
    const values = this.#column(column);
    if (values instanceof Float64Array && values.length === this.rows) return values;
    throw damaged('a column of numbers is incomplete');
  }

  #column(column: number): Rows {
    const known = this.#byRow[column];
    if (known) return known;
    const decoded = this.#decode(column);
    const spread = decoded === undefined ? [] : spreadOverRows(decoded, this.rows);
    this.#byRow[column] = spread;
    return spread;
  }

  #decode(column: number): ColumnValues | undefined {
    const stored = this.#columns[column];
    if (stored === undefined || stored.type === columnType.none) return undefined;
    const from = new ByteReader(stored.bytes);
    const rows = readPresence(from, this.rows);
    const count = rows?.length ?? this.rows;
    switch (stored.type) {
      case columnType.numbers:
        return { type: 'number', rows, values: readNumbers(from, count) };
      case columnType.booleans:
        return { type: 'boolean', rows, values: readBits(from, count) };
      case columnType.words:
        return { type: 'string', rows, values: readWords(from, count) };
      case columnType.lags:
        return { type: 'number', rows, values: addTo(readNumbers(from, count), this.at()) };
      default:
        throw damaged(`a column of unknown type ${stored.type}`);
    }
  }
}

function spreadOverRows(column: ColumnValues, rows: number): Rows {
  const values = column.type === 'boolean' ? Array.from(column.values, (bit) => bit === 1) : column.values;
  if (column.rows === undefined) return values;
  const spread = new Array<SignalValue | undefined>(rows).fill(undefined);
  for (const [i, row] of column.rows.entries()) spread[row] = values[i];
  return spread;
}

function addTo(lags: Float64Array, at: ArrayLike<number>): Float64Array {
  for (let i = 0; i < lags.length; i++) lags[i] = (lags[i] ?? 0) + (at[i] ?? 0);
  return lags;
}
