import { canonicalJson } from '../../src/base/index.ts';
import { decodeRecord } from '../../src/telemetry/index.ts';
import type { RawReport } from './device.ts';

/** What the ledger has to say of one device, counted from what it sent by the words of the contract. */
export class ExpectedDevice {
  received = 0;
  acknowledged = 0;
  duplicates = 0;
  quarantined = 0;
  conflicts = 0;
  readingsRejected = 0;
  /** Accepted reports in log order: their places, and what they said. */
  readonly accepted: { readonly place: string; readonly raw: RawReport }[] = [];
  /** Places of reports that repeat an earlier one. */
  readonly repeats: string[] = [];
  /** By boot and seq: the contents that were accepted; empty where all were bad. */
  readonly #identities = new Map<string, Set<string>>();
  readonly #contents = new Set<string>();
  readonly #seqs = new Map<string, Set<number>>();

  /** One that counts as one whatever it is. */
  refuse(): void {
    this.received += 1;
    this.quarantined += 1;
  }

  take(raw: RawReport | undefined, place: string): void {
    this.received += 1;
    const judged = judge(raw);
    const identity = raw && identityOf(raw);
    const seen = identity === undefined ? undefined : this.#identities.get(identity);
    if (identity !== undefined && raw) this.#note(raw, identity);
    if (raw === undefined || !judged.good) {
      this.quarantined += 1;
      this.readingsRejected += judged.rejected;
      return;
    }
    const { sentAt: _, ...said } = raw;
    const content = canonicalJson(said);
    const known = identity === undefined ? this.#contents : (this.#identities.get(identity) ?? new Set());
    if ((identity !== undefined || raw.at !== undefined) && known.has(content)) {
      this.duplicates += 1;
      this.repeats.push(place);
      return;
    }
    known.add(content);
    if (seen !== undefined) this.conflicts += 1;
    this.readingsRejected += judged.rejected;
    this.acknowledged += 1;
    this.accepted.push({ place, raw });
  }

  /** Missing `seq`s between received ones, by boot. */
  gaps(): string[] {
    const gaps: string[] = [];
    for (const [boot, seqs] of this.#seqs) {
      const sorted = [...seqs].sort((a, b) => a - b);
      for (const [index, seq] of sorted.entries()) {
        const next = sorted[index + 1];
        if (next !== undefined && next > seq + 1) gaps.push(`${boot} ${seq + 1}-${next - 1}`);
      }
    }
    return gaps.sort();
  }

  #note(raw: RawReport, identity: string): void {
    if (!this.#identities.has(identity)) this.#identities.set(identity, new Set());
    const boot = String(raw.boot);
    const seqs = this.#seqs.get(boot) ?? new Set();
    this.#seqs.set(boot, seqs.add(Number(raw.seq)));
  }
}

/** Counts a whole log. */
export function expectedOf(history: readonly Uint8Array[]): Map<string, ExpectedDevice> {
  const devices = new Map<string, ExpectedDevice>();
  const meet = (id: string): ExpectedDevice => {
    const known = devices.get(id) ?? new ExpectedDevice();
    devices.set(id, known);
    return known;
  };
  for (const [offset, payload] of history.entries()) {
    const record = decodeRecord(payload);
    if (record.kind === 'oversize') meet(record.device).refuse();
    if (record.kind !== 'message') continue;
    const device = meet(record.device);
    const topic = record.topic.slice(`devices/${record.device}/`.length);
    if (!record.topic.startsWith(`devices/${record.device}/`)) device.refuse();
    if (topic !== 'reports' || !record.topic.startsWith(`devices/${record.device}/`)) continue;
    const reports = reportsOf(record.payload);
    if (reports === undefined) device.refuse();
    for (const [index, raw] of (reports ?? []).entries()) device.take(raw, `${offset}.${index}`);
  }
  return devices;
}

/** Undefined for what holds no report at all. */
export function reportsOf(payload: Uint8Array): (RawReport | undefined)[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) return undefined;
  return list.map((item) => (typeof item === 'object' && item !== null ? { ...item } : undefined));
}

const types: Readonly<Record<string, string>> = { temp: 'number', hum: 'number', starts: 'number', door: 'boolean' };

export function goodSignals(raw: RawReport): Record<string, unknown> {
  const signals = Object.entries(raw.signals ?? {});
  return Object.fromEntries(signals.filter(([name, value]) => types[name] === typeof value));
}

function judge(raw: RawReport | undefined): { readonly good: boolean; readonly rejected: number } {
  if (raw === undefined || (raw.at !== undefined && typeof raw.at !== 'number')) return { good: false, rejected: 0 };
  const good = Object.keys(goodSignals(raw)).length;
  const rejected = Object.keys(raw.signals ?? {}).length - good;
  return { good: good > 0 || raw.faults !== undefined, rejected };
}

function identityOf(raw: RawReport): string | undefined {
  return raw.boot === undefined || raw.seq === undefined ? undefined : `${raw.boot}\n${raw.seq}`;
}
