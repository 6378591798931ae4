import type { Case, CaseChange, CaseStore } from '../cases/index.ts';

export interface TellingOptions {
  readonly cases: Pick<CaseStore, 'apply'>;
  /** Tries again while the store does not answer. */
  readonly patiently: <Value>(work: () => Promise<Value>) => Promise<Value>;
  readonly onCases: (cases: readonly Case[]) => void;
  /** All that was given has been applied. */
  readonly onIdle: () => void;
  /** Nothing is applied any more. */
  readonly onFailed: (error: unknown) => void;
}

const changesMax = 1_000;

/** Findings and ticks on their way to the cases while the pump goes on: one part after the other, in order. */
export class Telling {
  readonly #options: TellingOptions;
  #done: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: TellingOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** After what was given before. */
  begin(changes: readonly CaseChange[]): void {
    if (changes.length === 0) return;
    this.#waiting += 1;
    this.#done = this.#done.then(() => this.#apply(changes));
    this.#done.catch(this.#options.onFailed);
  }

  /** Resolves when all that was given by now is applied. Rejects when that failed for good. */
  whenDone(): Promise<void> {
    return this.#done;
  }

  async #apply(changes: readonly CaseChange[]): Promise<void> {
    const { cases, patiently, onCases, onIdle } = this.#options;
    for (let from = 0; from < changes.length; from += changesMax) {
      const part = changes.slice(from, from + changesMax);
      onCases(await patiently(() => cases.apply(part)));
    }
    this.#waiting -= 1;
    if (!this.isBusy) onIdle();
  }
}
