/** How far the log may be ahead of its processing: by so many records it is still near. */
export class Lead {
  readonly #recordsMax: number;
  readonly #written: () => number;
  #processed = 0;
  readonly #waiting: (() => void)[] = [];

  /** `written`: the offset that the next record gets. */
  constructor(recordsMax: number, written: () => number) {
    this.#recordsMax = recordsMax;
    this.#written = written;
  }

  /** Everything before the offset `next` is processed. */
  note(next: number): void {
    this.#processed = next;
    if (this.#isNear()) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when the processing is near; undefined when it is. */
  whenNear(): Promise<void> | undefined {
    if (this.#isNear()) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #isNear(): boolean {
    return this.#written() - this.#processed <= this.#recordsMax;
  }
}
