/** One that stopped reading for lack of room. */
export interface Waiter {
  wake(): void;
}

/** What all connections together have taken over and not yet acknowledged. */
export class InFlight {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #messages = 0;
  #bytes = 0;
  /** In the order in which they came, so that none is passed over for ever. */
  readonly #waiting = new Set<Waiter>();
  readonly #idle: (() => void)[] = [];

  constructor(messagesMax: number, bytesMax: number) {
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#messages >= this.#messagesMax || this.#bytes >= this.#bytesMax;
  }

  add(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
    if (this.#waiting.size === 0 && this.#idle.length === 0) return;
    if (this.#messages === 0) this.#onEmpty();
    else if (!this.isFull) this.#wakeOne();
  }

  wait(waiter: Waiter): void {
    this.#waiting.add(waiter);
  }

  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** Resolves when nothing is in flight. */
  whenEmpty(): Promise<void> {
    if (this.#messages === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #wakeOne(): void {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter);
      waiter.wake();
      return;
    }
  }

  /** Nobody is left whose ack would wake the others, so all are woken; those that find no room wait again. */
  #onEmpty(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiting) waiter.wake();
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
