import type { HashPage, QuarantineEntry } from '../../admission/index.ts';
import { type JsonParts, jsonText } from '../../base/index.ts';
import type { BandPoint, Position } from '../../engine/index.ts';
import type { LogEntry } from '../../log/index.ts';
import type { CheckpointMeta, DeviceWrite } from '../checkpoint.ts';

/** JSON on its way: texts, and how many of the batch's numbers stand between them. */
export type PackedJson = readonly (string | number)[];

/** A device's row on its way. */
export interface DeviceItem extends Omit<DeviceWrite, 'engine' | 'hashes'> {
  readonly engine: PackedJson | undefined;
  readonly hashes: readonly (HashPage & { readonly count: number })[];
}

/** What the stretch left, on its way. */
export type KeptItem =
  | { readonly kind: 'band'; readonly band: BandPoint }
  | {
      readonly kind: 'snapshot';
      readonly device: string;
      readonly day: number;
      readonly position: Position | undefined;
      readonly state: PackedJson;
    }
  | { readonly kind: 'quarantine'; readonly entry: QuarantineEntry }
  | { readonly kind: 'history'; readonly entry: LogEntry };

/** What is handed over at once. The numbers of all items lie one behind the other, in memory that moves. */
export interface Batch<Item> {
  readonly items: readonly Item[];
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** What makes a checkpoint count. */
export interface CheckpointEnd {
  readonly meta: Omit<CheckpointMeta, 'facts'>;
  /** JSON; undefined when they are as before. */
  readonly facts: string | undefined;
}

/**
 * Who writes a checkpoint, here or in a thread of its own: it begins, takes all devices, then all that is kept, and is
 * completed. Until then it changes nothing that is read. After a call that failed it begins anew. A batch's memory comes
 * back as the answer. Calls reject with `store-failed` at a full disk and the like.
 */
export interface CheckpointCalls {
  begin(): Promise<void>;
  devices(batch: Batch<DeviceItem>): Promise<Float64Array<ArrayBuffer>>;
  keep(batch: Batch<KeptItem>): Promise<Float64Array<ArrayBuffer>>;
  complete(end: CheckpointEnd): Promise<void>;
  close(): void | Promise<void>;
}

/** A batch in the making. */
export class Packing<Item> {
  readonly #items: Item[] = [];
  #numbers: Float64Array<ArrayBuffer>;
  #used = 0;
  #bytes = 0;

  /** `numbers` is room for the first of them. */
  constructor(numbers: Float64Array<ArrayBuffer>) {
    this.#numbers = numbers;
  }

  /** Of all that it holds, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes`: what it holds beside JSON packed here. */
  add(item: Item, bytes: number): void {
    this.#items.push(item);
    this.#bytes += bytes;
  }

  /** Of the item that is added next: its JSON must be unpacked in the same order. */
  json(parts: JsonParts): PackedJson {
    return parts.map((part) => {
      this.#bytes += typeof part === 'string' ? part.length : part.byteLength;
      if (typeof part === 'string') return part;
      this.#makeRoom(part.length);
      this.#numbers.set(part, this.#used);
      this.#used += part.length;
      return part.length;
    });
  }

  batch(): Batch<Item> {
    return { items: this.#items, numbers: this.#numbers };
  }

  #makeRoom(count: number): void {
    if (this.#used + count <= this.#numbers.length) return;
    const larger = new Float64Array(2 * (this.#used + count));
    larger.set(this.#numbers.subarray(0, this.#used));
    this.#numbers = larger;
  }
}

/** Makes the JSON of a batch's items text, in the order in which it was packed. */
export class Unpacking {
  readonly #numbers: Float64Array;
  #taken = 0;

  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  text(json: PackedJson): string {
    return jsonText(json.map((part) => (typeof part === 'string' ? part : this.#take(part))));
  }

  #take(count: number): Float64Array {
    const from = this.#taken;
    this.#taken += count;
    return this.#numbers.subarray(from, this.#taken);
  }
}
