import { jsonWith, numbersFromText, numbersToText } from '../base/index.ts';

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

/** Of use inside a call only: memory outside of the heap, made anew for each device, is what the collector finds last. */
let scratch = new Float64Array(0);

/** As {@link MemorySnapshot}. */
export function memoryToText({ pieces, numbers }: DeviceMemory): string {
  if (scratch.length < numbers.length) scratch = new Float64Array(2 * numbers.length);
  let length = 0;
  const keep = (from: number, size: number): number => {
    const used = usedOf(numbers, from, size);
    scratch.set(numbers.subarray(from, from + used), length);
    length += used;
    return used;
  };
  const listed = pieces.map((piece) => {
    const size = keep(piece.from, piece.size);
    return [piece.key, piece.params, size, keep(piece.startsFrom, piece.startsSize)] as const;
  });
  return jsonWith({ pieces: listed }, { numbers: `"${numbersToText(scratch.subarray(0, length))}"` });
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
