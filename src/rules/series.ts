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
/** More memory than so many times what it needs is given back. */
const roomyTimes = 4;
const nothing = new Float64Array();

/**
 * Readings of the last while, numbered from 0 as they come. One array outside of the heap, with room for a quarter more:
 * where ten thousand devices have full windows, readings are most of what rules remember.
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
    this.#cells = count === 0 ? nothing : new Float64Array(cellsEach * roomFor(count));
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

  /** Event time of a reading, from `first` to before `end`. */
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
    if (this.#end - this.#base === this.room) this.#fit();
    const cell = cellsEach * (this.#end - this.#base);
    this.#cells[cell] = at;
    // Minus zero would not survive JSON.
    this.#cells[cell + 1] = value + 0;
    this.#end += 1;
  }

  /** Readings before this one are not needed any more. The memory of a burst that is gone goes back. */
  letGo(number: number): void {
    this.#first = number;
    if (this.room > roomyTimes * roomFor(this.#end - number)) this.#fit();
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

  /** Begins with the first reading that is needed, in as much memory as that takes. */
  #fit(): void {
    const [from, to] = [cellsEach * (this.#first - this.#base), cellsEach * (this.#end - this.#base)];
    const wanted = roomFor(this.#end - this.#first);
    if (wanted <= this.room && this.room <= 2 * wanted) this.#cells.copyWithin(0, from, to);
    else {
      const before = this.#cells;
      this.#cells = new Float64Array(cellsEach * wanted);
      this.#cells.set(before.subarray(from, to));
      // Given back at once: the collector would hear of it late.
      if (before !== nothing) before.buffer.transfer(0);
    }
    this.#base = this.#first;
  }
}

function roomFor(count: number): number {
  return count + Math.max(leastRoom, count >> 2);
}
