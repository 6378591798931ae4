import { type JsonParts, jsonWith, numbersFromText } from '../base/index.ts';

/** A piece of what is remembered of a device: where it lies, and what it is known again by. */
export interface Piece {
  /** `${kind}:${signal}`. */
  readonly key: string;
  /** Numbers belong to the parameters and the version that they grew up with. */
  readonly params: string;
  readonly from: number;
  readonly size: number;
  /** What is needed only until the piece has warmed up lies behind everything else. */
  readonly startsFrom: number;
  readonly startsSize: number;
}

/** The numbers of a device, and which is which. */
export interface DeviceMemory {
  readonly pieces: readonly Piece[];
  readonly numbers: Float64Array;
}

export interface MemorySnapshot {
  /** Key, parameters, and how many numbers there are of the piece and of its start: zeros at the end are left out. */
  readonly pieces: readonly (readonly [key: string, params: string, size: number, startsSize: number])[];
  readonly numbers: string;
}

export const nothingRemembered: DeviceMemory = { pieces: [], numbers: new Float64Array() };

/** What was remembered, whatever is remembered since: the numbers of all pieces and their starts, one behind the other. */
export interface MemoryCopy {
  readonly pieces: readonly Piece[];
  /** Of each piece, and of its start: zeros at the end are left out. */
  readonly used: readonly number[];
  readonly numbers: Float64Array<ArrayBuffer>;
}

export function copyMemory({ pieces, numbers }: DeviceMemory): MemoryCopy {
  const used = pieces.flatMap(({ from, size, startsFrom, startsSize }) => [
    usedOf(numbers, from, size),
    usedOf(numbers, startsFrom, startsSize),
  ]);
  const copied = new Float64Array(used.reduce((sum, count) => sum + count, 0));
  let length = 0;
  const put = (from: number, count = 0) => {
    if (count > 0) copied.set(numbers.subarray(from, from + count), length);
    length += count;
  };
  pieces.forEach(({ from, startsFrom }, index) => {
    put(from, used[2 * index]);
    put(startsFrom, used[2 * index + 1]);
  });
  return { pieces, used, numbers: copied };
}

/** As {@link MemorySnapshot}. */
export function memoryJson({ pieces, used, numbers }: MemoryCopy): JsonParts {
  const listed = pieces.map(({ key, params }, index) => [key, params, used[2 * index] ?? 0, used[2 * index + 1] ?? 0]);
  return jsonWith({ pieces: listed }, { numbers: [numbers] });
}

function usedOf(numbers: Float64Array, from: number, size: number): number {
  let end = Math.min(from + size, numbers.length);
  while (end > from && numbers[end - 1] === 0) end -= 1;
  return Math.max(0, end - from);
}

export function memoryOf(snapshot: MemorySnapshot): DeviceMemory {
  let from = 0;
  const pieces = snapshot.pieces.map(([key, params, size, startsSize]) => {
    const startsFrom = from + size;
    const piece = { key, params, from, size, startsFrom, startsSize };
    from = startsFrom + startsSize;
    return piece;
  });
  return { pieces, numbers: numbersFromText(snapshot.numbers) };
}
