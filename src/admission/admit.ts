import { canonicalJson, dayMs } from '../base/index.ts';
import type { MessageRecord, Report } from '../telemetry/index.ts';
import { type Decoded, decodeReports, isObject, type RawReport } from './decode.ts';
import { addSeq, closePastGap, gapsOf, hasSeq, pastGapsMax, type SeenBoot, touchBoot } from './identity.ts';
import { anchorUptime, placeInTime, steadySkew } from './place.ts';
import { type QuarantineEntry, SetAside } from './set-aside.ts';
import { type DeviceAdmission, hashesMax } from './state.ts';
import { type ReadReport, readReport, type SignalIndex } from './validate.ts';

/** Reports further behind their device's watermark are stored and never judged. */
export const correctionHorizonMs = 7 * dayMs;

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
  /** It carries a stamp of the device's own. */
  readonly ownAt: boolean;
  /** As {@link rawContent} of the report. */
  readonly content: string;
  /** Counts and keeps what of it is set aside: of a duplicate, nothing is. */
  readonly keepSetAside: () => void;
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
  /** Digest of a text, for reports without `boot` and `seq`; the same for the same text for ever. */
  readonly hash: (text: string) => string;
  readonly quarantine: (entry: QuarantineEntry) => void;
}

/**
 * Reads one message of a device and judges it report by report. Verdicts come in order and must each be settled (a
 * suspect by {@link settle}) before the next is asked for: a report may repeat one of the same message.
 */
export function* admitReports(state: DeviceAdmission, context: MessageContext): Generator<Verdict, void, void> {
  const decoded = decodeReports(context.message.payload);
  if (!decoded.ok) {
    quarantineMessage(state, context, decoded.reason, decoded.detail);
    yield { kind: 'quarantined' };
    return;
  }
  const skewMs = messageSkew(state, context.message.receivedAt, decoded.reports.at(-1));
  const shift = uptimeShift(state, context, decoded);
  const setAside = new SetAside(state, context.message, context.offset, context.quarantine);
  const of = decoded.reports.length;
  for (const [index, raw] of decoded.reports.entries()) {
    state.counts.received += 1;
    const read = readReport(raw, context.signals);
    if (!read.ok) {
      state.counts.quarantined += 1;
      state.counts.readingsRejected += read.readingsRejected;
      if (read.boot !== undefined && read.seq !== undefined) noteSeq(state, bootOf(state, read.boot), read.seq);
      setAside.keepReport({ index, of, raw, reason: read.reason, detail: read.detail });
      yield { kind: 'quarantined' };
      continue;
    }
    const keepSetAside = () => {
      state.counts.readingsRejected += read.readingsRejected;
      if (read.problems.length === 0) return;
      setAside.keepReport({ index, of, raw, reason: 'readings-set-aside', detail: read.problems.join('; ') });
    };
    const report = place(context, index, read, skewMs, shift);
    yield identify(state, context, { raw, report, ownAt: read.at !== undefined, keepSetAside });
  }
  setAside.finish();
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

/** Decides a suspect by what was stored earlier under its identity: the same content is a duplicate. */
export function settle(state: DeviceAdmission, suspect: Suspect, earlier: readonly EarlierReport[]): Verdict {
  const { report } = suspect;
  const before = earlier.filter((item) => precedes(item.report, report));
  if (before.some((item) => isSame(item, suspect))) {
    state.counts.duplicates += 1;
    return { kind: 'duplicate' };
  }
  const unsure = before.length === 0 && suspect.seq <= bootOf(state, suspect.boot).unsureBelow;
  if (!unsure) state.counts.conflicts += 1;
  suspect.keepSetAside();
  return accept(state, report);
}

function messageSkew(state: DeviceAdmission, receivedAt: number, last: RawReport | undefined): number {
  if (!isObject(last) || last.sentAt === undefined) return 0;
  const read = readReport({ at: last.sentAt, boot: last.boot, faults: [{ code: 'sent' }] }, new Map());
  if (!read.ok || read.at === undefined) return 0;
  state.skew = steadySkew(state.skew, { boot: read.boot, ms: receivedAt - read.at });
  return state.skew.ms;
}

/** What to add to an `uptime` of this message to have event time, by the boot's anchor. */
function uptimeShift(
  state: DeviceAdmission,
  context: MessageContext,
  decoded: Extract<Decoded, { ok: true }>,
): number | undefined {
  const last = decoded.reports.at(-1);
  const uptime = last?.at === undefined ? last?.uptime : undefined;
  if (typeof uptime !== 'number' || !(uptime >= 0)) return undefined;
  const boot = last?.boot === undefined || last.boot === null ? undefined : String(last.boot);
  state.uptime = anchorUptime(state.uptime, { receivedAt: context.message.receivedAt, boot, uptime });
  return state.uptime.bootAt;
}

function place(
  context: MessageContext,
  index: number,
  read: ReadReport,
  skewMs: number,
  bootAt: number | undefined,
): Report {
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

function identify(
  state: DeviceAdmission,
  context: MessageContext,
  read: Pick<Suspect, 'report' | 'ownAt' | 'keepSetAside'> & { readonly raw: RawReport | undefined },
): Verdict {
  const { raw = {}, report, ownAt, keepSetAside } = read;
  const { boot, seq } = report;
  if (boot !== undefined && seq !== undefined) {
    const seen = bootOf(state, boot);
    if (hasSeq(seen.intervals, seq)) {
      return { kind: 'suspect', report, boot, seq, ownAt, content: rawContent(raw), keepSetAside };
    }
    noteSeq(state, seen, seq);
  } else if (ownAt || seq !== undefined) {
    const hash = context.hash(rawContent(raw));
    if (state.hashes.has(hash)) {
      state.counts.duplicates += 1;
      return { kind: 'duplicate' };
    }
    state.hashes.add(hash);
    if (state.hashes.size > hashesMax) state.hashes.delete(state.hashes.values().next().value ?? '');
  }
  keepSetAside();
  return accept(state, report);
}

function accept(state: DeviceAdmission, report: Report): Verdict {
  state.counts.acknowledged += 1;
  if (report.firmware !== undefined) state.firmware = report.firmware;
  if (report.rawAt !== undefined) state.clockSuspect = { rawAt: report.rawAt, receivedAt: report.receivedAt };
  const behindMs = state.watermark === undefined ? 0 : state.watermark - report.at;
  if (behindMs > 0) state.counts.late += 1;
  else state.watermark = report.at;
  if (behindMs > correctionHorizonMs) state.counts.tooLate += 1;
  return { kind: 'accepted', report, judged: behindMs <= 0 };
}

function noteSeq(state: DeviceAdmission, seen: SeenBoot, seq: number): void {
  addSeq(seen, seq);
  if (state.pastGaps.length > 0) closePastGap(state.pastGaps, seen.boot, seq);
}

function bootOf(state: DeviceAdmission, boot: string): SeenBoot {
  const { seen, evicted } = touchBoot(state.boots, boot);
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
function isSame(earlier: EarlierReport, suspect: Suspect): boolean {
  if (earlier.content !== undefined) return earlier.content === suspect.content;
  return sameContent(earlier.report, suspect.report, suspect.ownAt);
}

/** Its own stamp (where it has one), firmware, readings and fault codes. */
function sameContent(a: Report, b: Report, ownAt: boolean): boolean {
  if (ownAt && (a.rawAt ?? a.at) !== (b.rawAt ?? b.at)) return false;
  if (a.firmware !== b.firmware) return false;
  return canonicalJson([a.signals, a.faults]) === canonicalJson([b.signals, b.faults]);
}
