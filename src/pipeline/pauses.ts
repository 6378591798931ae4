import { realTimers, type Timers } from '../intake/index.ts';

const pauseEveryMs = 8;
/** About twenty reports: some hundred microseconds. */
const lookEveryBytes = 4_096;

/** Cuts long work into slices, so that sockets and acknowledgements have their turn in between. */
export class Pauses {
  readonly #timers: Timers;
  #startedAt: number;
  #bytes = 0;

  constructor(timers: Timers = realTimers) {
    this.#timers = timers;
    this.#startedAt = timers.now();
  }

  /** As {@link due}, for work of so many bytes: looks at the clock once in a while only, since that costs too. */
  dueAfter(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes < lookEveryBytes) return false;
    this.#bytes = 0;
    return this.due;
  }

  /** To be asked often, {@link take} only when it is true. */
  get due(): boolean {
    return this.#timers.now() >= this.#startedAt + pauseEveryMs;
  }

  /** What is ready has its turn. */
  async take(): Promise<void> {
    await this.#timers.turn();
    this.#startedAt = this.#timers.now();
  }
}
