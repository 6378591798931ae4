import { assert } from './assert.ts';

/** Names of the numbers of a state, counted from 0. */
export type CellNames = Readonly<Record<string, number>>;

/**
 * Numbers of a state by name: `state[cell.seen]`, where `const cell = { seen: 0, … } as const`. What the engine knows of a
 * device is thousands of numbers, touched by every report. Side by side in one array they cost no object to make, to
 * find or to collect, and a snapshot is their bytes.
 */
export type Cells<Names extends CellNames> = Float64Array & Record<Names[keyof Names], number>;

export function cellCount(names: CellNames): number {
  return Object.keys(names).length;
}

/** The cells of these names in `numbers`, from `from` on. */
export function cellsAt<Names extends CellNames>(names: Names, numbers: Float64Array, from: number): Cells<Names> {
  const cells = numbers.subarray(from, from + cellCount(names));
  assert(cells.length === cellCount(names), 'a state has room for all its cells');
  // The assertion is the proof.
  return cells as Cells<Names>;
}

/** Numbers as text that is them again to the last bit, on machines of one byte order: all that Node runs on. */
export function numbersToText(numbers: Float64Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}

export function numbersFromText(text: string): Float64Array {
  const bytes = Buffer.from(text, 'base64');
  const numbers = new Float64Array(bytes.length / Float64Array.BYTES_PER_ELEMENT);
  Buffer.from(numbers.buffer).set(bytes);
  return numbers;
}
