import type { ByteReader, ByteWriter } from './bytes.ts';
import { damaged } from './bytes.ts';
import { readNumbers, writeNumbers } from './number-column.ts';

/**
 * Texts of one column by dictionary: the different words in order of first use (a JSON array), then, when there is
 * more than one, the number of each value's word as a number column. `numbers` tells the word of each value, at least
 * one, by its place in `words`; it is written over.
 */
export function writeWords(
  out: ByteWriter,
  {
    numbers,
    count,
    words,
  }: { readonly numbers: Float64Array; readonly count: number; readonly words: readonly string[] },
): void {
  const first = numbers[0] ?? 0;
  let last = count - 1;
  while (last > 0 && numbers[last] === first) last--;
  if (last === 0) {
    out.texts([words[first] ?? '']);
    return;
  }
  const used: string[] = [];
  const newNumbers = new Int32Array(words.length).fill(-1);
  for (let i = 0; i < count; i++) {
    const number = numbers[i] ?? 0;
    let known = newNumbers[number] ?? 0;
    if (known < 0) {
      known = used.push(words[number] ?? '') - 1;
      newNumbers[number] = known;
    }
    numbers[i] = known;
  }
  out.texts(used);
  writeNumbers(out, numbers, count);
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
