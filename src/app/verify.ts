import { join } from 'node:path';
import { gapsOf, restoreAdmission } from '../admission/index.ts';
import { canonicalJson } from '../base/index.ts';
import { inspectLog, type LogCut, type LogDamage, type LogEntry, type LogInspection } from '../log/index.ts';
import {
  type CheckpointInspection,
  type DeviceRow,
  inspectCheckpoint,
  type PipelineDevice,
} from '../pipeline/index.ts';
import type { PackReader } from '../product/index.ts';
import { inspectEmbeddedStore, type StoreDamage, type StoreInspection } from '../store/index.ts';
import { decodeRecord, type Report } from '../telemetry/index.ts';
import { type BootRange, MissingReports, type NumberRange } from './verify-ranges.ts';
import { Recount } from './verify-recount.ts';
import { StoredIndex } from './verify-stored.ts';
import { missingNumbers, type SeenNumbers } from './verify-trimmed.ts';

export interface CountDifference {
  /** A count of the ledger; `gaps` counts the stretches of missing numbers. */
  readonly name: string;
  readonly ledger: number;
  readonly found: number;
}

/** What does not meet of one device. */
export interface DeviceDifference {
  readonly device: string;
  readonly counts: readonly CountDifference[];
  /** Accepted reports that the store has not got. */
  readonly missing: number;
  readonly missingNumbers: readonly BootRange[];
  /** Of reports without boot or number: the log's records that held them. */
  readonly missingRecords: readonly NumberRange[];
  /** Stored reports that the log does not account for. */
  readonly surplus: number;
}

export interface Verification {
  /** Everything meets and can be read. */
  readonly ok: boolean;
  readonly log: {
    /** Oldest record, and the one that would come next. */
    readonly first: number;
    readonly next: number;
    readonly files: number;
    readonly bytes: number;
    readonly damage: readonly Omit<LogDamage, 'kind'>[];
    /** An append that a crash cut short; it was never acknowledged. */
    readonly torn: LogCut | null;
  };
  /** Where processing goes on; null where nothing was ever processed. */
  readonly checkpoint: { readonly next: number } | null;
  readonly store: {
    readonly cursor: number;
    readonly reports: number;
    readonly damage: readonly Omit<StoreDamage, 'kind'>[];
  } | null;
  readonly devices: number;
  /** Reports of them that were deleted, or let go by age. */
  readonly letGo: number;
  /** Devices of which reports went on purpose, uncounted: what they should hold is known only of the others. */
  readonly agedDevices: number;
  /** Accepted reports that were recounted from the log. */
  readonly recounted: number;
  /** Records that are durable and not processed yet: the next start does that. */
  readonly waiting: number;
  /** Every count was recounted: the log is there from its first record and can be read whole. */
  readonly complete: boolean;
  /** What is wrong and belongs to no one device. */
  readonly problems: readonly string[];
  readonly differences: readonly DeviceDifference[];
}

export interface VerifyOptions {
  /** A data folder that no process uses. It is only read. */
  readonly folder: string;
  readonly readPack: PackReader;
  readonly onProgress?: (progress: { readonly record: number; readonly of: number }) => void;
}

/** Recounts log, history and store, and compares them with each other and with the ledger in the checkpoint. */
export async function verifyFolder(options: VerifyOptions): Promise<Verification> {
  const log = await inspectLog(join(options.folder, 'log'));
  let checkpoint: CheckpointInspection | undefined;
  let store: StoreInspection | undefined;
  try {
    checkpoint = inspectCheckpoint(options.folder);
    store = inspectEmbeddedStore(options.folder);
    return await new Verifier({ ...options, log, checkpoint, store }).run();
  } finally {
    checkpoint?.close();
    store?.close();
  }
}

interface Sources extends VerifyOptions {
  readonly log: LogInspection;
  readonly checkpoint: CheckpointInspection | undefined;
  readonly store: StoreInspection | undefined;
}

/** What is gathered of a device beside its recount. */
interface DeviceNotes {
  readonly counts: CountDifference[];
  missing: MissingReports;
  surplus: number;
}

class Verifier {
  readonly #sources: Sources;
  readonly #recount: Recount;
  readonly #index: StoredIndex | undefined;
  /** The next record to process, by the checkpoint. */
  readonly #processed: number;
  /** Reports of records before this one should be in the store. */
  readonly #storedTo: number;
  readonly #damage: LogDamage[] = [];
  readonly #problems: string[] = [];
  readonly #notes = new Map<string, DeviceNotes>();
  /** Of devices of which more is missing than the log still tells. */
  readonly #seen = new Map<string, SeenNumbers>();
  /** Devices of the ledger. */
  readonly #known = new Set<string>();
  #torn: LogCut | undefined;
  /** The next record to look at. */
  #next = 0;
  #compared = false;
  #recounted = 0;
  #aged = 0;
  #letGo = 0;
  /** Devices of which readings were deleted. */
  readonly #deleted = new Set<string>();

  constructor(sources: Sources) {
    const { log, store, checkpoint } = sources;
    this.#sources = sources;
    this.#recount = new Recount(sources);
    this.#processed = checkpoint?.meta()?.next ?? 0;
    this.#storedTo = Math.max(this.#processed, store?.cursor ?? 0);
    this.#index = store && new StoredIndex(store, { from: log.first, before: this.#processed });
  }

  async run(): Promise<Verification> {
    const { log, store, checkpoint } = this.#sources;
    const cursor = store?.cursor ?? 0;
    await this.#readLog();
    for (const kept of checkpoint?.history(this.#next, this.#processed) ?? []) this.#noteDeletion(kept);
    if (!this.#compared) this.#compareLedger();
    this.#compareEnds(cursor);
    this.#countSurplus();
    const differences = this.#differences();
    const storeDamage = this.#index?.damage ?? [];
    return {
      ok: this.#damage.length + storeDamage.length + this.#problems.length + differences.length === 0,
      log: {
        ...{ first: log.first, next: this.#next, files: log.files, bytes: log.bytes },
        damage: this.#damage.map(({ kind: _, ...damage }) => damage),
        torn: this.#torn ?? null,
      },
      checkpoint: checkpoint?.meta() === undefined ? null : { next: this.#processed },
      store: store
        ? { cursor, reports: this.#index?.reports ?? 0, damage: storeDamage.map(({ kind: _, ...damage }) => damage) }
        : null,
      devices: this.#known.size,
      letGo: this.#letGo,
      agedDevices: this.#aged,
      recounted: this.#recounted,
      waiting: Math.max(0, this.#next - this.#processed),
      complete: this.#isComplete(),
      problems: this.#problems,
      differences,
    };
  }

  /** Checkpoint and store lie within the log, and the store is never behind the checkpoint. */
  #compareEnds(cursor: number): void {
    const { first } = this.#sources.log;
    const processed = this.#processed;
    if (first > processed)
      this.#problem(`the log begins with record ${first}, but ${processed} is the next to process`);
    if (cursor < processed) this.#problem(`the store ends before record ${cursor}, the checkpoint before ${processed}`);
    if (this.#next >= this.#storedTo) return;
    this.#problem(`the log ends before record ${this.#next}, but there were records up to ${this.#storedTo - 1}`);
  }

  async #readLog(): Promise<void> {
    const { log, onProgress } = this.#sources;
    for await (const part of log.parts()) {
      if (part.kind === 'damage') this.#damage.push(part);
      else if (part.kind === 'torn') this.#torn = { file: part.file, position: part.position, bytes: part.bytes };
      else {
        this.#recount.hold(part.entries);
        const first = part.entries[0];
        if (first) this.#checkHistory(first.offset, part.entries);
        for (const entry of part.entries) await this.#take(entry);
        onProgress?.({ record: this.#next, of: Math.max(this.#next, this.#storedTo) });
      }
    }
  }

  async #take(entry: LogEntry): Promise<void> {
    const { offset } = entry;
    // Where the log is not there any more, the history has what admission must know.
    const gap = offset > this.#next ? this.#sources.checkpoint?.history(this.#next, offset) : undefined;
    for (const kept of gap ?? []) {
      this.#noteDeletion(kept);
      await this.#recount.process(kept);
    }
    this.#next = offset + 1;
    if (offset >= this.#processed && !this.#compared) this.#compareLedger();
    if (offset >= this.#storedTo) return;
    this.#noteDeletion(entry);
    const accepted = await this.#recount.process(entry);
    const [first] = accepted;
    if (first === undefined) return;
    this.#recounted += accepted.length;
    const missing = this.#index === undefined ? accepted : this.#index.take(first.device, offset, accepted);
    for (const report of missing) {
      if (!this.#isComplete() && this.#wasSaidBefore(report)) continue;
      this.#recount.noteAbsent(report);
      if (!this.#wasLetGo(report)) this.#note(report.device).missing.add(report);
    }
  }

  /** Every record that replays need is kept for ever, as it was. */
  #checkHistory(from: number, entries: readonly LogEntry[]): void {
    const { checkpoint } = this.#sources;
    const to = Math.min(this.#processed, from + entries.length);
    if (checkpoint === undefined || to <= from) return;
    const kept = new Map([...checkpoint.history(from, to)].map(({ offset, payload }) => [offset, payload]));
    for (const { offset, payload } of entries) {
      const found = kept.get(offset);
      if (offset >= to || (found === undefined && isMessage(payload))) continue;
      if (found === undefined) this.#problem(`the history lacks record ${offset} of the log`);
      else if (Buffer.compare(found, payload) !== 0)
        this.#problem(`the history has another record ${offset} than the log`);
    }
  }

  #wasLetGo({ device, at }: Report): boolean {
    return at < (this.#sources.store?.keptFrom(device) ?? Number.NEGATIVE_INFINITY);
  }

  /** The store has it from a part of the log that cannot be read any more, so the report is a repetition. */
  #wasSaidBefore(report: Report): boolean {
    const { store } = this.#sources;
    const { device, boot, seq, at, offset } = report;
    const same =
      boot !== undefined && seq !== undefined ? store?.byIdentity(device, boot, seq) : store?.byTime(device, at);
    return (same ?? []).some((earlier) => earlier.offset < offset && contentOf(earlier) === contentOf(report));
  }

  /** The ledger as the checkpoint has it, at the record where the recount stands now. */
  #compareLedger(): void {
    this.#compared = true;
    const stored = new Map(this.#index?.counts());
    for (const row of this.#sources.checkpoint?.devices() ?? []) {
      this.#compareDevice(row, stored.get(row.id) ?? 0);
      stored.delete(row.id);
    }
    for (const [device, found] of stored) if (found > 0) this.#differ(device, 'stored', 0, found);
    if (!this.#isComplete()) return;
    for (const [id, { admission }] of this.#recount.devices.entries()) {
      const { received } = admission.counts;
      if (received > 0 && !this.#known.has(id)) this.#differ(id, 'received', 0, received);
    }
  }

  #compareDevice(row: DeviceRow, stored: number): void {
    const { id } = row;
    this.#known.add(id);
    const admission = restoreAdmission(row.admission, row.hashes);
    const { setAside: _, ...counts } = admission.counts;
    const letGo = this.#letGoOf(id);
    this.#letGo += letGo ?? 0;
    const isAged = letGo === undefined && stored < counts.acknowledged;
    if (isAged) this.#aged += 1;
    else this.#compareCount(id, 'stored', counts.acknowledged - (letGo ?? 0), stored);
    const told = this.#notes.get(id)?.missing.count ?? 0;
    if (!isAged && !this.#isComplete() && counts.acknowledged - (letGo ?? 0) - stored > told)
      this.#seen.set(id, admission.boots);
    this.#compareCount(id, 'evaluated', row.evaluated, counts.acknowledged);
    const { acknowledged, duplicates, quarantined } = counts;
    this.#compareCount(id, 'received', counts.received, acknowledged + duplicates + quarantined);
    const recounted = this.#recount.device(id);
    if (this.#isComplete()) {
      const found = recounted?.admission.counts;
      for (const [name, ledger] of Object.entries(counts)) {
        this.#compareCount(id, name, ledger, found?.[name as keyof typeof counts] ?? 0);
      }
      const [own, again] = [gapsText({ admission }), recounted ? gapsText(recounted) : '[]'];
      if (own !== again) this.#differ(id, 'gaps', JSON.parse(own).length, JSON.parse(again).length);
    } else if ((recounted?.admission.counts.received ?? 0) > counts.received) {
      this.#differ(id, 'received', counts.received, recounted?.admission.counts.received ?? 0);
    }
  }

  /** Nothing that came before it is missing, or known to admission any more. */
  #noteDeletion({ payload }: LogEntry): void {
    if (isMessage(payload)) return;
    const record = decodeRecord(payload);
    if (record.kind !== 'fact' || record.fact.type !== 'readings-deleted') return;
    const { id } = record.fact;
    this.#deleted.add(id);
    this.#recount.forgetAbsent(id);
    const notes = this.#notes.get(id);
    if (notes === undefined) return;
    notes.missing = new MissingReports();
    if (notes.counts.length + notes.surplus === 0) this.#notes.delete(id);
  }

  /** How many of a device's reports went on purpose; undefined where that is not known of the checkpoint. */
  #letGoOf(device: string): number | undefined {
    const { store } = this.#sources;
    if (store === undefined) return 0;
    const count = store.letGo(device);
    // The store may have gone on since the checkpoint, and let go what that does not count yet.
    if (count !== 0 && store.cursor > this.#processed) return undefined;
    return this.#deleted.has(device) || store.keptFrom(device) !== undefined ? count : 0;
  }

  #isComplete(): boolean {
    return this.#sources.log.first === 0 && this.#damage.length === 0;
  }

  /** What the log explains not: neither a report of it, nor one of a part that cannot be read. */
  #countSurplus(): void {
    for (const { device, offset } of this.#index?.left() ?? []) {
      const isHidden = this.#damage.some(({ from, to }) => offset >= from && offset < (to ?? this.#next));
      if (!isHidden && offset < this.#next) this.#note(device).surplus += 1;
    }
  }

  #differences(): DeviceDifference[] {
    const untold = missingNumbers(this.#sources.store, this.#seen);
    const list = [...this.#notes].map(([device, { counts, missing, surplus }]) => {
      const stored = counts.find(({ name }) => name === 'stored');
      return {
        ...{ device, counts, surplus },
        missing: Math.max(missing.count, stored ? stored.ledger - stored.found : 0),
        missingNumbers: untold.get(device) ?? missing.numbers(),
        missingRecords: missing.records(),
      };
    });
    return list.sort((a, b) => (a.device < b.device ? -1 : 1));
  }

  #compareCount(device: string, name: string, ledger: number, found: number): void {
    if (ledger !== found) this.#differ(device, name, ledger, found);
  }

  #differ(device: string, name: string, ledger: number, found: number): void {
    const { counts } = this.#note(device);
    if (!counts.some((known) => known.name === name)) counts.push({ name, ledger, found });
  }

  #note(device: string): DeviceNotes {
    const known = this.#notes.get(device);
    if (known) return known;
    const made = { counts: [], missing: new MissingReports(), surplus: 0 };
    this.#notes.set(device, made);
    return made;
  }

  #problem(sentence: string): void {
    this.#problems.push(sentence);
  }
}

function isMessage(payload: Uint8Array): boolean {
  const { kind } = decodeRecord(payload);
  return kind === 'message' || kind === 'oversize';
}

function contentOf({ firmware, signals, faults }: Report): string {
  return canonicalJson([firmware ?? null, signals, faults]);
}

function gapsText({ admission }: Pick<PipelineDevice, 'admission'>): string {
  return JSON.stringify([...admission.pastGaps, ...admission.boots.flatMap(gapsOf)]);
}
