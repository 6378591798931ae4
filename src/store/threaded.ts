import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AftercareError, assert, receiveError } from '../base/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { StoreSpace } from './disk.ts';
import type { EmbeddedStore, EmbeddedStoreOptions } from './embedded.ts';
import { assertLogOrder } from './log-order.ts';
import {
  type FromStore,
  receivePoints,
  type StoreAnswer,
  type StoreCall,
  type StoreCalls,
  type StoreSettings,
  sheetMemory,
} from './messages.ts';
import { Sheet } from './sheet.ts';
import type { ReportsQuery, SeriesPoint, SeriesQuery } from './store.ts';
import type { Retention } from './upkeep.ts';

export interface ThreadedStoreOptions extends EmbeddedStoreOptions {
  /** The thread ended by itself: what was asked of it has failed, and so does everything else from now on. */
  readonly onBroken: (error: Error) => void;
}

/**
 * Opens the embedded store in a thread of its own. This one turns reports into rows of numbers, whose memory moves over,
 * and back. Calls are begun there in the order in which they are made here: a read sees every write that was called
 * before it, awaited or not. `space` is what the thread told last, at most a second before the last call.
 * Rejects as `openEmbeddedStore` does.
 */
export function openThreadedStore(options: ThreadedStoreOptions): Promise<EmbeddedStore> {
  const { folder, sizes = {}, bytesMax, onBroken } = options;
  const settings: StoreSettings = { folder, sizes, bytesMax };
  const worker = new Worker(join(import.meta.dirname, 'thread.ts'), {
    name: 'store',
    workerData: settings,
    execArgv: [],
  });
  return new StoreThread(worker, onBroken).opened;
}

class StoreThread implements EmbeddedStore {
  readonly #worker: Worker;
  readonly #onBroken: (error: Error) => void;
  readonly #opened = Promise.withResolvers<EmbeddedStore>();
  readonly #asked = new Map<number, PromiseWithResolvers<StoreAnswer>>();
  #requests = 0;
  #space: StoreSpace | undefined;
  #closing: Promise<void> | undefined;
  /** Why the thread is no more. */
  #ended: Error | undefined;

  constructor(worker: Worker, onBroken: (error: Error) => void) {
    this.#worker = worker;
    this.#onBroken = onBroken;
    worker.on('message', (message: FromStore) => this.#take(message));
    worker.on('error', (error) => this.#gone(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#gone(new Error(`it ended with ${code}`)));
  }

  get opened(): Promise<EmbeddedStore> {
    return this.#opened.promise;
  }

  async write(reports: readonly Report[], next: number): Promise<void> {
    assertLogOrder(reports, next);
    const sheet = Sheet.of(reports).parts();
    await this.#ask('write', { sheet, next }, sheetMemory(sheet));
  }

  async sync(): Promise<void> {
    await this.#ask('sync', {});
  }

  async cursor(): Promise<number> {
    return this.#ask('cursor', {});
  }

  async series(query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    return receivePoints(await this.#ask('series', { query }));
  }

  async latest(devices: readonly string[]): Promise<ReadonlyMap<string, Report>> {
    const found = new Sheet(await this.#ask('latest', { devices })).reports();
    return new Map(found.map((report) => [report.device, report]));
  }

  async reports(query: ReportsQuery): Promise<readonly Report[]> {
    return new Sheet(await this.#ask('reports', { query })).reports();
  }

  async delete(device: string): Promise<void> {
    await this.#ask('delete', { device });
  }

  async forsake(device: string, before: number): Promise<void> {
    await this.#ask('forsake', { device, before });
  }

  async keepUp(retention?: Retention): Promise<boolean> {
    return this.#ask('keepUp', { retention });
  }

  space(): StoreSpace {
    assert(this.#space !== undefined, 'a store that is open has told of its room');
    return this.#space;
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.#ended !== undefined) return;
    try {
      await this.#send('close', {});
    } finally {
      await this.#worker.terminate();
    }
  }

  async #ask<Call extends StoreCall>(
    call: Call,
    asked: StoreCalls[Call]['asked'],
    memory?: ArrayBuffer[],
  ): Promise<StoreCalls[Call]['answer']> {
    if (this.#closing !== undefined) throw new AftercareError('store-failed', 'the telemetry store is closed');
    if (this.#ended !== undefined) throw this.#ended;
    return this.#send(call, asked, memory);
  }

  #send<Call extends StoreCall>(
    call: Call,
    asked: StoreCalls[Call]['asked'],
    memory: ArrayBuffer[] = [],
  ): Promise<StoreCalls[Call]['answer']> {
    const id = this.#requests++;
    const answered = Promise.withResolvers<StoreAnswer>();
    this.#asked.set(id, answered);
    this.#worker.postMessage({ call, id, ...asked }, memory);
    // The thread answers a call with what belongs to it.
    return answered.promise as Promise<StoreCalls[Call]['answer']>;
  }

  #take(message: FromStore): void {
    if (message.kind === 'done') this.#answered(message.id)?.resolve(message.answer);
    else if (message.kind === 'failed') this.#answered(message.id)?.reject(receiveError(message.error));
    else if (message.kind === 'refused') this.#opened.reject(receiveError(message.error));
    else {
      this.#space = message.space;
      if (message.kind === 'opened') this.#opened.resolve(this);
    }
  }

  #answered(id: number): PromiseWithResolvers<StoreAnswer> | undefined {
    const answered = this.#asked.get(id);
    this.#asked.delete(id);
    return answered;
  }

  #gone(cause: Error): void {
    if (this.#ended !== undefined) return;
    // Not `store-failed`: who tries again after that would try for ever.
    this.#ended = new AftercareError('internal', `the telemetry store's thread is gone: ${cause.message}`, { cause });
    this.#opened.reject(this.#ended);
    for (const answered of this.#asked.values()) answered.reject(this.#ended);
    this.#asked.clear();
    if (this.#closing === undefined && this.#space !== undefined) this.#onBroken(this.#ended);
  }
}
