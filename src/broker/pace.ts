/** How far a device may run ahead of its rate, so that batches are read in one go. */
const aheadMs = 100;

/** Turns a rate into waiting times: every report costs its share of a second. */
export class Pace {
  readonly #reportMs: number;
  /** When everything taken so far would have been paid for. */
  #paidAt = 0;

  constructor(reportsPerSecondMax: number) {
    this.#reportMs = 1_000 / reportsPerSecondMax;
  }

  take(reports: number, nowMs: number): void {
    this.#paidAt = Math.max(this.#paidAt, nowMs) + reports * this.#reportMs;
  }

  /** How long to wait before taking more; 0 = now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#paidAt - nowMs - aheadMs);
  }
}
