import { isAftercareError, secondMs } from '../base/index.ts';
import type { Log } from '../log/index.ts';
import { realTimers, type Timers } from './timers.ts';

/** Called once the payload is durable, or with the reason why it is not and will not be. */
export type Done = (error?: Error) => void;

export interface AppenderOptions {
  readonly log: Log;
  readonly timers?: Timers;
  /** The log can no longer be written: nothing can be acknowledged until the service is started again. */
  readonly onBroken: (error: Error) => void;
  /** Resolves when what was appended is nearly processed; undefined when it is. */
  readonly whenNear: () => Promise<void> | undefined;
  readonly groupRecordsMax?: number;
  readonly groupBytesMax?: number;
}

interface Waiting {
  readonly payload: Uint8Array;
  readonly done: Done;
  readonly since: number;
}

/** How long acknowledgements are withheld at a full log before the connection is closed. */
const fullPatienceMs = 30 * secondMs;
const fullRetryMs = secondMs;
/** How long acknowledgements wait at most for the processing to come near: it may be held up itself. */
const nearPatienceMs = secondMs;

/**
 * Gathers payloads into groups: one group is being written while the next one gathers, so that the number of writes
 * follows the disk and no timer is needed. What waits is bounded by the broker's in-flight limits. Acknowledgements wait
 * while the processing is far behind, so that devices that send more than can be processed are slowed down.
 */
export class Appender {
  readonly #log: Log;
  readonly #timers: Timers;
  readonly #onBroken: (error: Error) => void;
  readonly #whenNear: () => Promise<void> | undefined;
  readonly #recordsMax: number;
  readonly #bytesMax: number;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #full = false;
  /** Fewer than usual while the log has little room: a smaller group may still fit. */
  #recordsNow: number;
  #closed = false;

  constructor(options: AppenderOptions) {
    this.#log = options.log;
    this.#timers = options.timers ?? realTimers;
    this.#onBroken = options.onBroken;
    this.#whenNear = options.whenNear;
    this.#recordsMax = options.groupRecordsMax ?? 4_096;
    this.#recordsNow = this.#recordsMax;
    this.#bytesMax = options.groupBytesMax ?? 4 * 1024 * 1024;
  }

  /** Why nothing new should be taken now; undefined when all is well. */
  refusal(): string | undefined {
    if (this.#closed) return 'the service is stopping';
    return this.#full ? 'the log has reached its disk bound' : undefined;
  }

  append(payload: Uint8Array, done: Done): void {
    this.#waiting.push({ payload, done, since: this.#timers.now() });
    this.#running ??= this.#run();
  }

  /** Resolves when what waits now has been written or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // What else the same socket reads bring joins the first group.
    await this.#timers.turn();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#log.append(group.map((item) => item.payload));
        this.#full = false;
        this.#recordsNow = Math.min(this.#recordsMax, 2 * this.#recordsNow);
        await this.#awaitProcessing();
        for (const item of group) item.done();
      } catch (error) {
        await this.#refuse(group, error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#running = undefined;
  }

  async #awaitProcessing(): Promise<void> {
    const near = this.#closed ? undefined : this.#whenNear();
    if (near === undefined) return;
    const over = new AbortController();
    await Promise.race([near, this.#timers.sleep(nearPatienceMs, over.signal)]);
    over.abort();
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const item of this.#waiting) {
      bytes += item.payload.length;
      if (count > 0 && (count >= this.#recordsNow || bytes > this.#bytesMax)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** At a full log acknowledgements wait: room may come back. Any other failure ends the service's promise. */
  async #refuse(group: Waiting[], error: Error): Promise<void> {
    if (!isAftercareError(error, 'log-full')) {
      for (const item of group) item.done(error);
      if (!this.#closed) this.#onBroken(error);
      return;
    }
    if (group.length > 1) {
      this.#recordsNow = Math.ceil(group.length / 2);
      this.#waiting.unshift(...group);
      return;
    }
    this.#full = true;
    const now = this.#timers.now();
    const patient = group.filter((item) => !this.#closed && now - item.since < fullPatienceMs);
    for (const item of group) if (!patient.includes(item)) item.done(error);
    this.#waiting.unshift(...patient);
    if (patient.length > 0) await this.#timers.sleep(fullRetryMs);
  }
}
