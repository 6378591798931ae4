import { hash } from 'node:crypto';
import {
  admitReports,
  messageTopic,
  type QuarantineEntry,
  quarantineMessage,
  readAssist,
  readStatus,
  type SignalIndex,
  type Suspect,
  settle,
  signalIndex,
  type Verdict,
} from '../admission/index.ts';
import type { BandPoint, Engine } from '../engine/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { LogEntry } from '../log/index.ts';
import type { Catalogue } from '../product/index.ts';
import { decodeRecord, type MessageRecord, type OversizeRecord } from '../telemetry/index.ts';
import type { PipelineDevices } from './devices.ts';
import { Earlier, type EarlierSources } from './earlier.ts';
import { WaitingReports } from './waiting-reports.ts';

/** 144 bits of SHA-256 tell contents apart. */
const hashCharacters = 24;

/** What admission knows a report's content by. */
export function contentHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, hashCharacters);
}

/** What a stretch of the log came to. Gathered until the pump has passed it on. */
export interface Processed {
  readonly reports: WaitingReports;
  readonly findings: FindingEvent[];
  readonly bands: BandPoint[];
  readonly quarantine: QuarantineEntry[];
  /** Records other than messages, which replays need for ever. */
  readonly history: LogEntry[];
  readonly touched: Set<string>;
  factsChanged: boolean;
}

export function newProcessed(): Processed {
  return {
    reports: new WaitingReports(),
    findings: [],
    bands: [],
    quarantine: [],
    history: [],
    touched: new Set(),
    factsChanged: false,
  };
}

export interface ProcessorOptions {
  readonly catalogue: Catalogue;
  readonly engine: Pick<Engine, 'step'>;
  readonly devices: PipelineDevices;
  readonly earlier: EarlierSources;
  readonly hash: (text: string) => string;
}

/**
 * What the log means: every record through admission and engine, in order. All that it does is a function of the log
 * (a suspect's earlier report is read from what the log became), so it may run twice and comes out the same.
 */
export class Processor {
  readonly #catalogue: Catalogue;
  readonly #engine: Pick<Engine, 'step'>;
  readonly #devices: PipelineDevices;
  readonly #earlier: Earlier;
  readonly #hash: (text: string) => string;
  readonly #signals = new Map<string, { version: number; index: SignalIndex }>();

  constructor(options: ProcessorOptions) {
    this.#catalogue = options.catalogue;
    this.#engine = options.engine;
    this.#devices = options.devices;
    this.#earlier = new Earlier(options.earlier);
    this.#hash = options.hash;
  }

  async process(entry: LogEntry, out: Processed): Promise<void> {
    const record = decodeRecord(entry.payload);
    const { offset } = entry;
    if (record.kind === 'message') return this.#message(record, offset, out);
    if (record.kind === 'oversize') return this.#oversize(record, offset, out);
    out.history.push(entry);
    if (record.kind !== 'fact') {
      if (record.kind === 'resumed') this.#forgetPresence(out);
      this.#engine.step(record.kind === 'tick' ? { ...record, offset } : record, out);
      return;
    }
    const { fact } = record;
    this.#catalogue.apply(fact);
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

  async #message(message: MessageRecord, offset: number, out: Processed): Promise<void> {
    const { device, receivedAt } = message;
    const { admission } = this.#devices.meet(device);
    admission.lastSeenAt = Math.max(admission.lastSeenAt ?? 0, receivedAt);
    out.touched.add(device);
    const quarantine = (entry: QuarantineEntry) => out.quarantine.push(entry);
    const topic = messageTopic(message);
    if (topic.kind === 'assist') {
      this.#engine.step({ kind: 'assist', device, offset, receivedAt, ...readAssist(message) }, out);
      return;
    }
    if (topic.kind === 'reports') {
      if (await this.#reports(message, offset, out)) return;
    } else if (topic.kind === 'status') readStatus(admission, message.payload);
    else if (topic.kind === 'forbidden') {
      const detail = `${device} may not publish to ${message.topic.slice(0, 200)}; its reports go to devices/${device}/reports`;
      quarantineMessage(admission, { message, offset, quarantine }, 'forbidden-topic', detail);
    }
    this.#engine.step({ kind: 'contact', device, offset, receivedAt }, out);
  }

  /** True when a report of the message was accepted: the engine has then heard of the device. */
  async #reports(message: MessageRecord, offset: number, out: Processed): Promise<boolean> {
    const { device } = message;
    const met = this.#devices.meet(device);
    const product = this.#catalogue.device(device)?.product;
    const signals = product === undefined ? undefined : this.#signalsOf(product);
    const quarantine = (entry: QuarantineEntry) => out.quarantine.push(entry);
    if (product === undefined || !signals) {
      const detail = `${device} belongs to no known product`;
      quarantineMessage(met.admission, { message, offset, quarantine }, 'unknown-product', detail);
      return false;
    }
    let heard = false;
    const context = { message, offset, product, signals, hash: this.#hash, quarantine };
    for (const verdict of admitReports(met.admission, context)) {
      const settled = verdict.kind === 'suspect' ? await this.#settle(verdict, out) : verdict;
      if (settled.kind !== 'accepted') continue;
      const { report, judged } = settled;
      heard = true;
      out.reports.push(report);
      this.#engine.step({ kind: 'report', report, judged }, out);
      met.evaluated += 1;
      met.unstored += 1;
    }
    return heard;
  }

  async #settle(suspect: Suspect, out: Processed): Promise<Verdict> {
    const { boot, seq } = suspect;
    const { device } = suspect.report;
    const earlier = await this.#earlier.of({ device, boot, seq }, out.reports.find(device, boot, seq));
    return settle(this.#devices.meet(device).admission, suspect, earlier);
  }

  #oversize(record: OversizeRecord, offset: number, out: Processed): void {
    const { device, receivedAt, bytes } = record;
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
