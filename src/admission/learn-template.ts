import { isObject, type RawReport } from './decode.ts';
import { bareField, type Field, Template, templateBytesMax, templateTextMax } from './template.ts';

export interface Lesson {
  /** The report without its values: whatever has the same is read by the same template. */
  readonly skeleton: string;
  /** The report's texts, in order. */
  readonly texts: string[];
  readonly template: () => Template;
}

/** A stranger may say what it likes, but not for ever in our memory. */
const fieldsMax = 128;
const textsMax = 16;

/**
 * What a template is to know of a report, by its bytes and what JSON.parse made of them. Undefined for one that is too
 * large, and one with a key that is not plain: written with an escape, twice in one object, not in ASCII, the prototype's.
 */
export function learnTemplate(payload: Uint8Array, report: RawReport): Lesson | undefined {
  return payload.length > templateBytesMax ? undefined : new Learning(payload).learn(report);
}

const [quote, comma, colon, openObject, closeObject, openArray, closeArray] = [
  0x22, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d,
];
/** Stand for values in a skeleton, which has no such byte itself. */
const marks = { number: 1, word: 2, text: 3 } as const;
const plain = /^[ !#-[\]-~]*$/;
const ascii = new TextDecoder();
/** Of the skeleton in hand: an empty text is shorter than its mark. */
const skeletonBytes = new Uint8Array(templateBytesMax + textsMax);

/** Walks the bytes beside the value, and gives up when the two do not go together. */
class Learning {
  readonly #payload: Uint8Array;
  #at = 0;
  /** Of the skeleton. */
  #length = 0;
  /** Where the bytes before the next value begin. */
  #from = 0;
  #fields = 0;
  readonly #texts: string[] = [];

  constructor(payload: Uint8Array) {
    this.#payload = payload;
  }

  learn(report: RawReport): Lesson | undefined {
    this.#space();
    const root = this.#object('', report);
    this.#space();
    if (root === undefined || this.#at < this.#payload.length) return undefined;
    const skeleton = ascii.decode(skeletonBytes.subarray(0, this.#length));
    const endFrom = this.#from;
    return { skeleton, texts: this.#texts, template: () => new Template(skeleton, root, endFrom) };
  }

  #object(key: string, value: RawReport): Field | undefined {
    const fields: Field[] = [];
    if (!this.#copy(openObject)) return undefined;
    this.#space();
    for (const name in value) {
      if (fields.length > 0 && !this.#next()) return undefined;
      if (name === '__proto__' || !this.#key(name)) return undefined;
      const field = this.#value(name, value[name]);
      if (field === undefined) return undefined;
      fields.push(field);
      this.#space();
    }
    return this.#copy(closeObject) ? { ...bareField, key, fields, sample: value } : undefined;
  }

  #array(key: string, items: readonly unknown[]): Field | undefined {
    const fields: Field[] = [];
    if (!this.#copy(openArray)) return undefined;
    this.#space();
    for (const item of items) {
      if (fields.length > 0 && !this.#next()) return undefined;
      const field = this.#value('', item);
      if (field === undefined) return undefined;
      fields.push(field);
      this.#space();
    }
    return this.#copy(closeArray) ? { ...bareField, key, kind: 'array', fields } : undefined;
  }

  #value(key: string, value: unknown): Field | undefined {
    if (++this.#fields > fieldsMax) return undefined;
    if (Array.isArray(value)) return this.#array(key, value);
    if (isObject(value)) return this.#object(key, value);
    if (typeof value === 'string') return this.#text(key, value);
    if (typeof value !== 'number') return this.#leaf(key, 'word', String(value).length);
    let end = this.#at;
    while (isOfNumber(this.#payload[end])) end += 1;
    return this.#leaf(key, 'number', end - this.#at);
  }

  #text(key: string, text: string): Field | undefined {
    if (text.length > templateTextMax || this.#texts.length === textsMax) return undefined;
    if (!this.#copy(quote) || !this.#isAt(text)) return undefined;
    const field = this.#leaf(key, 'text', text.length);
    this.#texts.push(text);
    return this.#copy(quote) ? field : undefined;
  }

  #leaf(key: string, kind: keyof typeof marks, bytes: number): Field {
    const field: Field = { ...bareField, key, kind, from: this.#from, to: this.#length, text: this.#texts.length };
    this.#at += bytes;
    skeletonBytes[this.#length++] = marks[kind];
    this.#from = this.#length;
    return field;
  }

  /** To the next item or key. */
  #next(): boolean {
    const isNext = this.#copy(comma);
    this.#space();
    return isNext;
  }

  #key(name: string): boolean {
    if (!this.#copy(quote) || !this.#isAt(name)) return false;
    for (let i = 0; i < name.length; i++) this.#copy(this.#payload[this.#at]);
    if (!this.#copy(quote)) return false;
    this.#space();
    const isKey = this.#copy(colon);
    this.#space();
    return isKey;
  }

  /** Written as it is: without an escape. */
  #isAt(text: string): boolean {
    if (!plain.test(text)) return false;
    for (let i = 0; i < text.length; i++) if (this.#payload[this.#at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #space(): void {
    for (let byte = this.#payload[this.#at]; isSpace(byte); byte = this.#payload[this.#at]) this.#copy(byte);
  }

  /** The byte is part of every such report. */
  #copy(byte: number | undefined): boolean {
    if (byte === undefined || this.#payload[this.#at] !== byte) return false;
    skeletonBytes[this.#length++] = byte;
    this.#at += 1;
    return true;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** A digit, a sign, a point or an exponent. */
function isOfNumber(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || (byte | 0x20) === 0x65;
}
