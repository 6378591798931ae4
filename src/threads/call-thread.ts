import { Worker } from 'node:worker_threads';
import { AftercareError, receiveError } from '../base/index.ts';
import type { FromThread, ToThread } from './messages.ts';

interface CallThreadOptions<Settings, Told> {
  /** As the thread is called where threads are listed. */
  readonly name: string;
  /** What the driver is, for sentences: `the telemetry store`. */
  readonly what: string;
  /** A module that calls `serveCalls`. */
  readonly file: string;
  readonly settings: Settings;
  /** Room for objects that have just been made, MB: V8 takes all of it, however few of them live. */
  readonly youngMb: number;
  readonly onTold?: (told: Told) => void;
  /** The thread ended by itself: what was asked of it has failed, and so does everything else from now on. */
  readonly onBroken: (error: Error) => void;
}

type Asked<Driver, Call extends keyof Driver> = Driver[Call] extends (...asked: infer Asked) => unknown ? Asked : never;

type Answer<Driver, Call extends keyof Driver> = Driver[Call] extends (...asked: never[]) => infer Answer
  ? Awaited<Answer>
  : never;

/**
 * A driver in a thread of its own. What is asked and answered is copied on its way, or moves. Calls are begun there in
 * the order in which they are made here, awaited or not; errors come back with their code and hint.
 */
export class CallThread<Driver extends { close(): unknown }> {
  readonly #worker: Worker;
  readonly #what: string;
  readonly #onBroken: (error: Error) => void;
  readonly #opened = Promise.withResolvers<void>();
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #requests = 0;
  #isOpen = false;
  #closing: Promise<void> | undefined;
  /** Why the thread is no more. */
  #ended: Error | undefined;

  private constructor(options: CallThreadOptions<unknown, unknown>) {
    const { name, what, file, settings, youngMb, onTold, onBroken } = options;
    this.#what = what;
    this.#onBroken = onBroken;
    const resourceLimits = { maxYoungGenerationSizeMb: youngMb };
    const worker = new Worker(file, { name, workerData: settings, execArgv: [], resourceLimits });
    worker.on('message', (message: FromThread) => this.#take(message, onTold));
    worker.on('error', (error) => this.#gone(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#gone(new Error(`it ended with ${code}`)));
    this.#worker = worker;
  }

  /** Rejects as the opening of the driver does. */
  static async open<Driver extends { close(): unknown }, Settings, Told = never>(
    options: CallThreadOptions<Settings, Told>,
  ): Promise<CallThread<Driver>> {
    const { onTold } = options;
    // What is told is what the thread's module tells.
    const thread = new CallThread<Driver>({ ...options, onTold: (told) => onTold?.(told as Told) });
    await thread.#opened.promise;
    return thread;
  }

  /** `memory` is what of the arguments moves. Rejects as the driver's method does, with `store-failed` once closed. */
  async ask<Call extends keyof Driver & string>(
    call: Call,
    asked: Asked<Driver, Call>,
    memory: ArrayBuffer[] = [],
  ): Promise<Answer<Driver, Call>> {
    if (this.#closing !== undefined) throw new AftercareError('store-failed', `${this.#what} is closed`);
    if (this.#ended !== undefined) throw this.#ended;
    // The thread answers a call with what belongs to it.
    return (await this.#send({ call, asked: [...asked] }, memory)) as Answer<Driver, Call>;
  }

  /** Closes the driver and ends the thread. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.#ended !== undefined) return;
    try {
      await this.#send({ call: 'close', asked: [] }, []);
    } finally {
      await this.#worker.terminate();
    }
  }

  #send(message: Omit<ToThread, 'id'>, memory: ArrayBuffer[]): Promise<unknown> {
    const id = this.#requests++;
    const answered = Promise.withResolvers<unknown>();
    this.#asked.set(id, answered);
    this.#worker.postMessage({ id, ...message } satisfies ToThread, memory);
    return answered.promise;
  }

  #take(message: FromThread, onTold: ((told: unknown) => void) | undefined): void {
    switch (message.kind) {
      case 'opened':
        this.#isOpen = true;
        this.#opened.resolve();
        return;
      case 'refused':
        this.#opened.reject(receiveError(message.error));
        return;
      case 'told':
        onTold?.(message.told);
        return;
      case 'done':
        this.#answered(message.id)?.resolve(message.answer);
        return;
      case 'failed':
        this.#answered(message.id)?.reject(receiveError(message.error));
        return;
    }
  }

  #answered(id: number): PromiseWithResolvers<unknown> | undefined {
    const answered = this.#asked.get(id);
    this.#asked.delete(id);
    return answered;
  }

  #gone(cause: Error): void {
    if (this.#ended !== undefined) return;
    // Not `store-failed`: who tries again after that would try for ever.
    this.#ended = new AftercareError('internal', `the thread of ${this.#what} is gone: ${cause.message}`, { cause });
    this.#opened.reject(this.#ended);
    for (const answered of this.#asked.values()) answered.reject(this.#ended);
    this.#asked.clear();
    if (this.#closing === undefined && this.#isOpen) this.#onBroken(this.#ended);
  }
}
