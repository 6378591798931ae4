import { canonicalJson, dayMs } from '../base/index.ts';
import { deviceTopic, type MessageRecord, type Report } from '../telemetry/index.ts';
import { type Decoded, decodeReports, isObject, type RawReport } from './decode.ts';
import { addSeq, gapsOf, hasSeq, pastGapsMax, type SeenBoot, touchBoot } from './identity.ts';
import { anchorUptime, placeInTime } from './place.ts';
import { type DeviceAdmission, hashesMax } from './state.ts';
import { type ReadReport, readReport, type SignalIndex, type UnreadableReport } from './validate.ts';

/** Reports further behind their device's watermark are stored and never judged. */
export const correctionHorizonMs = 7 * dayMs;

/** Something kept because it could not be used, and told to its device. */
export interface QuarantineEntry {
  readonly device: string;
  readonly offset: number;
  readonly index: number;
  readonly receivedAt: number;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  /** The message's raw bytes, of a batch only the report in question; undefined for an oversize packet. */
  readonly payload: Uint8Array | undefined;
  readonly bytes: number;
}

/** What became of one report of a message. `suspect` asks for what was stored earlier under the same identity. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly report: Report; readonly judged: boolean }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'quarantined' }
  | {
      readonly kind: 'suspect';
      readonly report: Report;
      readonly boot: string;
      readonly seq: number;
      readonly ownAt: boolean;
    };

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
  const skewMs = messageSkew(context.message.receivedAt, decoded.reports.at(-1));
  const shift = uptimeShift(state, context, decoded);
  for (const [index, raw] of decoded.reports.entries()) {
    state.counts.received += 1;
    const read = readReport(raw, context.signals);
    state.counts.readingsRejected += read.readingsRejected;
    if (!read.ok) {
      keepUnreadable(state, context, { index, payload: ownBytes(context, decoded, raw) }, read);
      yield { kind: 'quarantined' };
      continue;
    }
    if (read.problems.length > 0) {
      const item = { index, payload: ownBytes(context, decoded, raw) };
      keepEntry(context, item, 'readings-set-aside', read.problems.join('; '));
    }
    yield identify(state, context, raw, place(context, index, read, skewMs, shift), read.at !== undefined);
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
  keepEntry(context, { index: 0, payload: context.message.payload }, reason, detail);
}

/** Decides a suspect by what was stored earlier under its identity: the same content is a duplicate. */
export function settle(
  state: DeviceAdmission,
  suspect: Extract<Verdict, { kind: 'suspect' }>,
  earlier: readonly Report[],
): Verdict {
  const { report } = suspect;
  const same = earlier.some((item) => precedes(item, report) && sameContent(item, report, suspect.ownAt));
  if (same) {
    state.counts.duplicates += 1;
    return { kind: 'duplicate' };
  }
  state.counts.conflicts += 1;
  return accept(state, report);
}

/** A device's presence as its status topic tells it: an old boot's will changes nothing. */
export function readStatus(state: DeviceAdmission, payload: Uint8Array): void {
  const status = singleObject(decodeReports(payload));
  if (!status) return;
  const boot = typeof status.boot === 'string' || typeof status.boot === 'number' ? String(status.boot) : undefined;
  if (status.state === 'online') {
    state.online = true;
    state.onlineBoot = boot;
  } else if (
    status.state === 'offline' &&
    (boot === undefined || state.onlineBoot === undefined || boot === state.onlineBoot)
  ) {
    state.online = false;
  }
}

/** What a call for help says. It is never lost for being ill-formed: without a usable stamp it was pressed on arrival. */
export function readAssist(message: MessageRecord): { at: number; note: string } {
  const body = singleObject(decodeReports(message.payload));
  const read = body ? readReport({ at: body.at, faults: [{ code: 'assist' }] }, new Map()) : undefined;
  const at = read?.ok ? read.at : undefined;
  const note = typeof body?.note === 'string' ? body.note.slice(0, 500) : '';
  return { at: placeInTime({ receivedAt: message.receivedAt, at, skewMs: 0 }).at, note };
}

export function messageTopic(message: MessageRecord) {
  return deviceTopic(message.device, message.topic);
}

function singleObject(decoded: Decoded): RawReport | undefined {
  return decoded.ok ? decoded.reports[0] : undefined;
}

function messageSkew(receivedAt: number, last: RawReport | undefined): number {
  if (!isObject(last) || last.sentAt === undefined) return 0;
  const read = readReport({ at: last.sentAt, faults: [{ code: 'sent' }] }, new Map());
  return read.ok && read.at !== undefined ? receivedAt - read.at : 0;
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
  raw: RawReport | undefined,
  report: Report,
  ownAt: boolean,
): Verdict {
  const { boot, seq } = report;
  if (boot !== undefined && seq !== undefined) {
    const seen = bootOf(state, boot);
    if (hasSeq(seen.intervals, seq)) return { kind: 'suspect', report, boot, seq, ownAt };
    addSeq(seen.intervals, seq);
    return accept(state, report);
  }
  if (!ownAt && seq === undefined) return accept(state, report);
  const { sentAt: _, ...content } = raw ?? {};
  const hash = context.hash(canonicalJson(content));
  if (state.hashes.has(hash)) {
    state.counts.duplicates += 1;
    return { kind: 'duplicate' };
  }
  state.hashes.add(hash);
  if (state.hashes.size > hashesMax) state.hashes.delete(state.hashes.values().next().value ?? '');
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

/** A report of a message: its place, and its own bytes. */
interface Item {
  readonly index: number;
  readonly payload: Uint8Array;
}

const encoder = new TextEncoder();

function ownBytes(
  context: MessageContext,
  decoded: Extract<Decoded, { ok: true }>,
  raw: RawReport | undefined,
): Uint8Array {
  return decoded.reports.length === 1 ? context.message.payload : encoder.encode(JSON.stringify(raw ?? null));
}

function keepUnreadable(state: DeviceAdmission, context: MessageContext, item: Item, read: UnreadableReport): void {
  state.counts.quarantined += 1;
  if (read.boot !== undefined && read.seq !== undefined) addSeq(bootOf(state, read.boot).intervals, read.seq);
  keepEntry(context, item, read.reason, read.detail);
}

function keepEntry(
  context: Pick<MessageContext, 'message' | 'offset' | 'quarantine'>,
  item: Item,
  reason: string,
  detail: string,
): void {
  const { device, receivedAt, topic } = context.message;
  const { index, payload } = item;
  const { offset } = context;
  context.quarantine({ device, offset, index, receivedAt, reason, detail, topic, payload, bytes: payload.length });
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

/** Content as the device wrote it: its own stamp (where it has one), firmware, readings and fault codes. */
function sameContent(a: Report, b: Report, ownAt: boolean): boolean {
  if (ownAt && (a.rawAt ?? a.at) !== (b.rawAt ?? b.at)) return false;
  if (a.firmware !== b.firmware) return false;
  return canonicalJson([a.signals, a.faults]) === canonicalJson([b.signals, b.faults]);
}
