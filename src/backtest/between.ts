import type { HistoryRecord, Ticks } from '../pipeline/index.ts';
import type { StoredBlock } from '../store/index.ts';

/** Who is given what the log had between reports. */
export interface BetweenTaker {
  record(item: HistoryRecord): void;
  tick(offset: number, at: number): void;
}

/** What the log had between reports, in its order: facts and the service's returns, and ticks where they are asked for. */
export class Between {
  /** A pack that comes into force, or another site of a device: what came late is judged as if they had waited for it. */
  readonly #held: readonly HistoryRecord[];
  readonly #others: readonly HistoryRecord[];
  readonly #ticks: Ticks | undefined;
  #nextHeld = 0;
  #nextOther = 0;
  #nextTick = 0;
  /** Log offset of what comes next; infinite at the end. */
  next: number;

  /** `records`: in log order. */
  constructor(records: readonly HistoryRecord[], ticks: Ticks | undefined) {
    this.#held = records.filter(isHeld);
    this.#others = records.filter((item) => !isHeld(item));
    this.#ticks = ticks;
    this.next = this.#after(false);
  }

  /**
   * Hands on everything up to an offset. `isLate`: that of a report that came behind a later one of its device, which is
   * judged by what held for the one before it.
   */
  takeUpTo(offset: number, taker: BetweenTaker, isLate = false): void {
    for (let next = this.#after(isLate); next <= offset; next = this.#after(isLate)) {
      const [held, other] = [this.#held[this.#nextHeld], this.#others[this.#nextOther]];
      if (!isLate && held?.offset === next) {
        this.#nextHeld += 1;
        taker.record(held);
      } else if (other?.offset === next) {
        this.#nextOther += 1;
        taker.record(other);
      } else {
        const at = this.#ticks?.at[this.#nextTick++] ?? 0;
        taker.tick(next, at);
      }
    }
    this.next = this.#after(false);
  }

  /** Hands on what comes next, if that lies up to an offset or at it. */
  takeNext(offset: number, taker: BetweenTaker): void {
    this.takeUpTo(Math.min(offset, this.next), taker);
  }

  /**
   * Passes over the ticks that come next, up to a service time and before an offset; not over the last one before a
   * record, which tells how far time had come.
   */
  passTicks(upAt: number, before: number): void {
    if (this.#ticks === undefined) return;
    const { offsets, at } = this.#ticks;
    const none = Number.POSITIVE_INFINITY;
    const [held, other] = [this.#held[this.#nextHeld], this.#others[this.#nextOther]];
    const record = Math.min(held?.offset ?? none, other?.offset ?? none);
    while ((offsets[this.#nextTick] ?? none) < before && (at[this.#nextTick] ?? 0) <= upAt) {
      if ((offsets[this.#nextTick + 1] ?? none) > record) break;
      this.#nextTick += 1;
    }
    this.next = this.#after(false);
  }

  #after(isLate: boolean): number {
    const held = isLate ? undefined : this.#held[this.#nextHeld];
    const other = this.#others[this.#nextOther];
    const tick = this.#ticks?.offsets[this.#nextTick];
    const none = Number.POSITIVE_INFINITY;
    return Math.min(held?.offset ?? none, other?.offset ?? none, tick ?? none);
  }
}

function isHeld({ record }: HistoryRecord): boolean {
  return record.kind === 'fact' && (record.fact.type === 'pack-published' || record.fact.type === 'device-changed');
}

/**
 * The log offset of the first of these reports that did not come late; undefined when all did. What came late before it is
 * judged by what held for it.
 */
export function firstInTime({ reports, behindMs }: StoredBlock): number | undefined {
  return reports.find((_, index) => (behindMs?.[index] ?? 0) === 0)?.offset;
}
