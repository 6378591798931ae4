import type { HistoryRecord, Ticks } from '../pipeline/index.ts';

/** Who is given what the log had between reports. */
export interface BetweenTaker {
  record(item: HistoryRecord): void;
  tick(offset: number, at: number): void;
}

/** What the log had between reports, in its order: facts and the service's returns, and ticks where they are asked for. */
export class Between {
  readonly #records: readonly HistoryRecord[];
  readonly #ticks: Ticks | undefined;
  #record = 0;
  #tick = 0;
  /** Log offset of what comes next; infinite at the end. */
  next: number;

  /** `records`: in log order. */
  constructor(records: readonly HistoryRecord[], ticks: Ticks | undefined) {
    this.#records = records;
    this.#ticks = ticks;
    this.next = Math.min(this.#recordOffset(), this.#tickOffset());
  }

  /**
   * Passes over the ticks that come next, up to a service time and before an offset; not over the last one before a
   * record, which tells how far time had come.
   */
  passTicks(upAt: number, before: number): void {
    if (this.#ticks === undefined) return;
    const { offsets, at } = this.#ticks;
    const record = this.#recordOffset();
    const nextOffset = (place: number) => offsets[place] ?? Number.POSITIVE_INFINITY;
    while (nextOffset(this.#tick) < before && (at[this.#tick] ?? 0) <= upAt) {
      if (nextOffset(this.#tick + 1) > record) break;
      this.#tick += 1;
    }
    this.next = Math.min(record, this.#tickOffset());
  }

  /** Hands on everything up to an offset, and with it. */
  takeUpTo(offset: number, taker: BetweenTaker): void {
    while (this.next <= offset) this.takeNext(offset, taker);
  }

  /** Hands on what comes next, if that lies up to an offset or at it. */
  takeNext(offset: number, taker: BetweenTaker): void {
    if (this.next > offset) return;
    const item = this.#records[this.#record];
    if (item?.offset === this.next) {
      this.#record += 1;
      taker.record(item);
    } else {
      const at = this.#ticks?.at[this.#tick++] ?? 0;
      taker.tick(this.next, at);
    }
    this.next = Math.min(this.#recordOffset(), this.#tickOffset());
  }

  #recordOffset(): number {
    return this.#records[this.#record]?.offset ?? Number.POSITIVE_INFINITY;
  }

  #tickOffset(): number {
    return this.#ticks?.offsets[this.#tick] ?? Number.POSITIVE_INFINITY;
  }
}
