/** How far the log may be ahead of its processing: by so many records it is still near. */
export class Lead {
  readonly #recordsMax: number;
  readonly #written: () => number;
  #processed = 0;
  /** One for all who wait. */
  #near: PromiseWithResolvers<void> | undefined;

  /** `written`: the offset that the next record gets. */
  constructor(recordsMax: number, written: () => number) {
    this.#recordsMax = recordsMax;
    this.#written = written;
  }

  /** Everything before the offset `next` is processed. */
  note(next: number): void {
    this.#processed = next;
    if (!this.#isNear()) return;
    this.#near?.resolve();
    this.#near = undefined;
  }

  /** Resolves when the processing is near; undefined when it is. */
  whenNear(): Promise<void> | undefined {
    if (this.#isNear()) return undefined;
    this.#near ??= Promise.withResolvers();
    return this.#near.promise;
  }

  #isNear(): boolean {
    return this.#written() - this.#processed <= this.#recordsMax;
  }
}
