import { createHash } from 'node:crypto';
import type { Random } from '../../simulators/random.ts';
import { AftercareError } from '../../src/base/index.ts';
import type { CaseStore } from '../../src/cases/index.ts';
import { Appender, type Done, Lead, type Timers } from '../../src/intake/index.ts';
import { followLog, type Log, openLog, type WrittenGroup } from '../../src/log/index.ts';
import { type Checkpoint, openPipeline, type PipelineView } from '../../src/pipeline/index.ts';
import { createDirectory, type Directory } from '../../src/registry/index.ts';
import type { TelemetryStore } from '../../src/store/index.ts';
import { encodeRecord, type LogRecord } from '../../src/telemetry/index.ts';
import type { FakeFiles } from '../log/fake-files.ts';
import { type HeldCases, memoryCases } from './memory/cases.ts';
import { type HeldCheckpoint, memoryCheckpoint } from './memory/checkpoint.ts';
import type { Passage } from './memory/passage.ts';
import { type HeldRegistry, memoryRegistry } from './memory/registry.ts';
import { type HeldTelemetry, memoryStore } from './memory/store.ts';
import { readPack, sources } from './pack.ts';
import type { Life, World } from './world.ts';

/** What lives on when the process dies. */
export interface Machine {
  readonly files: FakeFiles;
  readonly telemetry: HeldTelemetry;
  /** The user's telemetry server; undefined where there is none. */
  readonly server: HeldTelemetry | undefined;
  readonly cases: HeldCases;
  readonly registry: HeldRegistry;
  readonly checkpoint: HeldCheckpoint;
}

/** What is wrong with the machine at the moment. */
export interface Weather {
  storeAway: boolean;
  serverAway: boolean;
  casesAway: boolean;
  diskFull: boolean;
  /** How much slower than usual disk and databases are. */
  slowness: number;
}

export interface Sizes {
  readonly logBytesMax: number;
  readonly segmentBytesMax: number;
  readonly cacheBytesMax: number;
  readonly logAgeMs: number;
  readonly leadRecordsMax: number;
  readonly commitEveryMs: number;
  readonly tickEveryMs: number;
}

/** Parts that do not keep their promise, to see that this is noticed. */
export interface StandIns {
  readonly timers?: (timers: Timers, world: World) => Timers;
  readonly log?: (log: Log) => Log;
  readonly store?: (store: TelemetryStore, held: HeldTelemetry, life: Life) => TelemetryStore;
  readonly server?: (server: TelemetryStore, life: Life) => TelemetryStore;
  readonly cases?: (cases: CaseStore, life: Life) => CaseStore;
  readonly checkpoint?: (checkpoint: Checkpoint, held: HeldCheckpoint, life: Life) => Checkpoint;
}

export interface Surroundings {
  readonly world: World;
  readonly life: Life;
  readonly machine: Machine;
  readonly weather: Weather;
  readonly sizes: Sizes;
  readonly standIns: StandIns;
  /** A group is durable; nobody has been told yet. */
  readonly onWritten: (written: WrittenGroup) => void;
  /** The log as it was found, before anything is appended. */
  readonly onOpened: (log: Log) => Promise<void>;
  readonly onBroken: (error: Error) => void;
}

export interface Service {
  /** What the broker does with a message of a device. */
  receive(record: LogRecord, done: Done): void;
  /** Why no device is let in now. */
  refusal(): string | undefined;
  readonly directory: Directory;
  readonly cases: CaseStore;
  readonly view: PipelineView;
  /** Ends in good order. */
  stop(): Promise<void>;
}

export const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The service as `startService` puts it together, without sockets, on a machine of the simulated world. */
export async function startService(around: Surroundings): Promise<Service> {
  const { world, life, machine, weather, sizes, standIns, onBroken } = around;
  const { random, clock } = world;
  const intake = await openIntake(around);
  const { log } = intake;
  const pass = (away: () => boolean) => slowPassage(life, random, weather, away);
  const registry = memoryRegistry(
    machine.registry,
    pass(() => false),
  );
  const directory = createDirectory({
    log,
    registry,
    clock,
    random: (bytes) => Uint8Array.from({ length: bytes }, () => random.below(256)),
    serverKey: new Uint8Array(32),
    knownProducts: () => ['fridge'],
  });
  await directory.recover();
  if ((await registry.packs()).length === 0) await directory.publishPack(packVersion(1));
  const plainStore = memoryStore(
    machine.telemetry,
    pass(() => weather.storeAway),
  );
  const store = standIns.store?.(plainStore, machine.telemetry, life) ?? plainStore;
  const plainServer =
    machine.server &&
    memoryStore(
      machine.server,
      slowPassage(life, random, weather, () => weather.serverAway),
    );
  const server = plainServer && (standIns.server?.(plainServer, life) ?? plainServer);
  const plainCases = memoryCases(
    machine.cases,
    idOf,
    pass(() => weather.casesAway),
  );
  const cases = standIns.cases?.(plainCases, life) ?? plainCases;
  const plainCheckpoint = memoryCheckpoint(machine.checkpoint, {
    pass: pass(() => false),
    betweenRows: async () => {
      if (random.chance(0.3)) await life.wait(Math.min(5_000, weather.slowness * random.exponential(50)));
    },
  });
  const pipeline = await openPipeline({
    log,
    store,
    server,
    cases,
    checkpoint: standIns.checkpoint?.(plainCheckpoint, machine.checkpoint, life) ?? plainCheckpoint,
    readPack,
    clock,
    timers: standIns.timers?.(life.timers, world) ?? life.timers,
    commitEveryMs: sizes.commitEveryMs,
    logAgeMs: sizes.logAgeMs,
    logBytesMax: sizes.logBytesMax,
    settleRegistry: () => directory.settle(),
    onProcessed: (next) => intake.processed(next),
    publish: () => undefined,
    onTrouble: () => undefined,
    onBroken,
  });
  const stopTicking = tick(around, log);
  pipeline.start();
  return {
    receive: (record, done) => intake.appender.append(encodeRecord(record), done),
    refusal: () => intake.appender.refusal(),
    directory,
    cases,
    view: pipeline.view,
    stop: async () => {
      await intake.stopListening();
      stopTicking();
      await pipeline.stop();
      await log.close();
    },
  };
}

export function packVersion(version: number) {
  return { product: 'fridge', version, file: 'fridge.yaml', source: sources[version - 1] ?? '' };
}

/** Broker and log's writer are in a thread of their own: what the two say to each other comes in order, a little later. */
async function openIntake({ life, machine, sizes, standIns, world, weather, ...around }: Surroundings) {
  const { files } = machine;
  const toMain = channel(life, world.random);
  const toIntake = channel(life, world.random);
  files.pace = () => Promise.resolve();
  const writing = await openLog({
    folder: '/log',
    files,
    bytesMax: sizes.logBytesMax,
    segmentBytesMax: sizes.segmentBytesMax,
    cacheBytesMax: 0,
    onWritten: (written) => {
      around.onWritten(written);
      toMain(() => followed.took(written));
    },
  });
  await around.onOpened(writing);
  files.pace = () => life.wait(weather.slowness * world.random.exponential(1));
  const writer = standIns.log?.(writing) ?? writing;
  const lead = new Lead(sizes.leadRecordsMax, () => writing.bounds().next);
  const appender = new Appender({
    log: writer,
    timers: life.timers,
    onBroken: (error) => toMain(() => around.onBroken(error)),
    whenNear: () => lead.whenNear(),
  });
  lead.note(writing.bounds().next);
  const ask = <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    const asked = Promise.withResolvers<Answer>();
    toIntake(() => {
      work().then(
        (value) => toMain(() => asked.resolve(value)),
        (error: unknown) => toMain(() => asked.reject(error)),
      );
    });
    return asked.promise;
  };
  const followed = await followLog({
    folder: '/log',
    files,
    next: writing.bounds().next,
    cacheBytesMax: sizes.cacheBytesMax,
    writer: {
      append: (payloads) => ask(() => appender.appendOwn([...payloads])),
      trim: (before) => ask(() => writer.trim(before)),
      close: () => ask(() => writer.close()),
    },
  });
  return {
    log: followed.log,
    appender,
    processed: (next: number) => toIntake(() => lead.note(next)),
    stopListening: () => ask(() => appender.close()),
  };
}

function channel(life: Life, random: Random): (says: () => void) => void {
  const waiting: (() => void)[] = [];
  return (says) => {
    waiting.push(says);
    life.after(random.exponential(0.2), () => waiting.shift()?.());
  };
}

/** Tells the log of the time, and of the time that the service was away. */
function tick({ life, world, sizes }: Surroundings, log: Log): () => void {
  let stopped = false;
  const append = (record: LogRecord) => log.append([encodeRecord(record)]).catch(() => undefined);
  void append({ kind: 'resumed', at: world.clock() });
  const again = () => {
    if (stopped) return;
    void append({ kind: 'tick', at: world.clock() });
    life.after(sizes.tickEveryMs, again);
  };
  life.after(sizes.tickEveryMs, again);
  return () => {
    stopped = true;
  };
}

/**
 * A call takes its time and does its work at once; a store that is away does it not at all, or without saying so. Does
 * the process die meanwhile, then the transaction is whole and nobody knows.
 */
function slowPassage(life: Life, random: Random, weather: Weather, isAway: () => boolean): Passage {
  return async (work) => {
    const failing = weather.diskFull || isAway();
    const said = failing && !random.chance(0.2) ? undefined : work();
    await life.wait(weather.slowness * random.exponential(1));
    if (failing) throw new AftercareError('store-failed', 'the store did not answer');
    // The work was done.
    return said as Awaited<ReturnType<typeof work>>;
  };
}
