import { AftercareError } from '../base/index.ts';

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

/** What a reader throws when stored bytes do not make sense. The reads that do not touch them go on working. */
export function damaged(what: string, cause?: unknown): AftercareError {
  return new AftercareError('store-failed', `the telemetry store holds damaged data: ${what}`, {
    hint: 'Check the disk, then restore the data folder from a backup. Reads that do not need this stretch still work.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Bytes that grow at the end. Integers are unsigned LEB128; all else is little-endian. */
export class ByteWriter {
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes behind the writer; valid until the next call that adds some. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  reset(): void {
    this.#length = 0;
  }

  /** Adds `count` bytes for the caller to fill; returns the place of the first. What they held before is undefined. */
  claim(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) this.#grow();
    return start;
  }

  u8(value: number): void {
    const start = this.claim(1);
    this.#bytes[start] = value;
  }

  u32(value: number): void {
    const start = this.claim(4);
    this.#view.setUint32(start, value, true);
  }

  /** A whole number from 0 to 2^53. */
  integer(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.u8((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.u8(rest);
  }

  /** A whole number from −2^52 to 2^52, small ones of either sign in few bytes. */
  signed(value: number): void {
    this.integer(value < 0 ? -2 * value - 1 : 2 * value);
  }

  append(bytes: Uint8Array): void {
    const start = this.claim(bytes.length);
    this.#bytes.set(bytes, start);
  }

  /** As JSON, which brings back every string exactly, half surrogate pairs too. */
  texts(texts: readonly string[]): void {
    const json = JSON.stringify(texts);
    if (json.length < 256 && this.#ascii(json)) return;
    const bytes = textEncoder.encode(json);
    this.integer(bytes.length);
    this.append(bytes);
  }

  floats64(values: Float64Array, count: number): void {
    const start = this.claim(count * 8);
    for (let i = 0; i < count; i++) this.#view.setFloat64(start + i * 8, values[i] ?? 0, true);
  }

  floats32(values: Float64Array, count: number): void {
    const start = this.claim(count * 4);
    for (let i = 0; i < count; i++) this.#view.setFloat32(start + i * 4, values[i] ?? 0, true);
  }

  /** What was written, as a view: copy it before the writer is used again. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Short lists of plain names are what blocks mostly hold: this spares the encoder's call and array. */
  #ascii(text: string): boolean {
    const before = this.#length;
    this.integer(text.length);
    const start = this.claim(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        this.#length = before;
        return false;
      }
      this.#bytes[start + i] = code;
    }
    return true;
  }

  #grow(): void {
    const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what {@link ByteWriter} wrote. Reading past the end is damage, never garbage. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#position;
  }

  take(count: number): Uint8Array {
    const start = this.#skip(count);
    return this.#bytes.subarray(start, start + count);
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  integer(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
      unit *= 128;
    }
    throw damaged('a number is too long');
  }

  signed(): number {
    const value = this.integer();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  texts(): readonly string[] {
    const texts = parseJson(textDecoder.decode(this.take(this.integer())));
    if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) throw damaged('a list of texts');
    return texts;
  }

  floats64(count: number): Float64Array {
    const start = this.#skip(count * 8);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = this.#view.getFloat64(start + i * 8, true);
    return values;
  }

  floats32(count: number): Float64Array {
    const start = this.#skip(count * 4);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = this.#view.getFloat32(start + i * 4, true);
    return values;
  }

  #skip(count: number): number {
    const start = this.#position;
    if (count > this.left) throw damaged('it ends too early');
    this.#position += count;
    return start;
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw damaged('a list of texts', error);
  }
}
