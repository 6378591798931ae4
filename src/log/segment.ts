import { assert } from '../base/index.ts';
import { segmentName } from './segment-format.ts';

/** A place in a segment file where a group begins. */
export interface GroupPlace {
  readonly offset: number;
  readonly position: number;
}

/** What is known in memory of one segment file. */
export class Segment {
  readonly first: number;
  readonly name: string;
  /** Durable length of the file. */
  bytes: number;
  /** Known once the header was read or written. */
  salt: number | undefined;
  /** Sparse, ascending, without gaps up to the last: each group between two entries was seen and was good. */
  readonly #places: GroupPlace[] = [];

  constructor(first: number, bytes: number, salt?: number) {
    this.first = first;
    this.name = segmentName(first);
    this.bytes = bytes;
    this.salt = salt;
  }

  /** Remembers where a group begins, unless a remembered one is near. */
  note(place: GroupPlace): void {
    const last = this.#places.at(-1);
    if (last === undefined || place.position >= last.position + indexStrideBytes) this.#places.push(place);
  }

  /** The last remembered place at or before the offset; undefined when none is. */
  placeBefore(offset: number): GroupPlace | undefined {
    return this.#places[indexAtOrBefore(this.#places, offset, (place) => place.offset)];
  }
}

/** Bytes of file that a read may have to pass over; an index entry for each. */
const indexStrideBytes = 64 * 1024;

/** The segments of a log, oldest first; the newest is the one that is written. */
export class Segments {
  readonly #list: Segment[];
  /** Bytes of all files. */
  bytes = 0;

  constructor(list: readonly Segment[]) {
    this.#list = [...list];
    for (const segment of list) this.bytes += segment.bytes;
  }

  get oldest(): Segment | undefined {
    return this.#list[0];
  }

  get newest(): Segment | undefined {
    return this.#list.at(-1);
  }

  /** The segment that holds the offset, if any does. */
  holding(offset: number): Segment | undefined {
    return this.#list[indexAtOrBefore(this.#list, offset, (segment) => segment.first)];
  }

  after(segment: Segment): Segment | undefined {
    return this.#list[this.#list.indexOf(segment) + 1];
  }

  /** All but the oldest. */
  followers(): readonly Segment[] {
    return this.#list.slice(1);
  }

  add(segment: Segment): void {
    this.#list.push(segment);
    this.bytes += segment.bytes;
  }

  /** Something was written to the newest. */
  grow(bytes: number): void {
    const { newest } = this;
    assert(newest !== undefined, 'what is written to is a segment');
    newest.bytes += bytes;
    this.bytes += bytes;
  }

  dropOldest(): void {
    this.bytes -= this.#list.shift()?.bytes ?? 0;
  }
}

/** Binary search in an ascending list: index of the last item whose key is not above `key`; -1 when none is. */
export function indexAtOrBefore<Item>(items: readonly Item[], key: number, keyOf: (item: Item) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && keyOf(item) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
