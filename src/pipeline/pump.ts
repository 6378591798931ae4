import { type QuarantineEntry, restoreAdmission } from '../admission/index.ts';
import { AftercareError, type Clock, isAftercareError } from '../base/index.ts';
import type { Case, CaseStore } from '../cases/index.ts';
import type { BandPoint, DaySnapshot, Engine, Position, Uncorrected } from '../engine/index.ts';
import type { Timers } from '../intake/index.ts';
import type { Log } from '../log/index.ts';
import type { Catalogue } from '../product/index.ts';
import type { ReportsQuery, TelemetryStore } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { newestBefore, type StretchQuery } from './corrector.ts';
import type { PipelineDevices } from './devices.ts';
import type { Forwarder } from './forwarder.ts';
import { patiently } from './patiently.ts';
import { Pauses } from './pauses.ts';
import { newProcessed, type Processed, type Processor, prepend } from './process.ts';
import { LogAges } from './retention.ts';
import type { Saver } from './saver.ts';
import { storedLast, storedStretch } from './stored-stretch.ts';
import { Storing } from './storing.ts';
import { Telling } from './telling.ts';

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
  readonly saver: Saver;
  /** A stretch of more reports is not judged again. */
  readonly stretchReportsMax: number;
  /** What waits is stored this often. */
  readonly storeEveryMs: number;
  /** The log may forget what is older, once it is stored and checkpointed. */
  readonly logAgeMs: number;
  /** The log's disk bound; from four fifths of it on, all that is done may go. */
  readonly logBytesMax: number;
  /** Resolves to the log offset up to which the registry has taken the facts. */
  readonly settleRegistry: () => Promise<number>;
  /** Lets go what the store holds of a device, before a log offset at which it ends. */
  readonly forsake: (device: string, before: number) => Promise<void>;
  /** Everything before this log offset is processed. */
  readonly onProcessed: (next: number) => void;
  readonly onCases: (cases: readonly Case[]) => void;
  /** It is in the ledger too, once; told again when a crash lets it be processed again. */
  readonly onUncorrected: (late: Uncorrected) => void;
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
const handedOverReports = 2_500;
/** So many that the store must take them before more is processed. */
const waitingReportsMax = 20_000;
const waitingQuarantineBytesMax = 32 * 1024 * 1024;
/** Findings wait this long for others at most: passing them on takes two transactions, however many they are. */
const findingsEveryMs = 20;
const idleMaxMs = 60_000;
/** So many that the cases must take them before more is processed. */
const waitingChangesMax = 10_000;
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
  #waiting = newProcessed({ corrects: true, changes: true });
  #next = 0;
  /** Quarantine entries of the stretch that their devices have been told of. */
  #told = 0;
  #behindSince: number | undefined;
  /** Everything before this log offset is in the server, and no longer counted as unstored. */
  #forwarded: number | undefined;
  /** Of devices, reports before these log offsets are not stored any more, whatever the server says of them. */
  readonly #forsaken = new Map<string, number>();
  readonly #storing: Storing;
  readonly #telling: Telling;
  /** What the checkpoint on its way takes with it. */
  #saving: Processed | undefined;
  /** Why storing or saving cannot go on. */
  #failed: Error | undefined;
  /** Of the last checkpoint that began; what may go of the log has gone then too. */
  #saved: Promise<void> | undefined;
  /** By the timers' clock, as the next: the service's may be set back, and nothing waits for it to come round again. */
  #storeDueAt = 0;
  #findingsDueAt = 0;
  #run: Promise<void> | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#storing = new Storing({
      store: options.store,
      patiently: (work) => this.#patiently(work),
      onStored: (reports, next) => this.#stored(reports, next),
      onFailed: (error) => this.#fail(error),
    });
    this.#telling = new Telling({
      cases: options.cases,
      patiently: (work) => this.#patiently(work),
      onCases: options.onCases,
      onIdle: () => this.#idling?.abort(),
      onFailed: (error) => this.#fail(error),
    });
  }

  /** The next log offset to process. */
  get next(): number {
    return this.#next;
  }

  /** Since when (service time) something in the log is not processed and stored; undefined when all is. */
  get behindSince(): number | undefined {
    const { clock, log } = this.#options;
    // What the log has got and this loop has not heard of yet is behind, too.
    return this.#behindSince ?? (this.#next < log.bounds().next ? clock() : undefined);
  }

  /** What was set aside of a device and is not in the checkpoint yet, oldest first. */
  waitingQuarantine(device: string): QuarantineEntry[] {
    const entries = [...(this.#saving?.quarantine ?? []), ...this.#waiting.quarantine];
    return entries.filter((entry) => entry.device === device);
  }

  /** Expected bands of a device's signal that are not in the checkpoint yet, in the order in which they were found. */
  waitingBands(device: string, signal: string): BandPoint[] {
    const points = [...(this.#saving?.bands ?? []), ...this.#waiting.bands];
    return points.filter((point) => point.device === device && point.signal === signal);
  }

  /** The newest of the snapshots with which the device's event-days began that lies before the position. */
  daySnapshot(device: string, position: Position): DaySnapshot | undefined {
    const { checkpoint } = this.#options;
    const waiting = [...(this.#saving?.snapshots ?? []), ...(this.#waiting.snapshots ?? [])];
    return newestBefore(waiting, (...of) => checkpoint.snapshotBefore(...of), device, position);
  }

  /** Reports in the store under an identity, of all that was handed over. */
  storedUnder(device: string, boot: string, seq: number): Promise<readonly Report[]> {
    return this.#storing.under(device, boot, seq);
  }

  /** What came before is stored first, so that all of it is read. */
  async readStretch(query: StretchQuery): Promise<readonly Report[] | undefined> {
    await this.#handOver();
    await this.#storing.whenDone();
    return storedStretch((of) => this.#readStored(of), query, this.#options.stretchReportsMax);
  }

  /** Takes up the last checkpoint. Must be called once, before {@link start}. */
  async restore(): Promise<void> {
    const { checkpoint, catalogue, engine, devices, forwarder } = this.#options;
    this.#forwarded = forwarder?.state().cursor;
    const meta = checkpoint.meta();
    if (!meta) return;
    for (const fact of meta.facts) catalogue.apply(fact);
    const outdated: string[] = [];
    engine.restoreGlobals(meta.globals);
    for (const row of checkpoint.devices()) {
      const admission = restoreAdmission(row.admission, row.hashes);
      const { evaluated, unstored } = row;
      devices.restore(row.id, { admission, evaluated, unstored, hashesSaved: admission.hashes.added });
      if (row.engine !== undefined && !engine.restore(row.id, row.engine)) outdated.push(row.id);
    }
    for (const device of outdated) await this.#relearn(device, meta.next);
    this.#ages.restore(meta.ages);
    this.#next = meta.next;
    await this.#recount(meta);
  }

  /** Of an earlier version's state: what it had made of the device's last reports before the checkpoint. */
  async #relearn(device: string, next: number): Promise<void> {
    this.#options.engine.relearn(device, await storedLast((query) => this.#readStored(query), device, next));
    this.#waiting.touched.add(device);
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

  /** The server has got these reports. */
  async forwarded(reports: readonly Report[]): Promise<void> {
    for (const { device, offset } of reports) {
      if (offset < (this.#forsaken.get(device) ?? 0)) continue;
      this.#options.saver.beforeChange(device);
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
      if (this.#failed) throw this.#failed;
      const behind = this.#next < log.bounds().next;
      if (behind) await this.#advance();
      else if (this.#stop.signal.aborted) break;
      if (this.#isCheckpointDue()) await this.#beginCheckpoint();
      else if (this.#mustHandOver()) await this.#handOver();
      else if (this.#mustTellCases()) await this.#tellInTime();
      if (!behind) await this.#idle();
      await timers.turn();
    }
    await this.#checkpoint();
  }

  /** Waits for more, at most until something is due. */
  async #idle(): Promise<void> {
    if (this.#stop.signal.aborted || this.#failed) return;
    const idling = new AbortController();
    this.#idling = idling;
    const { log, timers } = this.#options;
    if (this.#hasWaiting()) void timers.sleep(this.#idleMs(), idling.signal).then(() => idling.abort());
    await log.whenReadable(this.#next, idling.signal);
    idling.abort();
  }

  #idleMs(): number {
    const { saver, timers } = this.#options;
    const { reports, changes = [] } = this.#waiting;
    const due = this.#storing.isBusy ? [] : [saver.dueAt, reports.length > 0 ? this.#storeDueAt : undefined];
    if (changes.length > 0 && !this.#telling.isBusy) due.push(this.#findingsDueAt);
    const dueAt = Math.min(timers.now() + idleMaxMs, ...due.filter((at) => at !== undefined));
    return Math.max(1, dueAt - timers.now());
  }

  #mustHandOver(): boolean {
    const { length } = this.#waiting.reports;
    // What is due waits for the store; what is to be processed does not.
    if (this.#storing.isBusy) return length >= waitingReportsMax;
    return length >= handedOverReports || (length > 0 && this.#options.timers.now() >= this.#storeDueAt);
  }

  #mustTellCases(): boolean {
    const { changes = [] } = this.#waiting;
    if (this.#telling.isBusy) return changes.length >= waitingChangesMax;
    return changes.length > 0 && this.#options.timers.now() >= this.#findingsDueAt;
  }

  #isCheckpointDue(): boolean {
    const { saver, timers } = this.#options;
    // It would wait for the store, and judging with it.
    if (this.#storing.isBusy || saver.dueAt === undefined) return false;
    return timers.now() >= saver.dueAt && this.#hasWaiting();
  }

  /** Processes the next stretch of the log. */
  async #advance(): Promise<void> {
    const { log, clock, timers, processor, saver, onProcessed, onQuarantined, onUncorrected } = this.#options;
    this.#behindSince ??= clock();
    const entries = await log.read(this.#next, readLimits);
    const first = entries[0];
    if (first === undefined || first.offset !== this.#next) {
      throw new AftercareError('log-corrupt', `the log has no record ${this.#next}, which is not processed yet`, {
        hint: 'restore the data folder from a backup',
      });
    }
    const startedAt = timers.now();
    const pauses = new Pauses(timers);
    for (const entry of entries) {
      const suspended = processor.process(entry, this.#waiting);
      if (suspended !== undefined) await suspended;
      this.#next = entry.offset + 1;
      if (this.#waiting.deletions.length > 0) await this.#forsake();
      if (pauses.dueAfter(entry.payload.length)) await pauses.take();
      while (saver.isCrowded) await pauses.take();
    }
    saver.noteWork(timers.now() - startedAt);
    onProcessed(this.#next);
    for (const late of this.#waiting.uncorrected?.splice(0) ?? []) onUncorrected(late);
    onQuarantined(this.#waiting.quarantine.slice(this.#told));
    this.#told = this.#waiting.quarantine.length;
    if (this.#quarantineBytes() > waitingQuarantineBytesMax) await this.#checkpoint();
  }

  async #tellInTime(): Promise<void> {
    if (this.#telling.isBusy) await this.#telling.whenDone();
    this.#tellCases();
  }

  /** Without waiting for the store: a case is opened while its newest readings are on their way to the chart. */
  #tellCases(): void {
    const { findings, changes = [] } = this.#waiting;
    this.#telling.begin(changes.splice(0));
    findings.length = 0;
    this.#findingsDueAt = this.#options.timers.now() + findingsEveryMs;
    this.#noteDone();
  }

  /** What was heard by now is done when the store and the cases have got it. */
  #noteDone(): void {
    const { engine, log } = this.#options;
    const { reports, changes = [] } = this.#waiting;
    if (reports.length + changes.length > 0) return;
    const next = this.#next;
    const { lastHeardAt } = engine.globals();
    Promise.all([this.#storing.whenDone(), this.#telling.whenDone()]).then(
      () => {
        // Under steady load there is always something new.
        if (next !== log.bounds().next) this.#behindSince = Math.max(this.#behindSince ?? 0, lastHeardAt);
        else this.#behindSince = undefined;
      },
      () => undefined,
    );
  }

  /** Before anything that follows is stored, so that exactly what came before goes. */
  async #forsake(): Promise<void> {
    const { devices, forsake, saver } = this.#options;
    await this.#handOver();
    for (const device of this.#waiting.deletions.splice(0)) {
      await this.#storing.forsake(() => forsake(device, this.#next));
      saver.beforeChange(device);
      this.#forsaken.set(device, this.#next);
      // What the server has not got of them it never will.
      devices.meet(device).unstored = 0;
      this.#waiting.touched.add(device);
    }
  }

  /**
   * What waits is on its way to the store when it resolves, and what was handed over before is there: one stretch is
   * stored while the next is processed, and none overtakes another.
   */
  async #handOver(): Promise<void> {
    const { devices, forwarder, storeEveryMs, timers } = this.#options;
    await this.#storing.whenDone();
    const reports = this.#waiting.reports.take();
    if (forwarder && this.#forwarded !== undefined) {
      for (const [device, count] of reports.countByDevice(this.#forwarded)) devices.meet(device).unstored -= count;
    }
    this.#storing.begin(reports, this.#next);
    this.#storeDueAt = timers.now() + storeEveryMs;
    this.#noteDone();
  }

  #stored(reports: ReadonlyMap<string, number>, next: number): void {
    const { devices, forwarder } = this.#options;
    if (forwarder) forwarder.notice(next);
    else for (const [device, count] of reports) devices.meet(device).unstored -= count;
    this.#idling?.abort();
  }

  #fail(error: unknown): void {
    this.#failed ??= error instanceof Error ? error : new Error(String(error));
    this.#idling?.abort();
  }

  /** Everything that waits is in a checkpoint when it resolves. */
  async #checkpoint(): Promise<void> {
    const { saver, timers } = this.#options;
    await this.#saved;
    for (let waitMs = 0; this.#hasWaiting(); waitMs = (saver.dueAt ?? 0) - timers.now()) {
      if (waitMs > 0 && saver.failures > 0) await timers.sleep(waitMs, this.#stop.signal);
      await this.#beginCheckpoint();
      await this.#saved;
      if (this.#failed) throw this.#failed;
    }
  }

  /** Everything up to `next` is stored and in cases before the checkpoint says so. */
  async #beginCheckpoint(): Promise<void> {
    const { cases, clock, saver, store } = this.#options;
    const startedAt = clock();
    await this.#handOver();
    this.#tellCases();
    this.#ages.note(startedAt, this.#next);
    const next = this.#next;
    const stretch = this.#waiting;
    this.#waiting = newProcessed({ corrects: true, changes: true });
    this.#told = 0;
    this.#saving = stretch;
    // Everything up to here; it goes on while this reaches the disk.
    const durable = Promise.all([this.#storing.whenDone(), this.#telling.whenDone()])
      .then(() => this.#patiently(() => store.sync()))
      .then(() => this.#patiently(() => cases.sync()));
    this.#saved = saver
      .begin(stretch, { next, forwarded: this.#forwarded, ages: this.#ages.list() }, durable)
      .then(
        () => this.#afterSaving(stretch, startedAt, next),
        (error: unknown) => this.#afterFailing(stretch, error),
      )
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#idling?.abort());
  }

  async #afterSaving(stretch: Processed, at: number, next: number): Promise<void> {
    this.#saving = undefined;
    this.#options.onCommitted(stretch.touched);
    await this.#trim(at, next);
  }

  /** What the checkpoint would have taken waits for the next one. */
  #afterFailing(stretch: Processed, error: unknown): void {
    this.#saving = undefined;
    prepend(stretch, this.#waiting);
    this.#told += stretch.quarantine.length;
    if (this.#stop.signal.aborted || !isAftercareError(error, 'store-failed')) throw error;
    this.#options.onTrouble(error, this.#options.saver.failures);
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

  #hasWaiting(): boolean {
    const { reports, touched, history, quarantine, bands } = this.#waiting;
    return reports.length + touched.size + history.length + quarantine.length + bands.length > 0;
  }

  #quarantineBytes(): number {
    return this.#waiting.quarantine.reduce((sum, entry) => sum + entryBytes + (entry.payload?.length ?? 0), 0);
  }

  #readStored(query: ReportsQuery): Promise<readonly Report[]> {
    return this.#patiently(() => this.#options.store.reports(query));
  }

  #patiently<Value>(work: () => Promise<Value>): Promise<Value> {
    const { timers, onTrouble } = this.#options;
    return patiently(work, { stopped: this.#stop.signal, timers, onTrouble });
  }
}

const trimAtShare = 0.8;
/** What an entry of the quarantine costs beside its payload. */
const entryBytes = 500;
