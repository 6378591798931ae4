import { assert } from '../base/index.ts';
import type { Memory, MemorySize } from '../detect/index.ts';
import type { DeviceMemory, Piece } from './device-memory.ts';

/** What needs a place on the bench. */
export interface BenchPlan {
  readonly key: string;
  readonly params: string;
  readonly size: MemorySize;
}

/**
 * The workbench of a pack. Detectors and gates work on the numbers that lie here; those of the device in hand are laid
 * here before and taken away after. So nothing is looked up or made for a reading, and a device is one array.
 */
export class Bench {
  readonly #pieces: readonly Piece[];
  readonly #all: Float64Array;
  /** Without what is needed for starts only. */
  readonly #warm: Float64Array;
  /** Whose numbers lie here. */
  #laid: Float64Array | undefined;

  constructor(plans: readonly BenchPlan[]) {
    let from = 0;
    let startsFrom = plans.reduce((sum, { size }) => sum + size.cells, 0);
    const warmSize = startsFrom;
    this.#pieces = plans.map(({ key, params, size: { cells, starts } }) => {
      const piece = { key, params, from, size: cells, startsFrom, startsSize: starts };
      from += cells;
      startsFrom += starts;
      return piece;
    });
    this.#all = new Float64Array(startsFrom);
    this.#warm = this.#all.subarray(0, warmSize);
  }

  /** Where a piece lies while it is worked on. */
  place(key: string): Memory {
    const piece = this.#pieces.find((item) => item.key === key);
    assert(piece !== undefined, 'the bench has a place for every plan');
    return {
      cells: this.#all.subarray(piece.from, piece.from + piece.size),
      starts: this.#all.subarray(piece.startsFrom, piece.startsFrom + piece.startsSize),
    };
  }

  /** Lays out what another pack's bench, or a snapshot, knows of the same pieces; returns their keys. The rest is zero. */
  layOut({ pieces, numbers }: DeviceMemory): ReadonlySet<string> {
    this.#all.fill(0);
    this.#laid = undefined;
    const kept = this.#pieces.filter((piece) => {
      const old = pieces.find(({ key, params }) => key === piece.key && params === piece.params);
      if (!old) return false;
      this.#all.set(numbers.subarray(old.from, old.from + old.size), piece.from);
      this.#all.set(numbers.subarray(old.startsFrom, old.startsFrom + old.startsSize), piece.startsFrom);
      return true;
    });
    return new Set(kept.map(({ key }) => key));
  }

  /** Lays out a device's numbers that {@link take} made; of one that has reported just before they lie here still. */
  lay({ numbers }: DeviceMemory): void {
    if (this.#laid === numbers) return;
    this.#all.set(numbers);
    this.#laid = numbers;
  }

  /** Takes the numbers away, into where they came from. */
  putBack({ numbers }: DeviceMemory): void {
    numbers.set(numbers.length === this.#all.length ? this.#all : this.#warm);
  }

  /** A memory of what lies here; `warm`: without what is needed for starts only. */
  take(warm: boolean): DeviceMemory {
    return { pieces: this.#pieces, numbers: (warm ? this.#warm : this.#all).slice() };
  }

  isWarm({ numbers }: DeviceMemory): boolean {
    return numbers.length === this.#warm.length;
  }
}
