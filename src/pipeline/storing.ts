import { assert } from '../base/index.ts';
import type { Sheet, TelemetryStore } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';
import { StoredIdentities } from './stored-identities.ts';

export interface StoringOptions {
  readonly store: TelemetryStore;
  /** Tries again while the store does not answer. */
  readonly patiently: <Value>(work: () => Promise<Value>) => Promise<Value>;
  /** So many reports of each device are in the store, and all others before the log offset. */
  readonly onStored: (reports: ReadonlyMap<string, number>, next: number) => void;
  /** Nothing is stored any more. */
  readonly onFailed: (error: unknown) => void;
}

/** What is on its way to the store while the pump goes on: one stretch at a time, so that none overtakes another. */
export class Storing {
  readonly #options: StoringOptions;
  readonly #identities: StoredIdentities;
  #done: Promise<void> = Promise.resolve();
  #isBusy = false;

  constructor(options: StoringOptions) {
    this.#options = options;
    this.#identities = new StoredIdentities((query) => options.patiently(() => options.store.reports(query)));
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Hands over what was accepted before the log offset `next`. Not while it is busy. */
  begin(reports: Sheet, next: number): void {
    assert(!this.#isBusy, 'a stretch is stored after the one before it');
    const { store, patiently, onStored, onFailed } = this.#options;
    const counts = reports.countByDevice();
    if (counts.size > 0) this.#identities.forget();
    this.#isBusy = true;
    this.#done = patiently(() => store.write(reports, next)).then(() => {
      this.#isBusy = false;
      onStored(counts, next);
    });
    this.#done.catch(onFailed);
  }

  /** Resolves when all that was handed over by now is stored. Rejects when that failed for good. */
  whenDone(): Promise<void> {
    return this.#done;
  }

  /** Reports under an identity, of all that was handed over. */
  async under(device: string, boot: string, seq: number): Promise<readonly Report[]> {
    await this.#done;
    return this.#identities.find(device, boot, seq);
  }

  /** Lets go what the store holds of a device, by `forsake`. */
  async forsake(forsake: () => Promise<void>): Promise<void> {
    await this.#done;
    await this.#options.patiently(forsake);
    this.#identities.forget();
  }
}
