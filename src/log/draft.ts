const startBytes = 64 * 1024;
/** A draft that had to grow beyond this gives its memory back. */
const keptBytesMax = 4 * 1024 * 1024;

/** Records gathered for one append, in memory that is used again: a record costs one copy and no object. */
export class Draft {
  #memory: Buffer = Buffer.allocUnsafeSlow(startBytes);
  #used = 0;
  #ends: number[] = [];

  /** Records in it. */
  get length(): number {
    return this.#ends.length;
  }

  /** Their bytes, all together. */
  get bytes(): number {
    return this.#used;
  }

  /** Where each record ends, counted from the first one. */
  get ends(): readonly number[] {
    return this.#ends;
  }

  /** All records, joined. Good until the draft is written to again. */
  get joined(): Buffer {
    return this.#memory.subarray(0, this.#used);
  }

  add(payload: Uint8Array): void {
    this.reserve(payload.length, (memory, at) => memory.set(payload, at));
  }

  /** Room for one record, which `fill` must write in full. */
  reserve(bytes: number, fill: (memory: Buffer, at: number) => void): void {
    const at = this.#used;
    const end = at + bytes;
    if (end > this.#memory.length) this.#grow(end);
    fill(this.#memory, at);
    this.#used = end;
    this.#ends.push(end);
  }

  /** The records one by one, as views that are good as long as {@link joined}. */
  *[Symbol.iterator](): Generator<Uint8Array, void, void> {
    let start = 0;
    for (const end of this.#ends) {
      yield this.#memory.subarray(start, end);
      start = end;
    }
  }

  clear(): void {
    this.#used = 0;
    this.#ends = [];
    if (this.#memory.length > keptBytesMax) this.#memory = Buffer.allocUnsafeSlow(startBytes);
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#memory.length));
    this.#memory.copy(larger, 0, 0, this.#used);
    this.#memory = larger;
  }
}
