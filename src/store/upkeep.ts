import { isAftercareError } from '../base/index.ts';
import type { ChunkFacts, ChunkTable } from './chunk-table.ts';
import type { DeviceTable } from './device-table.ts';
import type { RollupTable } from './rollup-table.ts';
import { chunkState } from './sqlite.ts';

/** What may go. */
export interface Retention {
  /** Reports of an older event time may go, and what they come to by the hour stays. */
  readonly before: number;
  /** Reports from this log offset on stay: somebody has yet to read them. */
  readonly offset: number;
}

/** Work of one step: a few milliseconds. */
const chunksAStep = 8;
const removedAStep = 48;

export interface UpkeepParts {
  readonly chunks: ChunkTable;
  readonly rollups: RollupTable;
  readonly devices: DeviceTable;
}

/** The work that can wait, in steps that each fit into one short transaction. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  /** Devices that were deleted and still have chunks or hours. */
  #forsaken: Set<number> | undefined;
  /** Full chunks up to this one are rolled, or cannot be. */
  #rolledTo = 0;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Devices whose chunks are not to be read any more. */
  get forsaken(): ReadonlySet<number> {
    return this.#known();
  }

  forsake(device: number): void {
    this.#known().add(device);
  }

  /** What is held in memory may be what a transaction that was rolled back did. */
  forget(): void {
    this.#forsaken = undefined;
    this.#rolledTo = 0;
  }

  /** Frees some of a deleted device's room; false when there is none left to free. */
  free(): boolean {
    const { chunks, rollups, devices } = this.#parts;
    const [device] = this.#known();
    if (device === undefined) return false;
    if (chunks.removeSome(device, removedAStep) > 0 || rollups.remove(device, removedAStep) > 0) return true;
    devices.remove(device);
    this.#known().delete(device);
    return true;
  }

  /** Makes the hours of a chunk from before there were hours; false when there is none. */
  roll(): boolean {
    const chunk = this.#parts.chunks.firstUnrolled(this.#rolledTo);
    if (chunk === undefined) return false;
    this.#rolledTo = chunk.id;
    this.#roll(chunk);
    return true;
  }

  /** Lets some old chunks go; false when there are none. */
  letGo({ before, offset }: Retention): boolean {
    const { chunks, devices } = this.#parts;
    const old = chunks.oldest(before, offset, chunksAStep);
    for (const chunk of old) {
      if (chunk.state !== chunkState.rolled) this.#roll(chunk);
      chunks.remove(chunk.id);
      const device = devices.findById(chunk.device);
      if (device === undefined) continue;
      devices.setRolled(device.id, device.rolledUntil, Math.max(device.rawFrom, chunk.lastAt + 1));
      devices.addLetGo(device.id, chunk.count);
    }
    return old.length > 0;
  }

  #known(): Set<number> {
    this.#forsaken ??= new Set(this.#parts.devices.forsaken());
    return this.#forsaken;
  }

  /** What is damaged is in no hours; the reads that need it tell. */
  #roll(chunk: ChunkFacts): void {
    try {
      this.#parts.rollups.roll(chunk.device, this.#parts.chunks.takeToRoll(chunk.id));
    } catch (error) {
      if (!isAftercareError(error, 'store-failed')) throw error;
    }
  }
}
