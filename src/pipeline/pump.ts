import { type QuarantineEntry, restoreAdmission, snapshotAdmission } from '../admission/index.ts';
import { AftercareError, type Clock } from '../base/index.ts';
import type { Case, CaseStore } from '../cases/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Log } from '../log/index.ts';
import type { Catalogue } from '../product/index.ts';
import type { TelemetryStore } from '../store/index.ts';
import type { Checkpoint, DeviceRow } from './checkpoint.ts';
import type { PipelineDevices } from './devices.ts';
import { patiently } from './patiently.ts';
import { Pauses, turn } from './pauses.ts';
import { newProcessed, type Processor } from './process.ts';
import { LogAges } from './retention.ts';

export interface PumpOptions {
  readonly log: Log;
  readonly store: TelemetryStore;
  readonly cases: CaseStore;
  readonly catalogue: Catalogue;
  readonly engine: Engine;
  readonly devices: PipelineDevices;
  readonly processor: Processor;
  readonly checkpoint: Checkpoint;
  readonly clock: Clock;
  /** A checkpoint is written at most this often. */
  readonly commitEveryMs: number;
  /** The log may forget what is older, once it is stored and checkpointed. */
  readonly logAgeMs: number;
  /** The log's disk bound; from four fifths of it on, all that is done may go. */
  readonly logBytesMax: number;
  /** Resolves to the log offset up to which the registry has taken the facts. */
  readonly settleRegistry: () => Promise<number>;
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
/** A checkpoint takes at most a tenth of the time. */
const commitShare = 10;
const caseChangesMax = 1_000;

/**
 * The one loop behind the log: read, process, cases, store, checkpoint. It pulls at its own pace; whatever fails is
 * tried again from the same place, since everything after the log may run twice.
 */
export class Pump {
  readonly #options: PumpOptions;
  readonly #stop = new AbortController();
  readonly #ages = new LogAges();
  #waiting = newProcessed();
  #next = 0;
  /** Quarantine entries of the stretch that their devices have been told of. */
  #told = 0;
  #behindSince: number | undefined;
  #commitDueAt = 0;
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

  /** Takes up the last checkpoint. Must be called once, before {@link start}. */
  restore(): void {
    const { checkpoint, catalogue, engine, devices } = this.#options;
    const meta = checkpoint.meta();
    if (!meta) return;
    for (const fact of meta.facts) catalogue.apply(fact);
    engine.restoreGlobals(meta.globals);
    for (const row of checkpoint.devices()) {
      const admission = restoreAdmission(row.admission);
      devices.set(row.id, { admission, evaluated: row.evaluated, stored: row.stored });
      if (row.engine !== undefined) engine.restore(row.id, row.engine);
    }
    this.#ages.restore(meta.ages);
    this.#next = meta.next;
  }

  start(): void {
    this.#run ??= this.#loop().catch((error: unknown) => {
      this.#options.onBroken(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Processes what the log holds by now, writes a checkpoint and stops. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#run;
  }

  async #loop(): Promise<void> {
    const { log, clock } = this.#options;
    while (true) {
      const behind = this.#next < log.bounds().next;
      if (behind) await this.#advance();
      else if (this.#stop.signal.aborted) break;
      if (clock() >= this.#commitDueAt && this.#hasWaiting()) await this.#commit();
      else if (this.#waiting.reports.length >= waitingReportsMax) await this.#patiently(() => this.#storeReports());
      if (!behind) await this.#idle();
      await turn();
    }
    if (this.#hasWaiting()) await this.#commit();
  }

  /** Waits for more, at most until the next checkpoint is due. */
  async #idle(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const due = new AbortController();
    const waitMs = Math.max(1, this.#commitDueAt - this.#options.clock());
    const timer = this.#hasWaiting() ? setTimeout(() => due.abort(), waitMs) : undefined;
    await this.#options.log.whenReadable(this.#next, AbortSignal.any([this.#stop.signal, due.signal]));
    clearTimeout(timer);
  }

  /** Processes the next stretch of the log and passes on the cases that it opens. */
  async #advance(): Promise<void> {
    const { log, clock, processor, onQuarantined } = this.#options;
    this.#behindSince ??= clock();
    const entries = await log.read(this.#next, readLimits);
    const first = entries[0];
    if (first === undefined || first.offset !== this.#next) {
      throw new AftercareError('log-corrupt', `the log has no record ${this.#next}, which is not processed yet`, {
        hint: 'restore the data folder from a backup',
      });
    }
    const pauses = new Pauses();
    for (const entry of entries) {
      await processor.process(entry, this.#waiting);
      this.#next = entry.offset + 1;
      if (pauses.due) await pauses.take();
    }
    onQuarantined(this.#waiting.quarantine.slice(this.#told));
    this.#told = this.#waiting.quarantine.length;
    await this.#passFindings();
    if (this.#quarantineBytes() > waitingQuarantineBytesMax) await this.#commit();
  }

  /** Findings go to the cases at once; their readings are stored first, so that a case never lacks its chart. */
  async #passFindings(): Promise<void> {
    const { cases, clock, onCases } = this.#options;
    const { findings } = this.#waiting;
    if (findings.length === 0) return;
    await this.#patiently(() => this.#storeReports());
    while (findings.length > 0) {
      const part = findings.slice(0, caseChangesMax);
      const now = clock();
      const changed = await this.#patiently(() =>
        cases.apply(part.map((event) => ({ kind: 'finding', event, now }) as const)),
      );
      findings.splice(0, part.length);
      onCases(changed);
    }
  }

  async #storeReports(): Promise<void> {
    const { store, devices } = this.#options;
    const reports = this.#waiting.reports.list();
    await store.write(reports, this.#next);
    for (const report of reports) devices.meet(report.device).stored += 1;
    this.#waiting.reports.clear();
    if (this.#next === this.#options.log.bounds().next) this.#behindSince = undefined;
  }

  /** Everything up to `next` is stored and in cases before the checkpoint says so. */
  async #commit(): Promise<void> {
    const { checkpoint, clock, engine, catalogue, onCommitted } = this.#options;
    const startedAt = clock();
    await this.#patiently(() => this.#storeReports());
    this.#ages.note(startedAt, this.#next);
    const { touched, bands, quarantine, history, factsChanged } = this.#waiting;
    const next = this.#next;
    await checkpoint.save({
      meta: { next, globals: engine.globals(), ages: this.#ages.list() },
      facts: factsChanged ? catalogue.facts() : undefined,
      devices: this.#deviceRows(touched),
      bands,
      quarantine,
      history,
    });
    this.#waiting = newProcessed();
    this.#told = 0;
    onCommitted(touched);
    const tookMs = clock() - startedAt;
    this.#commitDueAt = clock() + Math.max(this.#options.commitEveryMs, commitShare * tookMs);
    await this.#trim(startedAt, next);
  }

  /** By age; sooner when the log comes near its bound. */
  async #trim(now: number, next: number): Promise<void> {
    const { log, logAgeMs, logBytesMax, settleRegistry } = this.#options;
    const { first, bytes } = log.bounds();
    const wanted = bytes > trimAtShare * logBytesMax ? next : this.#ages.keepFrom(now, logAgeMs, next);
    if (wanted <= first) return;
    await log.trim(Math.min(wanted, await settleRegistry()));
  }

  *#deviceRows(touched: ReadonlySet<string>): Generator<DeviceRow, void, void> {
    const { engine, devices } = this.#options;
    for (const id of touched) {
      const { admission, evaluated, stored } = devices.meet(id);
      yield { id, admission: snapshotAdmission(admission), engine: engine.snapshot(id), evaluated, stored };
    }
  }

  #hasWaiting(): boolean {
    const { reports, touched, history, quarantine, bands } = this.#waiting;
    return reports.length + touched.size + history.length + quarantine.length + bands.length > 0;
  }

  #quarantineBytes(): number {
    return this.#waiting.quarantine.reduce((sum, entry) => sum + (entry.payload?.length ?? 0), 0);
  }

  #patiently<Value>(work: () => Promise<Value>): Promise<Value> {
    return patiently(work, { stopped: this.#stop.signal, onTrouble: this.#options.onTrouble });
  }
}

const trimAtShare = 0.8;
