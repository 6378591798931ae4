import type { RawReport } from './decode.ts';

/** A value's place in a report. */
export interface Field {
  /** Empty for an array's item. */
  readonly key: string;
  readonly kind: 'number' | 'word' | 'text' | 'object' | 'array';
  /** The bytes of the template that stand before it. Those before an object or array are part of what comes next. */
  readonly from: number;
  readonly to: number;
  /** Of an object or array, in order. */
  readonly fields: readonly Field[];
  /** Which of the report's texts it is. */
  readonly text: number;
  /** Of an object: one that JSON.parse made of these keys. */
  readonly sample: RawReport;
}

/** An object with nothing in it. */
export const bareField: Field = { key: '', kind: 'object', from: 0, to: 0, fields: [], text: 0, sample: {} };

/** Longer messages are read by no template. */
export const templateBytesMax = 2_048;
/** Longer texts are read by no template. */
export const templateTextMax = 64;

/** Four bytes are looked at together, which may go so far beyond an end. */
const overlap = 3;
/** The message in hand, ended by a zero: bytes that are always in one place are read faster. */
const message = new Uint8Array(templateBytesMax + 1 + overlap);
const messageView = new DataView(message.buffer);
/** How far the message is read. */
let at = 0;

/**
 * Reports of the same keys in the same order, known by the bytes around their values. A device's next report is mostly
 * its last one but for the values, so these are all there is to read. What is read is what JSON.parse gives; a report that
 * differs in anything else, or has a value that is not plainly exact, is not read.
 */
export class Template {
  #view: DataView;
  #root: Field;
  readonly #endFrom: number;
  readonly #endTo: number;
  /** The longest message that it reads. */
  #bytesMax = templateBytesMax;

  /** `skeleton`: all that stands around the values, in ASCII; from `endFrom` on what comes after the last of them. */
  constructor(skeleton: string, root: Field, endFrom: number) {
    const bytes = new Uint8Array(skeleton.length + overlap);
    new TextEncoder().encodeInto(skeleton, bytes);
    this.#view = new DataView(bytes.buffer);
    this.#root = root;
    this.#endFrom = endFrom;
    this.#endTo = skeleton.length;
  }

  /** The report; undefined where JSON.parse is to read it. `texts`: those of the report before; they become this one's. */
  read(payload: Uint8Array, texts: string[]): RawReport | undefined {
    const { length } = payload;
    if (length > this.#bytesMax) return undefined;
    message.set(payload);
    message[length] = 0;
    at = 0;
    const report = this.#object(this.#root, texts);
    return report !== undefined && this.#passes(this.#endFrom, this.#endTo) && at === length ? report : undefined;
  }

  /** It reads nothing any more, and keeps nothing. */
  forget(): void {
    this.#bytesMax = -1;
    this.#view = messageView;
    this.#root = bareField;
  }

  /** A copy of the sample has room for all its keys at once: key by key, an object of many becomes a slow one. */
  #object({ sample, fields }: Field, texts: string[]): RawReport | undefined {
    const made: Record<string, unknown> = { ...sample };
    for (const field of fields) {
      const value = this.#value(field, texts);
      if (value === undefined) return undefined;
      made[field.key] = value;
    }
    return made;
  }

  #array(fields: readonly Field[], texts: string[]): unknown[] | undefined {
    const made: unknown[] = [];
    for (const field of fields) {
      const value = this.#value(field, texts);
      if (value === undefined) return undefined;
      made.push(value);
    }
    return made;
  }

  #value(field: Field, texts: string[]): unknown {
    const { kind } = field;
    if (kind === 'object') return this.#object(field, texts);
    if (kind === 'array') return this.#array(field.fields, texts);
    if (!this.#passes(field.from, field.to)) return undefined;
    if (kind === 'number') return readNumber();
    return kind === 'text' ? readText(texts, field.text) : readWord();
  }

  /** Whether the message goes on with these bytes. */
  #passes(from: number, to: number): boolean {
    const view = this.#view;
    const shift = at - from;
    let i = from;
    for (; i + 4 <= to; i += 4) if (messageView.getInt32(i + shift) !== view.getInt32(i)) return false;
    at = to + shift;
    return i === to || (messageView.getInt32(i + shift) ^ view.getInt32(i)) >>> (8 * (i + 4 - to)) === 0;
  }
}

const [quote, backslash, minus, point, zero] = [0x22, 0x5c, 0x2d, 0x2e, 0x30];
const powersOfTen = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
/** Of these, every whole number and every power of ten is a double. */
const digitsMax = 15;

/**
 * A number of at most 15 digits without an exponent. Its digits and the power of ten below them are then exact, and one
 * division rounds them as JSON.parse does: the fast path of Clinger, How to read floating point numbers accurately
 * (PLDI 1990).
 */
function readNumber(): number | undefined {
  const negative = message[at] === minus;
  const start = negative ? at + 1 : at;
  let i = start;
  let whole = 0;
  let digit = (message[i] ?? 0) - zero;
  for (; digit >= 0 && digit <= 9; digit = (message[++i] ?? 0) - zero) whole = whole * 10 + digit;
  let digits = i - start;
  if (digits === 0 || (digits > 1 && message[start] === zero)) return undefined;
  if (message[i] === point) {
    digit = (message[++i] ?? 0) - zero;
    const fraction = i;
    for (; digit >= 0 && digit <= 9; digit = (message[++i] ?? 0) - zero) whole = whole * 10 + digit;
    if (i === fraction) return undefined;
    digits += i - fraction;
    if (digits > digitsMax) return undefined;
    whole /= powersOfTen[i - fraction] ?? 1;
  } else if (digits > digitsMax) return undefined;
  at = i;
  return negative ? -whole : whole;
}

function readWord(): boolean | null | undefined {
  const first = messageView.getInt32(at);
  at += 4;
  if (first === trueWord) return true;
  if (first === nullWord) return null;
  return first === falseWord && message[at++] === letterE ? false : undefined;
}

const [trueWord, nullWord, falseWord, letterE] = [0x74727565, 0x6e756c6c, 0x66616c73, 0x65];

const ascii = new TextDecoder();

/** A text up to its closing quote, of ASCII alone and without escapes. Mostly it is the last one. */
function readText(texts: string[], number: number): string | undefined {
  const last = texts[number] ?? '';
  let i = at;
  for (let same = 0; same < last.length && message[i] === last.charCodeAt(same); same++) i += 1;
  const isLast = i - at === last.length && message[i] === quote;
  if (!isLast) {
    const end = at + templateTextMax;
    for (let byte = message[i] ?? 0; byte !== quote; byte = message[++i] ?? 0) {
      if (byte < 0x20 || byte > 0x7e || byte === backslash || i > end) return undefined;
    }
    texts[number] = ascii.decode(message.subarray(at, i));
  }
  at = i;
  return texts[number];
}
