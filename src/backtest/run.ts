import { setImmediate as turn } from 'node:timers/promises';
import { type AdmissionCounts, newDeviceAdmission } from '../admission/index.ts';
import { secondMs } from '../base/index.ts';
import { Engine } from '../engine/index.ts';
import { contentHash, newProcessed, PipelineDevices, type Processed, Processor } from '../pipeline/index.ts';
import { Catalogue, type PackReader } from '../product/index.ts';
import { type DeviceFacts, encodeRecord, type Fact, type LogRecord, reportsTopic } from '../telemetry/index.ts';
import { CaseDesk, type OpenedCase, type Silence } from './case-desk.ts';

/** One message of a device as the service gets it. */
export interface FleetArrival {
  /** Service time. */
  readonly arrivesAt: number;
  readonly device: string;
  /** What was published to its topic for reports. */
  readonly payload: Uint8Array;
}

export interface FleetRunOptions {
  /** The packs in force, as they were written, and how they are read. */
  readonly packs: readonly { readonly product: string; readonly file: string; readonly source: string }[];
  readonly readPack: PackReader;
  readonly devices: readonly DeviceFacts[];
  /** In order of arrival. Read once, as far as the run has come. */
  readonly arrivals: Iterable<FleetArrival>;
  /** Service time at which packs are published and devices registered. */
  readonly startAt: number;
  /** Service time goes on to here at least, so that silence at the end is noticed too. */
  readonly endAt: number;
  /** Ends the run early; what came of it until then is returned. */
  readonly signal?: AbortSignal;
  /** Called some times a second. */
  readonly onProgress?: (progress: FleetProgress) => void;
}

export interface FleetProgress {
  /** Service time. */
  readonly at: number;
  readonly messages: number;
}

/** What the service would have made of a fleet. */
export interface FleetRun {
  readonly cases: readonly OpenedCase[];
  readonly silences: readonly Silence[];
  /** Sums over all devices. */
  readonly counts: Readonly<AdmissionCounts>;
  /** Service time that it came to. */
  readonly at: number;
}

/** Accepted reports kept for telling repeats; as many again from before. A repeat comes within minutes. */
const earlierReportsMax = 20_000;
const sliceMs = 50;

/**
 * Runs a fleet through admission, engine and the fold of cases as the service does, without sockets and disks: the same
 * records in the order in which its log would have them, with simulated service time.
 */
export async function runFleet(options: FleetRunOptions): Promise<FleetRun> {
  const run = new Run(options);
  await run.begin();
  await run.arrive();
  return run.result();
}

class Run {
  readonly #options: FleetRunOptions;
  readonly #devices = new PipelineDevices();
  readonly #desk = new CaseDesk();
  readonly #catalogue: Catalogue;
  readonly #processor: Processor;
  #processed = newProcessed();
  #before: Processed = newProcessed();
  #offset = 0;
  #messages = 0;
  #at: number;
  #nextTickAt: number;
  #tickEveryMs = 5 * secondMs;
  #sliceEndsAt = 0;

  constructor(options: FleetRunOptions) {
    this.#options = options;
    this.#at = options.startAt;
    this.#nextTickAt = options.startAt;
    this.#catalogue = new Catalogue(options.readPack);
    this.#processor = new Processor({
      catalogue: this.#catalogue,
      engine: new Engine(this.#catalogue),
      devices: this.#devices,
      hash: contentHash,
      earlier: {
        stored: async (device, boot, seq) => this.#before.reports.find(device, boot, seq),
        logged: async () => undefined,
      },
    });
  }

  async begin(): Promise<void> {
    const { packs, devices, startAt: at } = this.#options;
    for (const pack of packs) await this.#fact({ type: 'pack-published', at, version: 1, ...pack });
    for (const device of devices) await this.#fact({ type: 'device-registered', at, device });
    // A live service ticks every 5 s whatever its packs say. Ticks drive silence and nothing else, so the only thing
    // that coarser ones change is that silence is noticed by a quarter of its allowance later, at most; each tick asks
    // every device, which would cost more than its reports.
    const allowances = [...this.#catalogue.packs()].map(({ pack }) => pack.reports.silentAfterMs);
    this.#tickEveryMs = Math.max(this.#tickEveryMs, Math.min(...allowances) / 4);
  }

  async arrive(): Promise<void> {
    const { arrivals, endAt, signal } = this.#options;
    for (const { arrivesAt, device, payload } of arrivals) {
      if (arrivesAt >= this.#nextTickAt) await this.#tickUntil(arrivesAt);
      this.#at = arrivesAt;
      this.#messages += 1;
      await this.#record({
        kind: 'message',
        receivedAt: arrivesAt,
        device,
        topic: reportsTopic(device),
        payload,
      });
      if (performance.now() < this.#sliceEndsAt) continue;
      await this.#pause();
      if (signal?.aborted) return;
    }
    await this.#tickUntil(endAt);
    this.#at = Math.max(this.#at, endAt);
  }

  result(): FleetRun {
    const { counts } = newDeviceAdmission();
    for (const [, { admission }] of this.#devices.entries()) {
      for (const name of Object.keys(counts) as (keyof AdmissionCounts)[]) counts[name] += admission.counts[name];
    }
    return { cases: this.#desk.opened, silences: this.#desk.silences, counts, at: this.#at };
  }

  #fact(fact: Fact): Promise<void> {
    return this.#record({ kind: 'fact', fact });
  }

  async #tickUntil(at: number): Promise<void> {
    for (; this.#nextTickAt <= at; this.#nextTickAt += this.#tickEveryMs) {
      await this.#record({ kind: 'tick', at: this.#nextTickAt });
    }
  }

  async #record(record: LogRecord): Promise<void> {
    await this.#processor.process({ offset: this.#offset++, payload: encodeRecord(record) }, this.#processed);
    for (const event of this.#processed.findings.splice(0)) {
      this.#desk.apply({ kind: 'finding', event, now: event.receivedAt });
    }
    if (this.#processed.reports.length < earlierReportsMax) return;
    this.#before = this.#processed;
    this.#processed = newProcessed();
  }

  async #pause(): Promise<void> {
    this.#options.onProgress?.({ at: this.#at, messages: this.#messages });
    await turn();
    this.#sliceEndsAt = performance.now() + sliceMs;
  }
}
