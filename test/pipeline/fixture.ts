import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaseStore, openEmbeddedCaseStore } from '../../src/cases/index.ts';
import { type Log, openLog } from '../../src/log/index.ts';
import {
  type Checkpoint,
  openCheckpoint,
  openPipeline,
  type Pipeline,
  type Uncorrected,
} from '../../src/pipeline/index.ts';
import { createDirectory, type Directory, openEmbeddedRegistry, type Registry } from '../../src/registry/index.ts';
import { openEmbeddedStore, type TelemetryStore } from '../../src/store/index.ts';
import { encodeRecord } from '../../src/telemetry/index.ts';
import { fridge, pack } from '../engine/fixture.ts';

const pollEveryMs = 5;

interface PlantOptions {
  readonly server?: boolean;
  readonly segmentBytesMax?: number;
  readonly commitEveryMs?: number;
  readonly stretchReportsMax?: number;
}

/** The service without its sockets: log, stores, directory and pipeline on a folder of their own. */
export class Plant {
  readonly folder: string;
  readonly rejected: { topic: string; payload: string }[] = [];
  readonly broken: Error[] = [];
  readonly uncorrected: Uncorrected[] = [];
  /** What was made durable, in order. */
  readonly durable: string[] = [];
  /** The service's clock; it stands still unless a test moves it. */
  now: number;
  #parts:
    | {
        log: Log;
        registry: Registry;
        store: TelemetryStore;
        server: TelemetryStore | undefined;
        cases: CaseStore;
        checkpoint: Checkpoint;
        pipeline: Pipeline;
        directory: Directory;
      }
    | undefined;

  constructor(folder: string, now: number) {
    this.folder = folder;
    this.now = now;
  }

  /** With `server`, a second store stands in for the user's telemetry server. */
  static async build(now: number, options: PlantOptions & { readonly from?: string } = {}): Promise<Plant> {
    const { from } = options;
    const folder = mkdtempSync(join(tmpdir(), 'aftercare-plant-'));
    if (from !== undefined) cpSync(from, folder, { recursive: true });
    const plant = new Plant(folder, now);
    await plant.#open(options);
    return plant;
  }

  get pipeline(): Pipeline {
    return this.#open_.pipeline;
  }

  get cases(): CaseStore {
    return this.#open_.cases;
  }

  /** What people's charts are read from: the server, where there is one. */
  get server(): TelemetryStore {
    return this.#open_.server ?? this.#open_.store;
  }

  get store(): TelemetryStore {
    return this.#open_.store;
  }

  get directory(): Directory {
    return this.#open_.directory;
  }

  get log(): Log {
    return this.#open_.log;
  }

  get #open_() {
    if (!this.#parts) throw new Error('the plant is closed');
    return this.#parts;
  }

  /** Resolves once the message is durable. */
  async send(device: string, payload: unknown, topic = `devices/${device}/reports`): Promise<void> {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const bytes = new TextEncoder().encode(text);
    const record = { kind: 'message', receivedAt: this.now, device, topic, payload: bytes } as const;
    await this.log.append([encodeRecord(record)]);
  }

  /** The service's time goes by. */
  async tick(): Promise<void> {
    await this.log.append([encodeRecord({ kind: 'tick', at: this.now })]);
  }

  /** Resolves once all that the log holds is processed, stored and checkpointed. */
  async settled(): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (this.pipeline.view.fleetLedger().behindSince !== undefined || !(await this.#stored())) {
      if (this.broken[0]) throw this.broken[0];
      if (performance.now() > deadline) throw new Error('the pipeline did not come to rest');
      await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
      this.now += pollEveryMs;
    }
  }

  /** A copy of the disk as it is at this instant: what a crash would leave. */
  crashImage(): string {
    const image = mkdtempSync(join(tmpdir(), 'aftercare-crash-'));
    cpSync(this.folder, image, { recursive: true });
    return image;
  }

  async close(): Promise<void> {
    const { pipeline, cases, store, server, registry, log } = this.#open_;
    await pipeline.stop();
    await cases.close();
    await store.close();
    await server?.close();
    await registry.close();
    await log.close();
    this.#parts = undefined;
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #stored(): Promise<boolean> {
    const { acknowledged, stored, evaluated } = this.pipeline.view.fleetLedger();
    const { next } = this.log.bounds();
    if (acknowledged !== stored || stored !== evaluated || (await this.store.cursor()) !== next) return false;
    return (this.#open_.checkpoint.meta()?.next ?? 0) === next;
  }

  async #open(options: PlantOptions): Promise<void> {
    const { server: withServer = false, segmentBytesMax, commitEveryMs = pollEveryMs } = options;
    const { stretchReportsMax = 1_000 } = options;
    const { folder } = this;
    const clock = () => this.now;
    const log = await openLog({
      folder: join(folder, 'log'),
      ...(segmentBytesMax === undefined ? {} : { segmentBytesMax }),
    });
    const registry = await openEmbeddedRegistry({ folder });
    const directory = createDirectory({
      log,
      registry,
      clock,
      random: randomBytes,
      serverKey: new Uint8Array(32),
      knownProducts: () => ['fridge'],
    });
    await directory.recover();
    await directory.publishPack({ product: 'fridge', version: 1, file: 'fridge.yaml', source: fridge });
    const store = await openEmbeddedStore({ folder });
    const cases = await openEmbeddedCaseStore({ folder });
    const server = withServer ? await openEmbeddedStore({ folder: join(folder, 'server') }) : undefined;
    const checkpoint = openCheckpoint(folder);
    const noted = <Arguments extends unknown[]>(name: string, call: (...given: Arguments) => Promise<void>) => {
      return (...given: Arguments) => call(...given).then(() => void this.durable.push(name));
    };
    store.sync = noted('store', store.sync.bind(store));
    cases.sync = noted('cases', cases.sync.bind(cases));
    checkpoint.save = noted('checkpoint', checkpoint.save.bind(checkpoint));
    const pipeline = await openPipeline({
      log,
      store,
      server,
      cases,
      checkpoint,
      clock,
      readPack: (_, source) => pack(source),
      commitEveryMs,
      logAgeMs: 3_600_000,
      logBytesMax: 1e9,
      settleRegistry: () => directory.settle(),
      forsake: (device, before) => store.forsake(device, before),
      stretchReportsMax,
      onUncorrected: (late) => this.uncorrected.push(late),
      publish: (topic, payload) => this.rejected.push({ topic, payload }),
      onTrouble: (error) => this.broken.push(error),
      onBroken: (error) => this.broken.push(error),
    });
    pipeline.start();
    this.#parts = { server, log, registry, store, cases, checkpoint, pipeline, directory };
  }
}
