import { probit } from 'simple-statistics';

const normalsCount = 4096;
/** Evenly spaced quantiles of the normal distribution: a draw is a look-up, and none is further out than 3.7. */
const normals = Float64Array.from({ length: normalsCount }, (_, index) => probit((index + 0.5) / normalsCount));

/**
 * Chance that can be repeated: the same key gives the same draws. Keys are parts (seed, device, purpose), so that what
 * one part of a simulation draws never shifts what another one does.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(...key: readonly (number | string)[]) {
    const text = key.join('/');
    this.#a = hash(text, 1);
    this.#b = hash(text, 2);
    this.#c = hash(text, 3);
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** 0 to 2³²−1, all equally likely (sfc32). */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 up to but not including 1. */
  next(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** 0 to `count` − 1. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** Mean 0, standard deviation 1. */
  normal(): number {
    return normals[this.uint32() >>> 20] ?? 0;
  }

  /** Waiting time until something that happens once in `mean` on average. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }

  /** A copy in another order. */
  shuffle<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, place: this.uint32() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }
}

/** FNV-1a over the text's code units, then mixed so that near keys are far apart. */
export function hash(text: string, salt: number): number {
  let value = (0x811c9dc5 ^ salt) >>> 0;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return mix(value ^ Math.imul(salt, 0x9e3779b9));
}

/** A whole number to another, every bit of it depending on every bit (the finish of MurmurHash3). */
export function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
