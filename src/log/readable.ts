interface Waiter {
  readonly offset: number;
  readonly settle: (readable: boolean) => void;
}

/** Who waits for records that are not there yet. */
export class Readable {
  readonly #waiters = new Set<Waiter>();

  /** Resolves to true when {@link wake} passes the offset, to false when the signal aborts or all is over. */
  wait(offset: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const abort = () => waiter.settle(false);
      const waiter: Waiter = {
        offset,
        settle: (readable) => {
          this.#waiters.delete(waiter);
          signal?.removeEventListener('abort', abort);
          resolve(readable);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Records before `next` can be read now. */
  wake(next: number): void {
    for (const waiter of this.#waiters) if (waiter.offset < next) waiter.settle(true);
  }

  end(): void {
    for (const waiter of this.#waiters) waiter.settle(false);
  }
}
