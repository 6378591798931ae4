import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AftercareError, receiveError } from '../base/index.ts';
import type { BrokerLimits } from '../broker/index.ts';
import { followLog, type Log, type LogCut, type WrittenGroup } from '../log/index.ts';
import type { FromIntake, IntakeSettings, Request, ToIntake } from './messages.ts';

export interface IntakeOptions {
  /** The log's. Made when missing; the caller holds the lock. */
  readonly folder: string;
  /** Bound of the log's files together. */
  readonly bytesMax: number;
  /** Told once at open when a crash had cut an append short, which was then removed. */
  readonly onCut: (cut: LogCut) => void;
  /** Nothing can be acknowledged any more: the service must be started again. Nothing acknowledged is lost. */
  readonly onBroken: (error: Error) => void;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: BrokerLimits;
  /** Whether `secret` is the device's. A rejection lets it in no more than false does. */
  readonly authenticate: (device: string, secret: string) => Promise<boolean>;
}

/** Broker and log in a thread of their own, so that nothing delays an acknowledgement but the disk. */
export interface Intake {
  readonly log: Log;
  /** Begins to listen for devices. Rejects as `startBroker` does. */
  listen(options: ListenOptions): Promise<{ readonly host: string; readonly port: number }>;
  /** Publishes to a device's own topic; kept nowhere when it is not connected. */
  publish(topic: string, payload: string): void;
  /** Ends the connections of a device. */
  disconnect(device: string): void;
  connections(): number;
  /** Why no new message is taken now; undefined when all is well. */
  refusal(): string | undefined;
  /** Everything in the log before this offset is processed: when that falls far behind, acknowledgements wait. */
  processed(next: number): void;
  /** Lets acknowledgements under way go out; takes nothing more from devices. The log stays open. */
  stopListening(): Promise<void>;
  /** Closes the log and ends the thread. */
  close(): Promise<void>;
}

/**
 * Where gigabytes are allowed V8 lets a heap grow to several times what lives in it, and has 128 MB for young objects
 * alone. Here hardly anything outlives its group: by these bounds the heap of 10,000 connections, 100 MB, takes half as
 * much again. Should it ever come to the second one, with ten times as many, the thread ends, and the service with it.
 */
const heapLimits = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 1_024 };

/** Rejects as `openLog` does. */
export async function openIntake(options: IntakeOptions): Promise<Intake> {
  const { folder, bytesMax } = options;
  const settings: IntakeSettings = { folder, bytesMax };
  const worker = new Worker(join(import.meta.dirname, 'thread.ts'), {
    name: 'intake',
    workerData: settings,
    execArgv: [],
    resourceLimits: heapLimits,
  });
  const thread = new IntakeThread(worker, options);
  return thread.open();
}

const processedStep = 1_000;

class IntakeThread implements Intake {
  readonly #worker: Worker;
  readonly #options: IntakeOptions;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #opened = Promise.withResolvers<FromIntake & { kind: 'opened' }>();
  #requests = 0;
  #processedTold = 0;
  #authenticate: ListenOptions['authenticate'] = async () => false;
  #followed: { readonly log: Log; readonly took: (written: WrittenGroup) => void } | undefined;
  #connections = 0;
  #refusal: string | undefined;
  #isClosing = false;

  constructor(worker: Worker, options: IntakeOptions) {
    this.#worker = worker;
    this.#options = options;
    worker.on('message', (message: FromIntake) => this.#take(message));
    worker.on('error', (error) => this.#gone(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#gone(new Error(`the intake's thread ended with ${code}`)));
  }

  async open(): Promise<Intake> {
    const { next, cut } = await this.#opened.promise;
    if (cut !== undefined) this.#options.onCut(cut);
    this.#followed = await followLog({
      folder: this.#options.folder,
      next,
      writer: {
        append: async (payloads) => Number(await this.#ask({ kind: 'append', payloads: [...payloads] })),
        trim: async (before) => Number(await this.#ask({ kind: 'trim', before })),
        close: () => this.#end(),
      },
    });
    return this;
  }

  get log(): Log {
    return this.#followedLog().log;
  }

  async listen({ host, port, limits, authenticate }: ListenOptions) {
    this.#authenticate = authenticate;
    // What the thread answers to `listen`.
    return (await this.#ask({ kind: 'listen', host, port, limits })) as {
      readonly host: string;
      readonly port: number;
    };
  }

  publish(topic: string, payload: string): void {
    this.#tell({ kind: 'publish', topic, payload });
  }

  disconnect(device: string): void {
    this.#tell({ kind: 'disconnect', device });
  }

  connections(): number {
    return this.#connections;
  }

  refusal(): string | undefined {
    return this.#refusal;
  }

  processed(next: number): void {
    // The other thread asks whether it is tens of thousands behind: a message each time would cost more than it tells.
    if (next - this.#processedTold < processedStep) return;
    this.#processedTold = next;
    this.#tell({ kind: 'processed', next });
  }

  async stopListening(): Promise<void> {
    await this.#ask({ kind: 'stop-listening' });
  }

  close(): Promise<void> {
    return this.log.close();
  }

  async #end(): Promise<void> {
    this.#isClosing = true;
    await this.#ask({ kind: 'close' });
    await this.#worker.terminate();
  }

  #take(message: FromIntake): void {
    if (message.kind === 'written') this.#followedLog().took(withBuffer(message.written));
    else if (message.kind === 'opened') this.#opened.resolve(message);
    else if (message.kind === 'done') this.#answered(message.id)?.resolve(message.value);
    else if (message.kind === 'failed') this.#answered(message.id)?.reject(receiveError(message.error));
    else if (message.kind === 'authenticate') this.#authenticated(message);
    else if (message.kind === 'broken') this.#broken(receiveError(message.error));
    else {
      this.#connections = message.connections;
      this.#refusal = message.refusal;
    }
  }

  #authenticated({ id, device, secret }: FromIntake & { kind: 'authenticate' }): void {
    this.#authenticate(device, secret).then(
      (answer) => this.#tell({ kind: 'authenticated', id, answer }),
      () => this.#tell({ kind: 'authenticated', id, answer: undefined }),
    );
  }

  #ask(request: WithoutId<Request>): Promise<unknown> {
    const id = this.#requests++;
    const asked = Promise.withResolvers<unknown>();
    this.#asked.set(id, asked);
    this.#tell({ ...request, id });
    return asked.promise;
  }

  #answered(id: number): PromiseWithResolvers<unknown> | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #tell(message: ToIntake): void {
    this.#worker.postMessage(message);
  }

  #broken(error: Error): void {
    this.#opened.reject(error);
    if (this.#followed !== undefined) this.#options.onBroken(error);
  }

  #gone(error: Error): void {
    this.#opened.reject(error);
    for (const asked of this.#asked.values()) {
      asked.reject(new AftercareError('log-closed', `the log's thread has ended: ${error.message}`));
    }
    this.#asked.clear();
    if (!this.#isClosing && this.#followed !== undefined) this.#options.onBroken(error);
    this.#isClosing = true;
  }

  #followedLog() {
    if (this.#followed === undefined) throw new Error('the log is not open yet');
    return this.#followed;
  }
}

type WithoutId<Message> = Message extends unknown ? Omit<Message, 'id'> : never;

/** A Buffer comes out of another thread as a plain array of bytes. */
function withBuffer(written: WrittenGroup): WrittenGroup {
  const { buffer, byteOffset, byteLength } = written.group.body;
  return { ...written, group: { ...written.group, body: Buffer.from(buffer, byteOffset, byteLength) } };
}
