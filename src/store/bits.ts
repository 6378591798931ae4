import type { ByteReader, ByteWriter } from './bytes.ts';
import { damaged } from './bytes.ts';

const everyRow = 0;
const someRows = 1;

/** Writes the first `count` of `values`, 0 or 1, eight to a byte, the first in the lowest bit. */
export function writeBits(out: ByteWriter, values: ArrayLike<number>, count: number): void {
  const start = out.claim((count + 7) >> 3);
  const { bytes } = out;
  for (let i = 0; i < count; i += 8) {
    let byte = 0;
    for (let bit = 0; bit < 8 && i + bit < count; bit++) byte |= (values[i + bit] ?? 0) << bit;
    bytes[start + (i >> 3)] = byte;
  }
}

/** Reads `count` booleans as 0 and 1. */
export function readBits(from: ByteReader, count: number): Uint8Array {
  const bytes = from.take((count + 7) >> 3);
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) bits[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  return bits;
}

/** Which rows of a block have a value in one column: u8 0 = every row, or u8 1 and a bit a row. */
export class Presence {
  readonly #rows: number;
  /** Undefined while the rows marked so far are 0, 1, 2, … without a hole, as they mostly are. */
  #bits: Uint8Array | undefined;
  #count = 0;

  constructor(rows: number) {
    this.#rows = rows;
  }

  markAll(): void {
    this.#count = this.#rows;
  }

  /** Marks a row; rows come in rising order. */
  mark(row: number): void {
    if (this.#bits === undefined && row !== this.#count) this.#bits = this.#spell();
    if (this.#bits) this.#bits[row >> 3] = (this.#bits[row >> 3] ?? 0) | (1 << (row & 7));
    this.#count++;
  }

  write(out: ByteWriter): void {
    if (this.#count === this.#rows) {
      out.u8(everyRow);
      return;
    }
    out.u8(someRows);
    out.append(this.#bits ?? this.#spell());
  }

  #spell(): Uint8Array {
    const bits = new Uint8Array((this.#rows + 7) >> 3);
    for (let row = 0; row < this.#count; row++) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    return bits;
  }
}

/** The rows that have a value, rising; undefined = every row. */
export function readPresence(from: ByteReader, rows: number): Uint32Array | undefined {
  const kind = from.u8();
  if (kind === everyRow) return undefined;
  if (kind !== someRows) throw damaged(`presence of unknown kind ${kind}`);
  const bytes = from.take((rows + 7) >> 3);
  const present = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (((bytes[row >> 3] ?? 0) >> (row & 7)) & 1) present[count++] = row;
  }
  return present.subarray(0, count);
}
