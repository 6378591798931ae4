import { isAftercareError, secondMs } from '../base/index.ts';
import { Draft, type Log } from '../log/index.ts';
import type { Timers } from './timers.ts';

/** Called once the record is durable, or with the reason why it is not and will not be. */
export type Done = (error?: Error) => void;

export interface AppenderOptions {
  readonly log: Pick<Log, 'append'>;
  readonly timers: Timers;
  /** The log can no longer be written: nothing can be acknowledged until the service is started again. */
  readonly onBroken: (error: Error) => void;
  /** Resolves when what was appended is nearly processed; undefined when it is. */
  readonly whenNear: () => Promise<void> | undefined;
  /** {@link Appender.refusal} has changed. */
  readonly onRefusal?: () => void;
}

/** What came together. */
interface Group {
  readonly draft: Draft;
  readonly receipts: Done[];
  /** When the first record came. */
  since: number;
}

/** How long acknowledgements are withheld at a full log before the connection is closed. */
const fullPatienceMs = 30 * secondMs;
const fullRetryMs = secondMs;
/** What has no room when it is as small as a tick: the log is full for every message. */
const smallBytes = 256;
const fullSentence = 'the log has reached its disk bound, or the disk is full';

/** How long acknowledgements wait at most for the processing to come near: it may be held up itself. */
const nearPatienceMs = secondMs;

/**
 * Gathers records into groups: one group is being written while the next one gathers, so that the number of writes
 * follows the disk and no timer is needed. What waits is bounded by the broker's in-flight limits. Acknowledgements wait
 * while the processing is far behind, so that devices that send more than can be processed are slowed down.
 */
export class Appender {
  readonly #options: AppenderOptions;
  #gathering = newGroup();
  /** The group before it, whose memory is used again. */
  #spare = newGroup();
  #running: Promise<void> | undefined;
  #refusal: string | undefined;
  #closed = false;

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /** Why nothing new should be taken now; undefined when all is well. */
  refusal(): string | undefined {
    return this.#closed ? 'the service is stopping' : this.#refusal;
  }

  append(payload: Uint8Array, done: Done): void {
    this.reserve(payload.length, (memory, at) => memory.set(payload, at), done);
  }

  /** Room for a record, which `fill` must write in full. */
  reserve(bytes: number, fill: (memory: Buffer, at: number) => void, done: Done): void {
    const { draft, receipts } = this.#gathering;
    if (receipts.length === 0) this.#gathering.since = this.#options.timers.now();
    draft.reserve(bytes, fill);
    receipts.push(done);
    this.#running ??= this.#run();
  }

  /**
   * Appends what the service has to say itself, past the groups. With nobody waiting only this notices that the log is
   * full, that there is room again, and at a log that cannot be written, that nothing can be acknowledged any more.
   */
  async appendOwn(payloads: readonly Uint8Array[]): Promise<number> {
    try {
      const first = await this.#options.log.append(payloads);
      this.#tell(undefined);
      return first;
    } catch (error) {
      if (isAftercareError(error, 'log-write-failed')) this.#fail([], error);
      // Where a large record does not fit, messages still may.
      const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
      if (isAftercareError(error, 'log-full') && bytes <= smallBytes) this.#tell(fullSentence);
      throw error;
    }
  }

  /** Resolves when what waits now has been written or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.onRefusal?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    // What else the same socket reads bring joins the first group.
    await this.#options.timers.turn();
    while (this.#gathering.receipts.length > 0) {
      const group = this.#gathering;
      this.#gathering = this.#spare;
      try {
        await this.#options.log.append(group.draft);
        await this.#settle(group.receipts);
      } catch (error) {
        await this.#afterFailure(group, error);
      }
      group.draft.clear();
      group.receipts.length = 0;
      this.#spare = group;
    }
    this.#running = undefined;
  }

  async #settle(receipts: readonly Done[]): Promise<void> {
    this.#tell(undefined);
    await this.#awaitProcessing();
    for (const done of receipts) done();
  }

  async #awaitProcessing(): Promise<void> {
    const near = this.#closed ? undefined : this.#options.whenNear();
    if (near === undefined) return;
    const over = new AbortController();
    await Promise.race([near, this.#options.timers.sleep(nearPatienceMs, over.signal)]);
    over.abort();
  }

  /** At a full log acknowledgements wait: room may come back. Any other failure ends the service's promise. */
  async #afterFailure({ draft, receipts, since }: Group, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error : new Error(String(error));
    if (isAftercareError(error, 'log-full')) return this.#appendPieces([...draft], receipts, since);
    this.#fail(receipts, reason);
  }

  /** A smaller group may still fit. */
  async #appendPieces(payloads: readonly Uint8Array[], receipts: readonly Done[], since: number): Promise<void> {
    let size = Math.ceil(payloads.length / 2);
    for (let next = 0; next < payloads.length; ) {
      const end = Math.min(next + size, payloads.length);
      try {
        await this.#options.log.append(payloads.slice(next, end));
        await this.#settle(receipts.slice(next, end));
        next = end;
        size *= 2;
      } catch (error) {
        if (!isAftercareError(error, 'log-full')) {
          return this.#fail(receipts.slice(next), error instanceof Error ? error : new Error(String(error)));
        }
        if (size > 1) {
          size = Math.ceil(size / 2);
          continue;
        }
        this.#tell(fullSentence);
        if (this.#closed || this.#options.timers.now() - since >= fullPatienceMs) {
          for (const done of receipts.slice(next)) done(error);
          return;
        }
        await this.#options.timers.sleep(fullRetryMs);
      }
    }
  }

  #fail(receipts: readonly Done[], reason: Error): void {
    for (const done of receipts) done(reason);
    if (!this.#closed) this.#options.onBroken(reason);
  }

  #tell(refusal: string | undefined): void {
    if (this.#refusal === refusal) return;
    this.#refusal = refusal;
    this.#options.onRefusal?.();
  }
}

function newGroup(): Group {
  return { draft: new Draft(), receipts: [], since: 0 };
}
