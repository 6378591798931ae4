import type { QuarantineEntry } from '../admission/index.ts';
import { type Clock, secondMs } from '../base/index.ts';
import type { CaseStore } from '../cases/index.ts';
import { Engine, type Uncorrected } from '../engine/index.ts';
import { realTimers, type Timers } from '../intake/index.ts';
import type { Log } from '../log/index.ts';
import { Catalogue, type PackReader } from '../product/index.ts';
import type { TelemetryStore } from '../store/index.ts';
import { rejectedTopic } from '../telemetry/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { Corrector } from './corrector.ts';
import { createView } from './create-view.ts';
import { PipelineDevices } from './devices.ts';
import { Forwarder } from './forwarder.ts';
import { LiveFeed } from './live.ts';
import { LoggedRecords } from './logged-records.ts';
import { contentHash, Processor } from './process.ts';
import { Pump } from './pump.ts';
import { Saver } from './saver.ts';
import type { LiveEvent, PipelineView } from './view.ts';

export interface PipelineOptions {
  readonly log: Log;
  /** The embedded store: exact, in log order, and there when the server is not. */
  readonly store: TelemetryStore;
  /** The user's telemetry server; undefined when the embedded store is all there is. */
  readonly server: TelemetryStore | undefined;
  readonly cases: CaseStore;
  /** Closed by the pipeline when it stops. */
  readonly checkpoint: Checkpoint;
  readonly readPack: PackReader;
  readonly clock: Clock;
  /** Default: those of the event loop. */
  readonly timers?: Timers;
  /** A checkpoint is written at most this often, default 1 s; what came since is processed again after a crash. */
  readonly commitEveryMs?: number;
  readonly logAgeMs: number;
  readonly logBytesMax: number;
  readonly settleRegistry: () => Promise<number>;
  /** Lets go what `store` holds of a device, before a log offset at which it ends. Default: it stays. */
  readonly forsake?: (device: string, before: number) => Promise<void>;
  /** Everything in the log before this offset is processed. */
  readonly onProcessed?: (next: number) => void;
  /** A stretch of more reports is not judged again, default 100,000: a week of a report each six seconds. */
  readonly stretchReportsMax?: number;
  /** What came late, is stored, and could not be judged in its place. */
  readonly onUncorrected?: (late: Uncorrected) => void;
  /** Tells a device what became of its message. */
  readonly publish: (topic: string, payload: string) => void;
  readonly onTrouble: (error: Error, attempt: number) => void;
  /** The pipeline cannot go on: the service must be started again. Nothing acknowledged is lost. */
  readonly onBroken: (error: Error) => void;
}

export interface Pipeline {
  readonly view: PipelineView;
  start(): void;
  /** Processes all that the log holds, writes a checkpoint. */
  stop(): Promise<void>;
}

/** Rejections of one message that are told one by one; the others are in the quarantine. */
const toldPerMessageMax = 20;

/**
 * The data's way behind the log, in flow order: admission → engine → cases, store → checkpoint. This is the
 * only place that pumps streams.
 */
export async function openPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { log, store, server, cases, checkpoint, clock, timers = realTimers, publish } = options;
  const { onTrouble } = options;
  const catalogue = new Catalogue(options.readPack);
  const engine = new Engine(catalogue);
  const devices = new PipelineDevices();
  const live = new LiveFeed<LiveEvent>();
  const logged = new LoggedRecords(log);
  const everyMs = options.commitEveryMs ?? secondMs;
  const saver = new Saver({ checkpoint, catalogue, engine, devices, timers, everyMs });
  const processor = new Processor({
    catalogue,
    engine,
    devices,
    hash: contentHash,
    watch: saver,
    corrector: new Corrector({
      engine,
      daySnapshot: (device, position) => pump.daySnapshot(device, position),
      readStretch: (query) => pump.readStretch(query),
      beforeChange: (device) => saver.beforeChange(device),
      timers,
    }),
    earlier: {
      stored: (...identity) => pump.storedUnder(...identity),
      logged: (offset) => logged.at(offset),
    },
  });
  const forwarder =
    server &&
    new Forwarder({
      from: store,
      to: server,
      clock,
      timers,
      onForwarded: (reports) => pump.forwarded(reports),
      onTrouble,
      onBroken: options.onBroken,
    });
  await forwarder?.restore();
  const pump: Pump = new Pump({
    log,
    store,
    forwarder,
    cases,
    catalogue,
    engine,
    devices,
    processor,
    checkpoint,
    clock,
    timers,
    saver,
    stretchReportsMax: options.stretchReportsMax ?? 100_000,
    storeEveryMs: everyMs,
    logAgeMs: options.logAgeMs,
    logBytesMax: options.logBytesMax,
    settleRegistry: options.settleRegistry,
    forsake: options.forsake ?? (async () => undefined),
    onProcessed: options.onProcessed ?? (() => undefined),
    onCases: (changed) => {
      for (const item of changed) live.emit({ type: 'case', case: item });
    },
    onUncorrected: options.onUncorrected ?? (() => undefined),
    onQuarantined: (entries) => tellRejected(entries, publish),
    onCommitted: (touched) => {
      for (const device of touched) live.emit({ type: 'device', device });
    },
    onTrouble,
    onBroken: options.onBroken,
  });
  await pump.restore();
  return {
    view: createView({ catalogue, engine, devices, checkpoint, pump, forwarder, live }),
    start: () => {
      pump.start();
      forwarder?.start();
    },
    stop: async () => {
      await forwarder?.stop();
      await pump.stop();
      await checkpoint.close();
    },
  };
}

function tellRejected(entries: readonly QuarantineEntry[], publish: PipelineOptions['publish']): void {
  const told = new Map<number, number>();
  for (const { device, offset, receivedAt, reason, detail } of entries) {
    const count = (told.get(offset) ?? 0) + 1;
    told.set(offset, count);
    if (count <= toldPerMessageMax) publish(rejectedTopic(device), JSON.stringify({ receivedAt, reason, detail }));
  }
}
