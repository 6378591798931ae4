import { realTimers, type Timers } from '../intake/index.ts';

const pauseEveryMs = 8;

/** Cuts long work into slices, so that sockets and acknowledgements have their turn in between. */
export class Pauses {
  readonly #timers: Timers;
  #dueAt: number;

  constructor(timers: Timers = realTimers) {
    this.#timers = timers;
    this.#dueAt = timers.now() + pauseEveryMs;
  }

  /** To be asked often, {@link take} only when it is true. */
  get due(): boolean {
    return this.#timers.now() >= this.#dueAt;
  }

  async take(): Promise<void> {
    await this.#timers.turn();
    this.#dueAt = this.#timers.now() + pauseEveryMs;
  }
}
