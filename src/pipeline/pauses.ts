const pauseEveryMs = 8;

/** Cuts long work into slices, so that sockets and acknowledgements have their turn in between. */
export class Pauses {
  #dueAt = performance.now() + pauseEveryMs;

  /** To be asked often, {@link take} only when it is true. */
  get due(): boolean {
    return performance.now() >= this.#dueAt;
  }

  async take(): Promise<void> {
    await turn();
    this.#dueAt = performance.now() + pauseEveryMs;
  }
}

/** Lets everything else that is ready have its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
