/** How far a device may run ahead of its rate, so that batches are read in one go. */
const aheadMs = 100;

/** Turns a rate into waiting times: every message costs its share of a second. */
export class Pace {
  readonly #messageMs: number;
  /** When everything taken so far would have been paid for. */
  #paidAt = 0;

  constructor(messagesPerSecondMax: number) {
    this.#messageMs = 1_000 / messagesPerSecondMax;
  }

  take(messages: number, nowMs: number): void {
    this.#paidAt = Math.max(this.#paidAt, nowMs) + messages * this.#messageMs;
  }

  /** How long to wait before taking more; 0 = now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#paidAt - nowMs - aheadMs);
  }
}
