import { hashBytes } from '../../admission/index.ts';
import { realTimers } from '../../intake/index.ts';
import type { CheckpointWrite, DeviceWrite } from '../checkpoint.ts';
import { type Batch, type CheckpointCalls, type DeviceItem, type KeptItem, Packing } from './batches.ts';

/** Of a batch: made in about a millisecond, for which all else waits. One device may be more. */
const batchBytes = 256 * 1024;
/** So many may be on their way: who is asked for more waits. */
const batchesMax = 4;
const numbersEach = batchBytes / Float64Array.BYTES_PER_ELEMENT;
/** Room that was made for more than so many goes again. */
const keptNumbersMax = 4 * numbersEach;
/** What an item costs beside texts and numbers, about. */
const itemBytes = 200;

type Memory = Float64Array<ArrayBuffer>;

/**
 * Hands checkpoints over to who writes them, batch after batch; between two of them all else has its turn. The memory that
 * the numbers move in comes back and is used again.
 */
export class Handover {
  readonly #calls: CheckpointCalls;
  readonly #free: Memory[] = [];

  constructor(calls: CheckpointCalls) {
    this.#calls = calls;
  }

  /** As `Checkpoint.save`; nothing of it is on its way any more when it ends. */
  async save(write: CheckpointWrite, durable: Promise<void> | undefined): Promise<void> {
    const calls = this.#calls;
    await calls.begin();
    await this.#hand(write.devices, packDevice, (batch) => calls.devices(batch));
    await durable;
    await this.#hand(keptOf(write), packKept, (batch) => calls.keep(batch));
    await calls.complete({ meta: write.meta, facts: write.facts && JSON.stringify(write.facts) });
  }

  async #hand<Given, Item>(
    given: Iterable<Given>,
    pack: (one: Given, packing: Packing<Item>) => void,
    ask: (batch: Batch<Item>) => Promise<Memory>,
  ): Promise<void> {
    const onTheWay: Promise<void>[] = [];
    const send = (packing: Packing<Item>) => {
      const taken = ask(packing.batch()).then((memory) => this.#giveBack(memory));
      // Heard of in its turn, or when another has failed before.
      taken.catch(() => undefined);
      onTheWay.push(taken);
    };
    let packing: Packing<Item> | undefined;
    try {
      for (const one of given) {
        packing ??= new Packing<Item>(this.#room());
        pack(one, packing);
        if (packing.bytes < batchBytes) continue;
        send(packing);
        packing = undefined;
        if (onTheWay.length >= batchesMax) await onTheWay.shift();
        await realTimers.turn();
      }
      if (packing !== undefined) send(packing);
      await Promise.all(onTheWay);
    } catch (error) {
      await Promise.allSettled(onTheWay);
      throw error;
    }
  }

  #room(): Memory {
    return this.#free.pop() ?? new Float64Array(numbersEach);
  }

  #giveBack(memory: Memory): void {
    if (memory.length <= keptNumbersMax) this.#free.push(memory);
  }
}

function packDevice({ engine, hashes, ...row }: DeviceWrite, packing: Packing<DeviceItem>): void {
  const pages = hashes.map((page) => ({ ...page, count: page.bytes.length / hashBytes }));
  const bytes = itemBytes + row.admission.length + pages.reduce((sum, page) => sum + page.bytes.length, 0);
  packing.add({ ...row, engine: engine && packing.json(engine), hashes: pages }, bytes);
}

type Kept =
  | Exclude<KeptItem, { kind: 'snapshot' }>
  | { readonly kind: 'snapshot'; readonly taken: CheckpointWrite['snapshots'][number] };

function* keptOf({ bands, snapshots, quarantine, history }: CheckpointWrite): Generator<Kept, void, void> {
  for (const band of bands) yield { kind: 'band', band };
  for (const taken of snapshots) yield { kind: 'snapshot', taken };
  for (const entry of quarantine) yield { kind: 'quarantine', entry };
  for (const entry of history) yield { kind: 'history', entry };
}

function packKept(kept: Kept, packing: Packing<KeptItem>): void {
  if (kept.kind === 'band') packing.add(kept, itemBytes);
  else if (kept.kind === 'snapshot') {
    const { device, day, position, parts } = kept.taken;
    packing.add({ kind: 'snapshot', device, day, position, state: packing.json(parts) }, itemBytes);
  } else if (kept.kind === 'quarantine') {
    const { entry } = kept;
    const payload = entry.payload && copyOf(entry.payload);
    packing.add({ kind: 'quarantine', entry: { ...entry, payload } }, itemBytes + (payload?.length ?? 0));
  } else {
    const { offset, payload } = kept.entry;
    packing.add({ kind: 'history', entry: { offset, payload: copyOf(payload) } }, itemBytes + payload.length);
  }
}

/** A view would take all of the memory that it is a view of with it. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
