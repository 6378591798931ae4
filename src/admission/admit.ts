import { assert, canonicalJson } from '../base/index.ts';
import { correctionHorizonMs, type MessageRecord, type Report } from '../telemetry/index.ts';
import type { Decoded, RawReport } from './decode.ts';
import { addSeq, closePastGap, gapsOf, pastGapsMax, type SeenBoot, touchBoot } from './identity.ts';
import { anchorUptime, placeInTime, steadySkew } from './place.ts';
import type { ReportReader } from './report-reader.ts';
import { type QuarantineSink, SetAside } from './set-aside.ts';
import type { DeviceAdmission } from './state.ts';
import { type ReadReport, readReport, type SignalIndex, type UnreadableReport } from './validate.ts';

/** What became of one report of a message. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly report: Report; readonly judged: boolean }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'quarantined' }
  | Suspect;

/** Its identity was seen before: what was said then decides. */
export interface Suspect {
  readonly kind: 'suspect';
  readonly report: Report;
  readonly boot: string;
  readonly seq: number;
  readonly raw: RawReport;
  readonly read: ReadReport;
}

/** A report stored earlier, with its {@link rawContent} where the log still has it. */
export interface EarlierReport {
  readonly report: Report;
  readonly content: string | undefined;
}

export interface MessageContext {
  readonly message: MessageRecord;
  readonly offset: number;
  readonly product: string;
  readonly signals: SignalIndex;
  /** Of the device. */
  readonly reader: ReportReader;
  /** Digest of a text, for reports without `boot` and `seq`, as {@link SeenHashes.add} takes it. */
  readonly hash: (text: string) => string;
  readonly quarantine: QuarantineSink;
}

const duplicate = { kind: 'duplicate' } as const;
const quarantined = { kind: 'quarantined' } as const;
const noReports: readonly never[] = [];

/**
 * Reads one message of a device and judges it report by report. Verdicts come in order and must each be settled (a
 * suspect by {@link settle}) before the next is asked for: a report may repeat one of the same message.
 */
export class MessageAdmission {
  readonly #state: DeviceAdmission;
  readonly #context: MessageContext;
  readonly #unreadable: Extract<Decoded, { ok: false }> | undefined;
  readonly #reports: readonly (RawReport | undefined)[];
  readonly #skewMs: number = 0;
  /** What to add to an `uptime` of this message to have event time, by the boot's anchor. */
  readonly #bootAt: number | undefined;
  #setAside: SetAside | undefined;
  #index = 0;

  constructor(state: DeviceAdmission, context: MessageContext) {
    this.#state = state;
    this.#context = context;
    const decoded = context.reader.read(context.message.payload);
    if (!decoded.ok) {
      this.#unreadable = decoded;
      this.#reports = noReports;
      return;
    }
    this.#reports = decoded.reports;
    const last = decoded.reports[decoded.reports.length - 1];
    if (last === undefined) return;
    const { receivedAt } = context.message;
    if (last.sentAt !== undefined) this.#skewMs = messageSkew(state, receivedAt, last);
    if (last.uptime !== undefined && last.at === undefined) this.#bootAt = uptimeShift(state, receivedAt, last);
  }

  /** The next report's verdict; undefined when there are no more. */
  next(): Verdict | undefined {
    const index = this.#index++;
    if (this.#unreadable && index === 0) return this.#quarantineAll(this.#unreadable);
    if (index >= this.#reports.length) {
      this.#setAside?.finish();
      return undefined;
    }
    const raw = this.#reports[index];
    this.#state.counts.received += 1;
    const read = readReport(raw, this.#context.signals);
    return raw && read.ok ? this.#identify(raw, read, index) : this.#quarantine(raw, read, index);
  }

  /** Decides a suspect by what was stored earlier under its identity: the same content is a duplicate. */
  settle(suspect: Suspect, earlier: readonly EarlierReport[]): Exclude<Verdict, Suspect> {
    const { report } = suspect;
    const before = earlier.filter((item) => precedes(item.report, report));
    if (before.length > 0) {
      const content = rawContent(suspect.raw);
      if (before.some((item) => isSame(item, suspect, content))) {
        this.#state.counts.duplicates += 1;
        return duplicate;
      }
    }
    const unsure = before.length === 0 && suspect.seq <= bootOf(this.#state, suspect.boot).unsureBelow;
    if (!unsure) this.#state.counts.conflicts += 1;
    return this.#accept(suspect.raw, suspect.read, report);
  }

  #quarantineAll({ reason, detail }: Extract<Decoded, { ok: false }>): typeof quarantined {
    quarantineMessage(this.#state, this.#context, reason, detail);
    return quarantined;
  }

  #quarantine(raw: RawReport | undefined, read: ReadReport | UnreadableReport, index: number): typeof quarantined {
    assert(!read.ok, 'a report that can be read is not quarantined');
    const { counts } = this.#state;
    counts.quarantined += 1;
    counts.readingsRejected += read.readingsRejected;
    if (read.boot !== undefined && read.seq !== undefined) noteSeq(this.#state, read.boot, read.seq);
    this.#keep({ index, raw, reason: read.reason, detail: read.detail });
    return quarantined;
  }

  #identify(raw: RawReport, read: ReadReport, index: number): Verdict {
    const state = this.#state;
    const report = place(this.#context, read, { index, skewMs: this.#skewMs, bootAt: this.#bootAt });
    const { boot, seq } = read;
    if (boot !== undefined && seq !== undefined) {
      if (!noteSeq(state, boot, seq)) return { kind: 'suspect', report, boot, seq, raw, read };
    } else if (read.at !== undefined || seq !== undefined) {
      if (!state.hashes.add(this.#context.hash(rawContent(raw)))) {
        state.counts.duplicates += 1;
        return duplicate;
      }
    }
    return this.#accept(raw, read, report);
  }

  #accept(raw: RawReport, read: ReadReport, report: Report): Extract<Verdict, { kind: 'accepted' }> {
    const state = this.#state;
    const { problems, readingsRejected } = read;
    state.counts.readingsRejected += readingsRejected;
    if (problems.length > 0) {
      this.#keep({ index: report.index, raw, reason: 'readings-set-aside', detail: problems.join('; ') });
    }
    state.counts.acknowledged += 1;
    if (report.firmware !== undefined) state.firmware = report.firmware;
    if (report.rawAt !== undefined) state.clockSuspect = { rawAt: report.rawAt, receivedAt: report.receivedAt };
    const behindMs = state.watermark === undefined ? 0 : state.watermark - report.at;
    if (behindMs > 0) state.counts.late += 1;
    else state.watermark = report.at;
    if (behindMs > correctionHorizonMs) state.counts.tooLate += 1;
    return { kind: 'accepted', report, judged: behindMs <= 0 };
  }

  #keep(item: { index: number; raw: RawReport | undefined; reason: string; detail: string }): void {
    const { message, offset, quarantine } = this.#context;
    this.#setAside ??= new SetAside(this.#state, message, offset, quarantine);
    this.#setAside.keepReport({ ...item, of: this.#reports.length });
  }
}

/** Counts a message that is no report at all: undecodable, empty, on a forbidden topic. */
export function quarantineMessage(
  state: DeviceAdmission,
  context: Pick<MessageContext, 'message' | 'offset' | 'quarantine'>,
  reason: string,
  detail: string,
): void {
  state.counts.received += 1;
  state.counts.quarantined += 1;
  new SetAside(state, context.message, context.offset, context.quarantine).keepMessage(reason, detail);
}

/** Of a report as it was sent: what tells two contents under one identity apart. `sentAt` is the sending's, not its. */
export function rawContent(raw: RawReport): string {
  const { sentAt: _, ...content } = raw;
  return canonicalJson(content);
}

function messageSkew(state: DeviceAdmission, receivedAt: number, last: RawReport): number {
  const read = readReport({ at: last.sentAt, boot: last.boot, faults: [{ code: 'sent' }] }, new Map());
  if (!read.ok || read.at === undefined) return 0;
  // A message that others overtook was held up, and one that comes again too: they tell nothing of the clock.
  if (state.skew !== undefined && state.skew.boot === read.boot && wasPassed(state, last)) return state.skew.ms;
  state.skew = steadySkew(state.skew, { boot: read.boot, ms: receivedAt - read.at, agreedAt: receivedAt });
  return state.skew.ms;
}

/** The boot has said this number before, or a later one. */
function wasPassed({ boots }: DeviceAdmission, { boot, seq }: RawReport): boolean {
  const newest = boots.find((seen) => seen.boot === String(boot))?.intervals.at(-1);
  return typeof seq === 'number' && newest !== undefined && seq <= newest;
}

function uptimeShift(state: DeviceAdmission, receivedAt: number, last: RawReport): number | undefined {
  const { uptime } = last;
  if (typeof uptime !== 'number' || !(uptime >= 0)) return undefined;
  const boot = last.boot === undefined || last.boot === null ? undefined : String(last.boot);
  state.uptime = anchorUptime(state.uptime, { receivedAt, boot, uptime });
  return state.uptime.bootAt;
}

interface Placing {
  readonly index: number;
  readonly skewMs: number;
  readonly bootAt: number | undefined;
}

function place(context: MessageContext, read: ReadReport, { index, skewMs, bootAt }: Placing): Report {
  const { receivedAt, device } = context.message;
  const byUptime = read.at === undefined && read.uptime !== undefined && bootAt !== undefined;
  const placed = byUptime
    ? placeInTime({ receivedAt, at: bootAt + (read.uptime ?? 0), skewMs: 0 })
    : placeInTime({ receivedAt, at: read.at, skewMs });
  return {
    device,
    product: context.product,
    offset: context.offset,
    index,
    at: placed.at,
    receivedAt,
    rawAt: byUptime ? undefined : placed.rawAt,
    boot: read.boot,
    seq: read.seq,
    firmware: read.firmware,
    signals: read.signals,
    faults: read.faults,
  };
}

/** False when the device's boot has said it, or may have. */
function noteSeq(state: DeviceAdmission, boot: string, seq: number): boolean {
  const seen = bootOf(state, boot);
  const isNew = addSeq(state.boots, seen, seq);
  if (isNew && seen.isBack !== false) closePastGap(state.pastGaps, boot, seq);
  return isNew;
}

function bootOf(state: DeviceAdmission, boot: string): SeenBoot {
  const last = state.boots[state.boots.length - 1];
  if (last?.boot === boot) return last;
  const { seen, evicted } = touchBoot(state.boots, boot);
  seen.isBack ??= state.pastGaps.some((gap) => gap.boot === boot);
  if (evicted) {
    state.pastGaps.push(...gapsOf(evicted));
    if (state.pastGaps.length > pastGapsMax) state.pastGaps.splice(0, state.pastGaps.length - pastGapsMax);
  }
  return seen;
}

function precedes(a: Report, b: Report): boolean {
  return a.offset < b.offset || (a.offset === b.offset && a.index < b.index);
}

/** By what was sent, where the log still has it; else by what became of it. */
function isSame(earlier: EarlierReport, suspect: Suspect, content: string): boolean {
  if (earlier.content !== undefined) return earlier.content === content;
  return sameContent(earlier.report, suspect.report, suspect.read.at !== undefined);
}

/** Its own stamp (where it has one), firmware, readings and fault codes. */
function sameContent(a: Report, b: Report, ownAt: boolean): boolean {
  if (ownAt && (a.rawAt ?? a.at) !== (b.rawAt ?? b.at)) return false;
  if (a.firmware !== b.firmware) return false;
  return canonicalJson([a.signals, a.faults]) === canonicalJson([b.signals, b.faults]);
}
