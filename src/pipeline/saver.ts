import { hashesMax, snapshotAdmission } from '../admission/index.ts';
import { secondMs } from '../base/index.ts';
import type { Engine, StateCopy } from '../engine/index.ts';
import type { Timers } from '../intake/index.ts';
import type { Catalogue } from '../product/index.ts';
import type { Checkpoint, CheckpointMeta, CheckpointWrite, DeviceWrite } from './checkpoint.ts';
import type { PipelineDevice, PipelineDevices } from './devices.ts';
import type { Processed } from './process.ts';

export interface SaverOptions {
  readonly checkpoint: Checkpoint;
  readonly catalogue: Pick<Catalogue, 'facts'>;
  readonly engine: Pick<Engine, 'copy' | 'globals'>;
  readonly devices: PipelineDevices;
  readonly timers: Timers;
  /** A checkpoint begins at most this often. */
  readonly everyMs: number;
}

/** A checkpoint takes at most a twentieth of the time… */
const timeShare = 20;
/** …but after so long, or so much processing, one is due all the same: a restart does again what came since. */
const pauseMaxMs = 30 * secondMs;
const replayMaxMs = 15 * secondMs;
/** Ten thousand devices as a fleet has them take a little more. */
const asideBytesMax = 48 * 1024 * 1024;

/**
 * Writes checkpoints while the pump goes on. A checkpoint is the state at one offset: a device that is to change and is
 * not handed over yet is put aside first, as it was. That is a copy of its numbers, which become text where they are
 * written. So a checkpoint holds nobody up, however many devices it has; only what may change every device has to wait
 * until all are handed over.
 */
export class Saver {
  readonly #options: SaverOptions;
  #rows: DeviceRows | undefined;
  #done: Promise<void> | undefined;
  #dueAt = 0;
  #replayMs = 0;
  /** In a row. */
  #failures = 0;

  constructor(options: SaverOptions) {
    this.#options = options;
  }

  /** When a checkpoint may begin, by the timers' clock; undefined while one is written. */
  get dueAt(): number | undefined {
    if (this.#done !== undefined) return undefined;
    if (this.#failures > 0) return this.#dueAt;
    return this.#replayMs >= replayMaxMs ? 0 : this.#dueAt;
  }

  /** So long was spent on what a restart would do again. */
  noteWork(ms: number): void {
    this.#replayMs += ms;
  }

  /** Must be called before anything of a device is changed. */
  beforeChange(device: string): void {
    this.#rows?.putAside(device);
  }

  /** Resolves when no device waits to be put aside any more, however its checkpoint goes on; undefined when that is so. */
  whenIdle(): Promise<void> | undefined {
    if (this.#done === undefined || this.#rows?.isThrough) return undefined;
    const ended = this.#done.catch(() => undefined);
    return this.#rows ? Promise.race([this.#rows.through, ended]) : ended;
  }

  /** So much is put aside that the pump should wait until some of it is handed over. */
  get isCrowded(): boolean {
    return this.#rows !== undefined && this.#rows.asideBytes > asideBytesMax;
  }

  /**
   * Begins with the state as it is now, when everything up to `meta.next` is stored and in cases; it ends after that is
   * `durable` (default: it is). Resolves when it is durable itself. Nothing may be added to `stretch` any more.
   * Rejects as `Checkpoint.save` does: what was touched is then not saved, and must be part of the next stretch.
   */
  begin(stretch: Processed, meta: Omit<CheckpointMeta, 'globals' | 'facts'>, durable?: Promise<void>): Promise<void> {
    const { timers } = this.#options;
    const startedAt = timers.now();
    this.#replayMs = 0;
    const hashesAdded = new Map<PipelineDevice, number>();
    this.#rows = new DeviceRows(stretch.touched, (id) => this.#row(id, hashesAdded));
    const write = this.#write(stretch, meta, this.#rows);
    // Heard of with the checkpoint, which may fail before.
    durable?.catch(() => undefined);
    this.#done = this.#options.checkpoint.save(write, durable).then(
      () => {
        for (const [device, added] of hashesAdded) device.hashesSaved = added;
        this.#failures = 0;
        const tookMs = timers.now() - startedAt;
        this.#end(Math.max(this.#options.everyMs, Math.min(timeShare * tookMs, pauseMaxMs)));
      },
      (error: unknown) => {
        this.#failures += 1;
        this.#end(Math.min(pauseMaxMs, 100 * 2 ** Math.min(this.#failures, 10)));
        throw error;
      },
    );
    return this.#done;
  }

  /** How often in a row a checkpoint has failed. */
  get failures(): number {
    return this.#failures;
  }

  #write(
    stretch: Processed,
    meta: Omit<CheckpointMeta, 'globals' | 'facts'>,
    devices: Iterable<DeviceWrite>,
  ): CheckpointWrite {
    const { catalogue, engine } = this.#options;
    const { bands, snapshots = [], quarantine, history, factsChanged } = stretch;
    return {
      meta: { ...meta, globals: engine.globals() },
      facts: factsChanged ? catalogue.facts() : undefined,
      devices,
      bands,
      snapshots,
      quarantine,
      history,
    };
  }

  #end(pauseMs: number): void {
    this.#done = undefined;
    this.#rows = undefined;
    this.#dueAt = this.#options.timers.now() + pauseMs;
  }

  #row(id: string, hashesAdded: Map<PipelineDevice, number>): UnwrittenRow {
    const device = this.#options.devices.meet(id);
    const { number, admission, evaluated, unstored, hashesSaved } = device;
    const page = admission.hashes.since(hashesSaved);
    if (page !== undefined) hashesAdded.set(device, admission.hashes.added);
    return {
      number,
      id,
      admission: snapshotAdmission(admission),
      engine: this.#options.engine.copy(id),
      evaluated,
      unstored,
      hashes: page === undefined ? [] : [page],
      hashesFrom: Math.max(0, hashesSaved - hashesMax),
    };
  }
}

/** A device as it was, of which the row is still to be made. */
interface UnwrittenRow extends Omit<DeviceWrite, 'engine'> {
  readonly engine: StateCopy | undefined;
}

/** The devices of a checkpoint, each as it was when the checkpoint began. Read once. */
class DeviceRows implements Iterable<DeviceWrite> {
  readonly #left: Set<string>;
  readonly #make: (id: string) => UnwrittenRow;
  readonly #through = Promise.withResolvers<void>();
  #isThrough = false;
  #aside: UnwrittenRow[] = [];
  #asideBytes = 0;

  constructor(devices: ReadonlySet<string>, make: (id: string) => UnwrittenRow) {
    this.#left = new Set(devices);
    this.#make = make;
  }

  /** All have been read: what changes from now on concerns them no more. */
  get isThrough(): boolean {
    return this.#isThrough;
  }

  get through(): Promise<void> {
    return this.#through.promise;
  }

  /** Of what waits to be handed over. */
  get asideBytes(): number {
    return this.#asideBytes;
  }

  putAside(id: string): void {
    if (!this.#left.delete(id)) return;
    const row = this.#make(id);
    this.#aside.push(row);
    this.#asideBytes += bytesOf(row);
  }

  *[Symbol.iterator](): Generator<DeviceWrite, void, void> {
    for (const id of this.#left) {
      yield* this.#putAside();
      if (this.#left.delete(id)) yield* lent(this.#make(id));
    }
    while (this.#aside.length > 0) yield* this.#putAside();
    this.#isThrough = true;
    this.#through.resolve();
  }

  *#putAside(): Generator<DeviceWrite, void, void> {
    const aside = this.#aside;
    this.#aside = [];
    for (const row of aside) {
      this.#asideBytes -= bytesOf(row);
      yield* lent(row);
    }
  }
}

/** Until the next one is asked for. */
function* lent({ engine, ...row }: UnwrittenRow): Generator<DeviceWrite, void, void> {
  yield { ...row, engine: engine?.parts };
  engine?.free();
}

function bytesOf({ admission, engine, hashes }: UnwrittenRow): number {
  return admission.length + (engine?.bytes ?? 0) + hashes.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
