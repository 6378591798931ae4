import { type QuarantineEntry, restoreAdmission, snapshotAdmission } from '../admission/index.ts';
import { AftercareError, type Clock, isAftercareError, secondMs } from '../base/index.ts';
import type { Case, CaseStore } from '../cases/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Timers } from '../intake/index.ts';
import type { Log } from '../log/index.ts';
import type { Catalogue } from '../product/index.ts';
import type { TelemetryStore } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { Checkpoint, DeviceRow } from './checkpoint.ts';
import type { PipelineDevices } from './devices.ts';
import type { Forwarder } from './forwarder.ts';
import { patiently } from './patiently.ts';
import { Pauses } from './pauses.ts';
import { newProcessed, type Processor } from './process.ts';
import { LogAges } from './retention.ts';

export interface PumpOptions {
  readonly log: Log;
  readonly store: TelemetryStore;
  /** Takes on what `store` holds; undefined when `store` is all there is. */
  readonly forwarder: Pick<Forwarder, 'state' | 'notice'> | undefined;
  readonly cases: CaseStore;
  readonly catalogue: Catalogue;
  readonly engine: Engine;
  readonly devices: PipelineDevices;
  readonly processor: Processor;
  readonly checkpoint: Checkpoint;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A checkpoint is written at most this often. */
  readonly commitEveryMs: number;
  /** The log may forget what is older, once it is stored and checkpointed. */
  readonly logAgeMs: number;
  /** The log's disk bound; from four fifths of it on, all that is done may go. */
  readonly logBytesMax: number;
  /** Resolves to the log offset up to which the registry has taken the facts. */
  readonly settleRegistry: () => Promise<number>;
  /** Everything before this log offset is processed. */
  readonly onProcessed: (next: number) => void;
  readonly onCases: (cases: readonly Case[]) => void;
  readonly onQuarantined: (entries: readonly QuarantineEntry[]) => void;
  /** What is known of these devices changed, and is durable. */
  readonly onCommitted: (devices: ReadonlySet<string>) => void;
  /** A part that the pump needs did not work. It is tried again; `attempt` counts from 1. */
  readonly onTrouble: (error: Error, attempt: number) => void;
  /** The loop ended by an error that trying again does not mend. */
  readonly onBroken: (error: Error) => void;
}

/** How much of the log is read at once, and how much may wait to be stored. */
const readLimits = { recordsMax: 1_024, bytesMax: 4 * 1024 * 1024 };
const waitingReportsMax = 10_000;
const waitingQuarantineBytesMax = 32 * 1024 * 1024;
/** A checkpoint takes at most a twentieth of the time, unless that would make what is new wait too long to be stored. */
const commitShare = 20;
const commitPauseMsMax = 30 * secondMs;
/** Findings wait this long for others at most: passing them on takes two durable writes, however many they are. */
const findingsEveryMs = 100;
const caseChangesMax = 1_000;
const recountReportsMax = 5_000;

/**
 * The one loop behind the log: read, process, cases, store, checkpoint. It pulls at its own pace; whatever fails is
 * tried again from the same place, since everything after the log may run twice.
 */
export class Pump {
  readonly #options: PumpOptions;
  readonly #stop = new AbortController();
  readonly #ages = new LogAges();
  #idling: AbortController | undefined;
  #waiting = newProcessed();
  #next = 0;
  /** Quarantine entries of the stretch that their devices have been told of. */
  #told = 0;
  #behindSince: number | undefined;
  /** Everything before this log offset is in the server, and no longer counted as unstored. */
  #forwarded: number | undefined;
  #saving: Promise<void> | undefined;
  /** By the timers' clock, as the next: the service's may be set back, and nothing waits for it to come round again. */
  #commitDueAt = 0;
  #findingsDueAt = 0;
  #run: Promise<void> | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  /** The next log offset to process. */
  get next(): number {
    return this.#next;
  }

  /** Since when (service time) something in the log is not processed and stored; undefined when all is. */
  get behindSince(): number | undefined {
    return this.#behindSince;
  }

  /** What was set aside of a device and is not in the checkpoint yet, oldest first. */
  waitingQuarantine(device: string): QuarantineEntry[] {
    return this.#waiting.quarantine.filter((entry) => entry.device === device);
  }

  /** Takes up the last checkpoint. Must be called once, before {@link start}. */
  async restore(): Promise<void> {
    const { checkpoint, catalogue, engine, devices, forwarder } = this.#options;
    this.#forwarded = forwarder?.state().cursor;
    const meta = checkpoint.meta();
    if (!meta) return;
    for (const fact of meta.facts) catalogue.apply(fact);
    engine.restoreGlobals(meta.globals);
    for (const row of checkpoint.devices()) {
      const admission = restoreAdmission(row.admission);
      devices.set(row.id, { admission, evaluated: row.evaluated, unstored: row.unstored });
      if (row.engine !== undefined) engine.restore(row.id, row.engine);
    }
    this.#ages.restore(meta.ages);
    this.#next = meta.next;
    await this.#recount(meta);
  }

  /** Brings what counts as unstored from the server's place at the checkpoint to that of now. */
  async #recount(meta: { readonly next: number; readonly forwarded: number | undefined }): Promise<void> {
    const { devices, forwarder } = this.#options;
    if (forwarder === undefined || this.#forwarded === undefined || meta.forwarded === undefined) {
      for (const [, device] of devices.entries()) device.unstored = 0;
    }
    if (forwarder === undefined || this.#forwarded === undefined) return;
    const before = Math.min(meta.forwarded ?? meta.next, meta.next);
    const now = Math.min(this.#forwarded, meta.next);
    await this.#count(before, now, -1);
    await this.#count(now, before, 1);
    forwarder.notice(meta.next);
  }

  async #count(from: number, to: number, step: 1 | -1): Promise<void> {
    const { store, devices } = this.#options;
    for (let next = from; next < to; ) {
      const reports = await store.reports({ by: 'offset', from: next, to, limit: recountReportsMax });
      for (const { device } of reports) {
        devices.meet(device).unstored += step;
        // The next checkpoint says how far the server is now: its rows must have counted to there.
        this.#waiting.touched.add(device);
      }
      next = (reports.at(-1)?.offset ?? to) + 1;
    }
  }

  /** The server has got these reports. Waits while a checkpoint is written, whose counts must stand still. */
  async forwarded(reports: readonly Report[]): Promise<void> {
    while (this.#saving !== undefined) await this.#saving;
    for (const { device } of reports) {
      this.#options.devices.meet(device).unstored -= 1;
      this.#waiting.touched.add(device);
    }
    const last = reports.at(-1);
    if (last) this.#forwarded = last.offset + 1;
  }

  start(): void {
    this.#run ??= this.#loop().catch((error: unknown) => {
      this.#options.onBroken(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Processes what the log holds by now, writes a checkpoint and stops. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#idling?.abort();
    await this.#run;
  }

  async #loop(): Promise<void> {
    const { log, timers } = this.#options;
    while (true) {
      const behind = this.#next < log.bounds().next;
      if (behind) await this.#advance();
      else if (this.#stop.signal.aborted) break;
      if (timers.now() >= this.#commitDueAt && this.#hasWaiting()) await this.#commit();
      else if (this.#mustPassOn()) await this.#passOn();
      if (!behind) await this.#idle();
      await timers.turn();
    }
    if (this.#hasWaiting()) await this.#commit();
  }

  /** Waits for more, at most until something is due. */
  async #idle(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const idling = new AbortController();
    this.#idling = idling;
    const { log, timers } = this.#options;
    if (this.#hasWaiting()) void timers.sleep(this.#idleMs(), idling.signal).then(() => idling.abort());
    await log.whenReadable(this.#next, idling.signal);
    idling.abort();
  }

  #idleMs(): number {
    const commitMs = this.#commitDueAt - this.#options.timers.now();
    const findingsMs = this.#waiting.findings.length > 0 ? this.#findingsDueAt - this.#options.timers.now() : commitMs;
    return Math.max(1, Math.min(commitMs, findingsMs));
  }

  #mustPassOn(): boolean {
    const { reports, findings } = this.#waiting;
    return (
      reports.length >= waitingReportsMax || (findings.length > 0 && this.#options.timers.now() >= this.#findingsDueAt)
    );
  }

  /** Processes the next stretch of the log. */
  async #advance(): Promise<void> {
    const { log, clock, processor, onProcessed, onQuarantined } = this.#options;
    this.#behindSince ??= clock();
    const entries = await log.read(this.#next, readLimits);
    const first = entries[0];
    if (first === undefined || first.offset !== this.#next) {
      throw new AftercareError('log-corrupt', `the log has no record ${this.#next}, which is not processed yet`, {
        hint: 'restore the data folder from a backup',
      });
    }
    const pauses = new Pauses(this.#options.timers);
    for (const entry of entries) {
      await processor.process(entry, this.#waiting);
      this.#next = entry.offset + 1;
      if (pauses.due) await pauses.take();
    }
    onProcessed(this.#next);
    onQuarantined(this.#waiting.quarantine.slice(this.#told));
    this.#told = this.#waiting.quarantine.length;
    if (this.#quarantineBytes() > waitingQuarantineBytesMax) await this.#commit();
  }

  /** What waits is stored, then findings go to the cases: so a case never lacks its chart. */
  async #passOn(): Promise<void> {
    const { cases, engine, onCases, log } = this.#options;
    await this.#patiently(() => this.#storeReports());
    const { findings } = this.#waiting;
    while (findings.length > 0) {
      const part = findings.slice(0, caseChangesMax);
      const changed = await this.#patiently(() =>
        cases.apply(part.map((event) => ({ kind: 'finding', event, now: event.receivedAt }) as const)),
      );
      findings.splice(0, part.length);
      onCases(changed);
    }
    this.#findingsDueAt = this.#options.timers.now() + findingsEveryMs;
    if (this.#next === log.bounds().next) this.#behindSince = undefined;
    // Under steady load there is always something new; what had been heard by now is done.
    else this.#behindSince = Math.max(this.#behindSince ?? 0, engine.globals().lastHeardAt);
  }

  async #storeReports(): Promise<void> {
    const { store, devices, forwarder } = this.#options;
    const reports = this.#waiting.reports.list();
    await store.write(reports, this.#next);
    const inServer = forwarder === undefined ? this.#next : (this.#forwarded ?? 0);
    for (const { device, offset } of reports) if (offset < inServer) devices.meet(device).unstored -= 1;
    this.#waiting.reports.clear();
    forwarder?.notice(this.#next);
  }

  /** Everything up to `next` is stored and in cases before the checkpoint says so. */
  async #commit(): Promise<void> {
    const { checkpoint, clock, timers, engine, catalogue, onCommitted } = this.#options;
    const startedAt = clock();
    await this.#passOn();
    const startedMs = timers.now();
    this.#ages.note(startedAt, this.#next);
    const { touched, bands, quarantine, history, factsChanged } = this.#waiting;
    const next = this.#next;
    const saved = this.#patiently(() =>
      checkpoint.save({
        meta: { next, globals: engine.globals(), forwarded: this.#forwarded, ages: this.#ages.list() },
        facts: factsChanged ? catalogue.facts() : undefined,
        devices: this.#deviceRows(touched),
        bands,
        quarantine,
        history,
      }),
    );
    // Who waits for it finds the next stretch begun: what they add to this one would be taken for saved.
    this.#saving = saved.then(() => {
      this.#saving = undefined;
      this.#waiting = newProcessed();
      this.#told = 0;
    });
    await this.#saving;
    onCommitted(touched);
    const tookMs = timers.now() - startedMs;
    this.#commitDueAt =
      timers.now() + Math.max(this.#options.commitEveryMs, Math.min(commitShare * tookMs, commitPauseMsMax));
    await this.#trim(startedAt, next);
  }

  /** By age; sooner when the log comes near its bound. */
  async #trim(now: number, next: number): Promise<void> {
    const { log, logAgeMs, logBytesMax, settleRegistry, onTrouble } = this.#options;
    const { first, bytes } = log.bounds();
    const wanted = bytes > trimAtShare * logBytesMax ? next : this.#ages.keepFrom(now, logAgeMs, next);
    if (wanted <= first) return;
    const before = Math.min(wanted, await this.#patiently(settleRegistry));
    await log.trim(before).catch((error: unknown) => {
      // Its space is not freed; the log goes on, and the next checkpoint tries again.
      if (!isAftercareError(error, 'log-write-failed')) throw error;
      onTrouble(error, 1);
    });
  }

  *#deviceRows(touched: ReadonlySet<string>): Generator<DeviceRow, void, void> {
    const { engine, devices } = this.#options;
    for (const id of touched) {
      const { admission, evaluated, unstored } = devices.meet(id);
      yield { id, admission: snapshotAdmission(admission), engine: engine.snapshot(id), evaluated, unstored };
    }
  }

  #hasWaiting(): boolean {
    const { reports, touched, history, quarantine, bands } = this.#waiting;
    return reports.length + touched.size + history.length + quarantine.length + bands.length > 0;
  }

  #quarantineBytes(): number {
    return this.#waiting.quarantine.reduce((sum, entry) => sum + entryBytes + (entry.payload?.length ?? 0), 0);
  }

  #patiently<Value>(work: () => Promise<Value>): Promise<Value> {
    const { timers, onTrouble } = this.#options;
    return patiently(work, { stopped: this.#stop.signal, timers, onTrouble });
  }
}

const trimAtShare = 0.8;
/** What an entry of the quarantine costs beside its payload. */
const entryBytes = 500;
