import type { Clock } from '../base/index.ts';
import { realTimers, type Timers } from '../intake/index.ts';
import type { TelemetryStore } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';
import { patiently } from './patiently.ts';
import type { ServerLag } from './view.ts';

export interface ForwarderOptions {
  /** The embedded store: what it holds is durable, exact and in log order. */
  readonly from: TelemetryStore;
  /** The user's telemetry server. It may be away for as long as it likes. */
  readonly to: TelemetryStore;
  readonly clock: Clock;
  readonly timers?: Timers;
  /** These reports are in `to` now. */
  readonly onForwarded: (reports: readonly Report[]) => Promise<void>;
  readonly onTrouble: (error: Error, attempt: number) => void;
  readonly onBroken: (error: Error) => void;
}

export interface ForwarderState extends ServerLag {
  /** The next log offset that `to` has not got. */
  readonly cursor: number;
}

/** One batch is one request; live work goes first, so batches follow each other with a turn in between. */
const batchReportsMax = 5_000;

/**
 * Brings what the embedded store holds to the user's telemetry server, in log order, at its own pace. The server being
 * away, slow or full holds up nothing else: the embedded store keeps what it has not got.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #timers: Timers;
  readonly #stop = new AbortController();
  #wake: (() => void) | undefined;
  #cursor = 0;
  #end = 0;
  #behindSince: number | undefined;
  #trouble: string | undefined;
  #caughtUpAt = 0;
  #startedFrom = 0;
  #run: Promise<void> | undefined;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
  }

  /** Reads where `to` is. Must be called once, before {@link start}. */
  async restore(): Promise<void> {
    this.#cursor = await this.#options.to.cursor();
    this.#end = this.#cursor;
  }

  start(): void {
    this.#run ??= this.#loop().catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      this.#options.onBroken(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** The embedded store holds everything before `next` now. */
  notice(next: number): void {
    this.#end = Math.max(this.#end, next);
    if (this.#end > this.#cursor) this.#behindSince ??= this.#options.clock();
    this.#wake?.();
  }

  state(): ForwarderState {
    const lagRecords = Math.max(0, this.#end - this.#cursor);
    const doneRecords = this.#cursor - this.#startedFrom;
    const tookMs = this.#options.clock() - this.#caughtUpAt;
    const pace = this.#caughtUpAt > 0 && tookMs > 0 ? doneRecords / tookMs : 0;
    return {
      cursor: this.#cursor,
      behindSince: this.#behindSince,
      lagRecords,
      estimateMs: lagRecords > 0 && pace > 0 ? Math.round(lagRecords / pace) : undefined,
      trouble: this.#trouble,
    };
  }

  /** Ends the attempt under way and stops. What is not forwarded stays where it is. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#run;
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (this.#cursor < this.#end) await this.#forward();
      else await this.#idle();
      await this.#timers.turn();
    }
  }

  async #forward(): Promise<void> {
    const { from, to, clock, onForwarded } = this.#options;
    const end = this.#end;
    if (this.#caughtUpAt === 0) {
      this.#caughtUpAt = clock();
      this.#startedFrom = this.#cursor;
    }
    const query = { by: 'offset', from: this.#cursor, to: end, limit: batchReportsMax } as const;
    const reports = await this.#patiently(() => from.reports(query));
    const last = reports.at(-1);
    // A page ends with a whole message; only an empty one means that nothing more was accepted up to `end`.
    const next = last ? last.offset + 1 : end;
    await this.#patiently(() => to.write(reports, next));
    this.#trouble = undefined;
    this.#cursor = next;
    await onForwarded(reports);
    if (this.#cursor < this.#end) return;
    this.#behindSince = undefined;
    this.#caughtUpAt = 0;
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      if (this.#cursor < this.#end || this.#stop.signal.aborted) this.#wake();
    });
  }

  /** Nothing has to be forwarded before it stops: no attempt is begun after that. */
  #patiently<Value>(work: () => Promise<Value>): Promise<Value> {
    const { signal } = this.#stop;
    const attempt = async () => {
      signal.throwIfAborted();
      return work();
    };
    return patiently(attempt, {
      stopped: signal,
      timers: this.#timers,
      onTrouble: (error, attempt) => {
        this.#trouble = error.message;
        this.#options.onTrouble(error, attempt);
      },
    });
  }
}
