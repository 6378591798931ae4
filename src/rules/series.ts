/** At most so many readings are kept of a signal; the oldest goes first and is counted in `dropped`. */
export const seriesReadingsMax = 10_000;

/** What was kept, whatever comes since. */
export interface SeriesSnapshot {
  /** Number of the first reading that is kept. */
  readonly base: number;
  readonly dropped: number;
  /** Event times, then values. */
  readonly readings: Float64Array;
}

const cellsEach = 2;
const leastRoom = 16;
const nothing = new Float64Array();

/**
 * Readings of the last while, numbered from 0 as they come. One array outside of the heap with a quarter of room: of ten
 * thousand devices with a full window each these are the most that rules remember.
 */
export class Series {
  /** Event time and value in turn. */
  #cells: Float64Array<ArrayBuffer>;
  /** Number of the reading that the cells begin with. */
  #base: number;
  #first: number;
  #end: number;
  #dropped: number;

  constructor({ base, dropped, readings }: SeriesSnapshot = { base: 0, dropped: 0, readings: nothing }) {
    const count = readings.length / cellsEach;
    this.#cells = count === 0 ? nothing : new Float64Array(cellsFor(count));
    this.#base = base;
    this.#first = base;
    this.#end = base;
    this.#dropped = dropped;
    for (let index = 0; index < count; index += 1) this.push(readings[index] ?? 0, readings[count + index] ?? 0);
  }

  /** Number of the oldest reading that any window still needs. */
  get first(): number {
    return this.#first;
  }

  /** Number of the next reading. */
  get end(): number {
    return this.#end;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** How many readings its memory is for. */
  get room(): number {
    return this.#cells.length / cellsEach;
  }

  /** The next reading takes the oldest one's place. */
  get isFull(): boolean {
    return this.#end - this.#first >= seriesReadingsMax;
  }

  /** Event time of a reading; 0 where there is none. */
  at(number: number): number {
    return this.#cells[cellsEach * (number - this.#base)] ?? 0;
  }

  value(number: number): number {
    return this.#cells[cellsEach * (number - this.#base) + 1] ?? 0;
  }

  push(at: number, value: number): void {
    if (this.isFull) {
      this.#first += 1;
      this.#dropped += 1;
    }
    let cell = cellsEach * (this.#end - this.#base);
    if (cell === this.#cells.length) {
      this.#makeRoom();
      cell = cellsEach * (this.#end - this.#base);
    }
    this.#cells[cell] = at;
    // Minus zero would not survive JSON.
    this.#cells[cell + 1] = value + 0;
    this.#end += 1;
  }

  /** Readings before this one are not needed any more. */
  letGo(number: number): void {
    this.#first = number;
  }

  snapshot(): SeriesSnapshot {
    const [first, count] = [this.#first, this.#end - this.#first];
    const readings = new Float64Array(cellsEach * count);
    for (let index = 0; index < count; index += 1) {
      readings[index] = this.at(first + index);
      readings[count + index] = this.value(first + index);
    }
    return { base: first, dropped: this.#dropped, readings };
  }

  #makeRoom(): void {
    const from = cellsEach * (this.#first - this.#base);
    const count = this.#end - this.#first;
    const wanted = cellsFor(count);
    if (wanted <= this.#cells.length && this.#cells.length <= 2 * wanted) this.#cells.copyWithin(0, from);
    else {
      const before = this.#cells;
      this.#cells = new Float64Array(wanted);
      this.#cells.set(before.subarray(from));
      // Given back at once: the collector would hear of it late.
      if (before !== nothing) before.buffer.transfer(0);
    }
    this.#base = this.#first;
  }
}

function cellsFor(count: number): number {
  return cellsEach * (count + Math.max(leastRoom, count >> 2));
}
