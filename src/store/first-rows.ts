import type { Report } from '../telemetry/index.ts';
import type { Block } from './block.ts';

/** A stored report by its place; it is made when the answer is known to hold it. */
export interface Row {
  readonly at: number;
  readonly offset: number;
  readonly index: number;
  /** Makes the report. */
  readonly source: { report(row: number): Report };
  readonly row: number;
}

/** Gathers rows in any order and keeps the first `limit` of a given order, with the whole message of the last. */
export class FirstRows {
  readonly #compare: (a: Row, b: Row) => number;
  readonly #limit: number;
  #rows: Row[] = [];
  #bound: Row | undefined;

  constructor(compare: (a: Row, b: Row) => number, limit: number) {
    this.#compare = compare;
    this.#limit = limit;
  }

  /** Once `limit` rows are known: a row that is among the first beyond them. What comes after it is not wanted. */
  get bound(): Row | undefined {
    return this.#bound;
  }

  offer(row: Row): void {
    if (this.#bound && this.#compare(row, this.#bound) > 0 && row.offset !== this.#bound.offset) return;
    this.#rows.push(row);
  }

  /** Brings the bound up to date; costs a sort, so it does nothing until enough rows have come. */
  settle(rowsMin = this.#limit + Math.min(this.#limit, 4_096)): void {
    if (this.#rows.length <= Math.max(this.#limit, rowsMin)) return;
    this.#rows.sort(this.#compare);
    this.#bound = this.#rows[this.#limit];
    let kept = this.#limit + 1;
    while (kept < this.#rows.length && this.#rows[kept]?.offset === this.#bound?.offset) kept++;
    this.#rows.length = kept;
  }

  /** The first `limit` rows in order. */
  rows(): readonly Row[] {
    return this.#rows.sort(this.#compare).slice(0, this.#limit);
  }

  /** The first rows in order, at most `limit`, up to the end of a message; the first message whole in any case. */
  wholeMessages(): readonly Row[] {
    const rows = this.#rows.sort(this.#compare);
    const beyond = rows[this.#limit];
    if (beyond === undefined) return rows;
    const cut = rows.findIndex((row) => row.offset === beyond.offset);
    if (cut > 0) return rows.slice(0, cut);
    const end = rows.findIndex((row) => row.offset !== beyond.offset);
    return end < 0 ? rows : rows.slice(0, end);
  }
}

/** The rows of a block. */
export function* blockRows(block: Block): Generator<Row> {
  const at = block.at();
  const offsets = block.offsets();
  const indexes = block.indexes();
  for (let row = 0; row < block.rows; row++) {
    yield { at: at[row] ?? 0, offset: offsets[row] ?? 0, index: indexes[row] ?? 0, source: block, row };
  }
}

export function makeReports(rows: readonly Row[]): readonly Report[] {
  return rows.map(({ source, row }) => source.report(row));
}
