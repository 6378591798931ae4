import { assert } from '../base/index.ts';

/** At most this many of a device, the oldest out first. */
export const hashesMax = 10_000;
/** 128 bits tell contents apart. */
export const hashBytes = 16;

const wordsEach = 4;
const roomMin = 16;
/** Of a saved page; a page that is not full is written again when hashes are added to it. */
const pageHashes = 256;

/** Hashes as they came, from the number `from` on (counted from 0 since the device was met). */
export interface HashPage {
  readonly from: number;
  readonly bytes: Uint8Array;
}

/**
 * The content hashes of a device's last reports without boot and seq: a ring, and a table that finds a hash in it by its
 * first word. Costs nothing until the first one, then 20 to 40 bytes a hash, 193 kB at most.
 */
export class SeenHashes {
  #words = new Uint32Array(0);
  /** Place in the ring + 1, at the first free place from the hash's own on; 0 = free. */
  #table = new Uint16Array(0);
  #added = 0;

  /** How many were ever added. The same reports in the same order give every hash the same number. */
  get added(): number {
    return this.#added;
  }

  get size(): number {
    return Math.min(this.#added, hashesMax);
  }

  /** False when it is there already. `hash` has one byte a character, {@link hashBytes} of them. */
  add(hash: string): boolean {
    assert(hash.length === hashBytes, `a hash has ${hashBytes} bytes, not ${hash.length}`);
    const [a, b, c, d] = [wordOf(hash, 0), wordOf(hash, 4), wordOf(hash, 8), wordOf(hash, 12)];
    return this.#add(a, b, c, d);
  }

  /** What must be saved when all before the number `saved` is: whole pages where the ring still has their beginning. */
  since(saved: number): HashPage | undefined {
    if (saved >= this.#added) return undefined;
    const from = Math.max(saved - (saved % pageHashes), this.#added - hashesMax);
    const bytes = new Uint8Array((this.#added - from) * hashBytes);
    const view = new DataView(bytes.buffer);
    for (let number = from; number < this.#added; number++) {
      const place = this.#placeOf(number) * wordsEach;
      for (let word = 0; word < wordsEach; word++) {
        view.setUint32((number - from) * hashBytes + 4 * word, this.#words[place + word] ?? 0, true);
      }
    }
    return { from, bytes };
  }

  /** Takes up what was saved, oldest first, as it was when `added` had been added. Pages may overlap and hold more. */
  restore(added: number, pages: Iterable<HashPage>): void {
    let next = Math.max(0, added - hashesMax);
    for (const { from, bytes } of pages) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const end = Math.min(added, from + bytes.length / hashBytes);
      for (let number = Math.max(next, from); number < end; number++) {
        assert(number === next, `the saved hashes lack number ${next}`);
        const at = (number - from) * hashBytes;
        // The numbers must be those that they were, whatever is found: an equal hash may have been forgotten between.
        this.#added = number;
        const [a, b, c, d] = [0, 4, 8, 12].map((byte) => view.getUint32(at + byte, true));
        this.#put(a ?? 0, b ?? 0, c ?? 0, d ?? 0);
        next = number + 1;
      }
    }
    assert(next === added, `the saved hashes end at number ${next} of ${added}`);
    this.#added = added;
  }

  #add(a: number, b: number, c: number, d: number): boolean {
    const mask = this.#table.length - 1;
    for (let slot = a & mask; mask >= 0; slot = (slot + 1) & mask) {
      const held = this.#table[slot] ?? 0;
      if (held === 0) break;
      const at = (held - 1) * wordsEach;
      const words = this.#words;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return false;
    }
    this.#put(a, b, c, d);
    return true;
  }

  #put(a: number, b: number, c: number, d: number): void {
    const place = this.#placeOf(this.#added);
    if (place * wordsEach >= this.#words.length) this.#grow(place + 1);
    if (this.#added >= hashesMax) this.#drop(place);
    this.#words.set([a, b, c, d], place * wordsEach);
    this.#enter(place);
    this.#added += 1;
  }

  #placeOf(number: number): number {
    return number % hashesMax;
  }

  /** For `places` at least; by doubling. The table has 1.6 to 2 slots a place. */
  #grow(places: number): void {
    let room = roomMin;
    while (room < places) room *= 2;
    const words = new Uint32Array(Math.min(room, hashesMax) * wordsEach);
    words.set(this.#words);
    this.#words = words;
    const held = this.#table.filter((place) => place > 0);
    this.#table = new Uint16Array(room < hashesMax ? 2 * room : room);
    for (const place of held) this.#enter(place - 1);
  }

  #enter(place: number): void {
    const mask = this.#table.length - 1;
    let slot = (this.#words[place * wordsEach] ?? 0) & mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
    this.#table[slot] = place + 1;
  }

  /** Frees the table's slot of a place in the ring, and moves up those behind it that stand away from their own. */
  #drop(place: number): void {
    const mask = this.#table.length - 1;
    let free = this.#home(place) & mask;
    while (this.#table[free] !== place + 1) {
      if (this.#table[free] === 0) return;
      free = (free + 1) & mask;
    }
    for (let slot = (free + 1) & mask; ; slot = (slot + 1) & mask) {
      const held = this.#table[slot] ?? 0;
      if (held === 0) break;
      const distance = (slot - (this.#home(held - 1) & mask)) & mask;
      if (distance < ((slot - free) & mask)) continue;
      this.#table[free] = held;
      free = slot;
    }
    this.#table[free] = 0;
  }

  #home(place: number): number {
    return this.#words[place * wordsEach] ?? 0;
  }
}

function wordOf(hash: string, at: number): number {
  const code = (index: number) => hash.charCodeAt(at + index) & 0xff;
  return (code(0) | (code(1) << 8) | (code(2) << 16) | (code(3) << 24)) >>> 0;
}
