import { hash } from 'node:crypto';
import {
  hashBytes,
  MessageAdmission,
  messageTopic,
  type QuarantineEntry,
  quarantineMessage,
  ReportReader,
  readAssist,
  readStatus,
  type SignalIndex,
  type Suspect,
  signalIndex,
  Templates,
  type Verdict,
} from '../admission/index.ts';
import type { CaseChange } from '../cases/index.ts';
import type { BandPoint, DayTaken, Engine, Uncorrected } from '../engine/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { LogEntry } from '../log/index.ts';
import type { Catalogue } from '../product/index.ts';
import {
  decodeRecord,
  deviceOfFact,
  type FactRecord,
  type LogRecord,
  type MessageRecord,
  type OversizeRecord,
  type ResumedRecord,
  type TickRecord,
} from '../telemetry/index.ts';
import type { Corrector } from './corrector.ts';
import type { PipelineDevice, PipelineDevices } from './devices.ts';
import { Earlier, type EarlierSources } from './earlier.ts';
import { maintenanceAt, surroundingsOf } from './surroundings.ts';
import { WaitingReports } from './waiting-reports.ts';

/** What admission knows a report's content by: SHA-256's first {@link hashBytes}, one a character. */
export function contentHash(text: string): string {
  return hash('sha256', text, 'binary').slice(0, hashBytes);
}

/** What a stretch of the log came to. Gathered until the pump has passed it on. */
export interface Processed {
  readonly reports: WaitingReports;
  readonly findings: FindingEvent[];
  /** What the findings and ticks mean for cases, in the order of the log; absent where there are none to change. */
  readonly changes?: CaseChange[];
  readonly bands: BandPoint[];
  /** Where corrections start from; absent where nobody corrects. */
  readonly snapshots?: DayTaken[];
  /** What came late and could not be corrected. */
  readonly uncorrected?: Uncorrected[];
  readonly quarantine: QuarantineEntry[];
  /** Records other than messages, which replays need for ever. */
  readonly history: LogEntry[];
  readonly touched: Set<string>;
  /** Devices of which everything stored goes: it is stored up to here first. */
  readonly deletions: string[];
  factsChanged: boolean;
}

/** `corrects`: what comes late is judged later, from snapshots. `changes`: there are cases. */
export function newProcessed({ corrects = false, changes = false } = {}): Processed {
  return {
    reports: new WaitingReports(),
    findings: [],
    ...(changes ? { changes: [] } : {}),
    bands: [],
    ...(corrects ? { snapshots: [], uncorrected: [] } : {}),
    quarantine: [],
    history: [],
    touched: new Set(),
    deletions: [],
    factsChanged: false,
  };
}

/** Puts a stretch before the one that follows it: what of it is not passed on is in that one then. */
export function prepend(before: Processed, after: Processed): void {
  putBefore(before.bands, after.bands);
  if (before.snapshots && after.snapshots) putBefore(before.snapshots, after.snapshots);
  putBefore(before.quarantine, after.quarantine);
  putBefore(before.history, after.history);
  for (const device of before.touched) after.touched.add(device);
  after.factsChanged ||= before.factsChanged;
}

function putBefore<Item>(items: readonly Item[], list: Item[]): void {
  const later = list.splice(0);
  for (const item of items) list.push(item);
  for (const item of later) list.push(item);
}

export interface ProcessorOptions {
  readonly catalogue: Catalogue;
  readonly engine: Pick<Engine, 'step' | 'globals' | 'withParent' | 'judgesTicks'>;
  readonly devices: PipelineDevices;
  readonly earlier: EarlierSources;
  readonly hash: (text: string) => string;
  /** What is told before state changes: of one device; or of any, when it may ask to wait. Default: nobody. */
  readonly watch?: ChangeWatch;
  /** Judges again, with the ticks, what came late. Default: nobody does. */
  readonly corrector?: Pick<Corrector, 'isDue' | 'run'>;
}

export interface ChangeWatch {
  beforeChange(device: string): void;
  whenIdle(): Promise<void> | undefined;
}

/** What is needed for each message of a device, found once. */
interface Sender {
  readonly met: PipelineDevice;
  readonly reader: ReportReader;
  /** Undefined while no product of its is known. */
  product: { readonly id: string; readonly signals: SignalIndex } | undefined;
  /** How many facts the catalogue had been told when it was asked for the product. */
  facts: number;
}

/**
 * What the log means: every record through admission and engine, in order. All that it does is a function of the log
 * (a suspect's earlier report is read from what the log became), so it may run twice and comes out the same.
 */
export class Processor {
  readonly #catalogue: Catalogue;
  readonly #engine: ProcessorOptions['engine'];
  readonly #devices: PipelineDevices;
  readonly #earlier: Earlier;
  readonly #hash: (text: string) => string;
  readonly #signals = new Map<string, { version: number; index: SignalIndex }>();
  readonly #watch: ChangeWatch | undefined;
  readonly #corrector: Pick<Corrector, 'isDue' | 'run'> | undefined;
  readonly #senders = new Map<string, Sender>();
  readonly #templates = new Templates();
  #facts = 0;

  constructor(options: ProcessorOptions) {
    this.#catalogue = options.catalogue;
    this.#engine = options.engine;
    this.#devices = options.devices;
    this.#earlier = new Earlier(options.earlier);
    this.#hash = options.hash;
    this.#watch = options.watch;
    this.#corrector = options.corrector;
  }

  /** Undefined when it is done at once; a promise where something earlier must be read first, or waited for. */
  process(entry: LogEntry, out: Processed): Promise<void> | undefined {
    const record = decodeRecord(entry.payload);
    const from = out.findings.length;
    const suspended = this.#read(entry, record, out);
    if (suspended !== undefined) return suspended.then(() => this.#noteChanges(entry.offset, record, from, out));
    this.#noteChanges(entry.offset, record, from, out);
    return undefined;
  }

  /** What a record found, from the finding numbered `from` on, and what it lets end. */
  #noteChanges(offset: number, record: LogRecord, from: number, out: Processed): void {
    const { changes, findings } = out;
    if (changes === undefined || (findings.length === from && record.kind !== 'tick')) return;
    const { downMs } = this.#engine.globals();
    const firmware = (device: string) => this.#devices.get(device)?.admission.firmware;
    const known = { offset, catalogue: this.#catalogue, firmware, downMs };
    for (let index = from; index < findings.length; index++) {
      const event = findings[index];
      if (event === undefined) continue;
      changes.push({ kind: 'finding', event, now: event.receivedAt, around: surroundingsOf(event, known) });
    }
    if (record.kind !== 'tick') return;
    const maintenance = maintenanceAt(this.#catalogue, record.at);
    changes.push({ kind: 'tick', offset, now: record.at, downMs, maintenance });
  }

  #read(entry: LogEntry, record: LogRecord, out: Processed): Promise<void> | undefined {
    const { offset } = entry;
    if (record.kind === 'message') return this.#message(record, offset, out);
    if (record.kind === 'oversize') {
      this.#oversize(record, offset, out);
      return undefined;
    }
    const changesAll = record.kind === 'resumed' || (record.kind === 'tick' && this.#engine.judgesTicks);
    const busy = changesAll ? this.#watch?.whenIdle() : undefined;
    if (record.kind === 'tick' && this.#corrector?.isDue) return this.#corrected(record, busy, entry, out);
    if (busy !== undefined) return busy.then(() => this.#other(entry, record, out));
    return this.#other(entry, record, out);
  }

  async #corrected(
    record: TickRecord,
    busy: Promise<void> | undefined,
    entry: LogEntry,
    out: Processed,
  ): Promise<void> {
    await busy;
    await this.#corrector?.run({ offset: entry.offset, at: record.at }, out);
    this.#other(entry, record, out);
  }

  /** Facts change one device, ticks some, the service's restarts any. */
  #other(entry: LogEntry, record: FactRecord | TickRecord | ResumedRecord, out: Processed): undefined {
    const { offset } = entry;
    out.history.push(entry);
    if (record.kind !== 'fact') {
      if (record.kind === 'resumed') this.#forgetPresence(out);
      this.#engine.step(record.kind === 'tick' ? { ...record, offset } : record, out, (device) =>
        this.#watch?.beforeChange(device),
      );
      return;
    }
    const { fact } = record;
    if (fact.type === 'readings-deleted') out.deletions.push(fact.id);
    const device = deviceOfFact(fact);
    if (device !== undefined) this.#watch?.beforeChange(device);
    this.#catalogue.apply(fact);
    this.#facts += 1;
    out.factsChanged = true;
    this.#engine.step({ kind: 'fact', offset, fact }, out);
    if (fact.type === 'device-registered') this.#devices.meet(fact.device.id);
  }

  /** The service was away, and so was every connection: who is online says so again. */
  #forgetPresence(out: Processed): void {
    for (const [id, { admission }] of this.#devices.entries()) {
      if (!admission.online) continue;
      admission.online = false;
      out.touched.add(id);
    }
  }

  #message(message: MessageRecord, offset: number, out: Processed): Promise<void> | undefined {
    const { device, receivedAt } = message;
    const sender = this.#senderOf(device);
    const { admission } = sender.met;
    this.#watch?.beforeChange(device);
    if (admission.lastSeenAt === undefined || receivedAt > admission.lastSeenAt) admission.lastSeenAt = receivedAt;
    out.touched.add(device);
    const topic = messageTopic(message);
    if (topic.kind === 'reports') return this.#reports(message, sender, offset, out);
    if (topic.kind === 'assist') {
      this.#engine.step({ kind: 'assist', device, offset, receivedAt, ...readAssist(message) }, out);
      return undefined;
    }
    if (topic.kind === 'status') readStatus(admission, message.payload);
    else if (topic.kind === 'forbidden') {
      const detail = `${device} may not publish to ${message.topic.slice(0, 200)}; its reports go to devices/${device}/reports`;
      quarantineMessage(admission, { message, offset, quarantine: out.quarantine }, 'forbidden-topic', detail);
    }
    this.#engine.step({ kind: 'contact', device, offset, receivedAt }, out);
    return undefined;
  }

  #senderOf(device: string): Sender {
    let sender = this.#senders.get(device);
    if (sender === undefined) {
      const reader = new ReportReader(this.#templates);
      sender = { met: this.#devices.meet(device), reader, product: this.#productOf(device), facts: this.#facts };
      this.#senders.set(device, sender);
    } else if (sender.facts !== this.#facts) {
      sender.product = this.#productOf(device);
      sender.facts = this.#facts;
    }
    return sender;
  }

  #productOf(device: string): Sender['product'] {
    const id = this.#catalogue.device(device)?.product;
    const signals = id === undefined ? undefined : this.#signalsOf(id);
    return id !== undefined && signals !== undefined ? { id, signals } : undefined;
  }

  #reports(message: MessageRecord, sender: Sender, offset: number, out: Processed): Promise<void> | undefined {
    const { met, reader, product } = sender;
    const { device, receivedAt } = message;
    const { quarantine } = out;
    if (product === undefined) {
      const detail = `${device} belongs to no known product`;
      quarantineMessage(met.admission, { message, offset, quarantine }, 'unknown-product', detail);
      this.#engine.step({ kind: 'contact', device, offset, receivedAt }, out);
      return undefined;
    }
    const { id, signals } = product;
    const context = { message, offset, product: id, signals, reader, hash: this.#hash, quarantine };
    const admission = new MessageAdmission(met.admission, context);
    const evaluated = met.evaluated;
    const suspect = this.#untilSuspect(admission, met, out);
    if (suspect !== undefined) return this.#withSuspects({ message, offset, met, admission, evaluated }, suspect, out);
    if (met.evaluated === evaluated) this.#engine.step({ kind: 'contact', device, offset, receivedAt }, out);
    return undefined;
  }

  /** Takes verdicts until one needs to know what was said earlier; undefined when the message is done. */
  #untilSuspect(admission: MessageAdmission, met: PipelineDevice, out: Processed): Suspect | undefined {
    for (let verdict = admission.next(); verdict !== undefined; verdict = admission.next()) {
      if (verdict.kind === 'suspect') return verdict;
      if (verdict.kind === 'accepted') this.#accept(verdict, met, out);
    }
    return undefined;
  }

  /** The rest of a message from its first suspect on. */
  async #withSuspects(
    reading: {
      readonly message: MessageRecord;
      readonly offset: number;
      readonly met: PipelineDevice;
      readonly admission: MessageAdmission;
      /** Of the device, before the message. */
      readonly evaluated: number;
    },
    first: Suspect,
    out: Processed,
  ): Promise<void> {
    const { message, offset, met, admission, evaluated } = reading;
    const { device, receivedAt } = message;
    for (
      let suspect: Suspect | undefined = first;
      suspect !== undefined;
      suspect = this.#untilSuspect(admission, met, out)
    ) {
      const { boot, seq } = suspect;
      const earlier = await this.#earlier.of({ device, boot, seq }, out.reports.find(device, boot, seq));
      const verdict = admission.settle(suspect, earlier);
      if (verdict.kind === 'accepted') this.#accept(verdict, met, out);
    }
    if (met.evaluated === evaluated) this.#engine.step({ kind: 'contact', device, offset, receivedAt }, out);
  }

  #accept(verdict: Extract<Verdict, { kind: 'accepted' }>, met: PipelineDevice, out: Processed): void {
    const { judged } = verdict;
    const report = this.#engine.withParent(verdict.report);
    out.reports.push(report);
    this.#engine.step({ kind: 'report', report, judged }, out);
    met.evaluated += 1;
    met.unstored += 1;
  }

  #oversize(record: OversizeRecord, offset: number, out: Processed): void {
    const { device, receivedAt, bytes } = record;
    this.#watch?.beforeChange(device);
    const { counts } = this.#devices.meet(device).admission;
    counts.received += 1;
    counts.quarantined += 1;
    counts.setAside += 1;
    out.touched.add(device);
    const detail = `a packet of ${bytes} bytes is beyond the limit; send smaller batches`;
    out.quarantine.push({
      device,
      offset,
      index: 0,
      receivedAt,
      reason: 'oversize',
      detail,
      topic: '',
      payload: undefined,
      bytes,
    });
    this.#engine.step({ kind: 'contact', device, offset, receivedAt }, out);
  }

  #signalsOf(product: string): SignalIndex | undefined {
    const known = this.#catalogue.pack(product);
    if (!known) return undefined;
    const made = this.#signals.get(product);
    if (made && made.version === known.version) return made.index;
    const index = signalIndex(known.pack);
    this.#signals.set(product, { version: known.version, index });
    return index;
  }
}
