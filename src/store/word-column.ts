import type { ByteReader, ByteWriter } from './bytes.ts';
import { damaged } from './bytes.ts';
import { readNumbers, writeNumbers } from './number-column.ts';

/**
 * Texts of one column by dictionary: the different words in order of first use (a JSON array), then, when there is
 * more than one, the number of each value's word as a number column.
 */
export class WordList {
  readonly #words: string[] = [];
  readonly #capacity: number;
  /** Only from the second word on: most columns of words hold one. */
  #values: Float64Array | undefined;
  #numbers: Map<string, number> | undefined;
  #count = 0;
  #last = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(word: string): void {
    if (this.#count === 0) this.#words.push(word);
    else if (word !== this.#words[this.#last]) this.#last = this.#numberOf(word);
    if (this.#values) this.#values[this.#count] = this.#last;
    this.#count++;
  }

  write(out: ByteWriter): void {
    out.texts(this.#words);
    if (this.#values) writeNumbers(out, this.#values, this.#count);
  }

  #numberOf(word: string): number {
    // All values so far are word 0, as new arrays are.
    this.#values ??= new Float64Array(this.#capacity);
    this.#numbers ??= new Map(this.#words.map((known, number) => [known, number]));
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    this.#words.push(word);
    this.#numbers.set(word, this.#words.length - 1);
    return this.#words.length - 1;
  }
}

/** Reads `count` words, at least one. */
export function readWords(from: ByteReader, count: number): readonly string[] {
  const words = from.texts();
  const only = words[0];
  if (only === undefined) throw damaged('a column of words without a word');
  if (words.length === 1) return new Array<string>(count).fill(only);
  const values: string[] = [];
  for (const number of readNumbers(from, count)) {
    const word = words[number];
    if (word === undefined) throw damaged(`word ${number} of ${words.length}`);
    values.push(word);
  }
  return values;
}
