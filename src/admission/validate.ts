import { nearest, parseInstant } from '../base/index.ts';
import type { ProductPack, SignalSpec } from '../product/index.ts';
import type { FaultCode, SignalValue } from '../telemetry/index.ts';
import { isObject, type RawReport } from './decode.ts';

/** What a raw report says once judged reading by reading; nothing of it is placed in time yet. */
export interface ReadReport {
  readonly ok: true;
  /** The device's own stamps; undefined where absent. */
  readonly at: number | undefined;
  readonly sentAt: number | undefined;
  readonly uptime: number | undefined;
  readonly boot: string | undefined;
  readonly seq: number | undefined;
  readonly firmware: string | undefined;
  readonly signals: Readonly<Record<string, SignalValue>>;
  readonly faults: readonly FaultCode[];
  /** Why parts were set aside; empty when all of it was good. */
  readonly problems: readonly string[];
  readonly readingsRejected: number;
}

export interface UnreadableReport {
  readonly ok: false;
  readonly reason: 'not-a-report' | 'bad-at' | 'no-good-reading';
  readonly detail: string;
  readonly readingsRejected: number;
  /** Its place in the device's count, so that a bad report is not a missing one. */
  readonly boot: string | undefined;
  readonly seq: number | undefined;
}

/** Texts of the device's own that become labels; longer ones are set aside. */
const labelCharactersMax = 128;
const faultCodesMax = 64;
/** How many problems of one report are told; the rest is counted. */
const problemsToldMax = 10;

/** Signals of a pack by name, made once a pack version. */
export type SignalIndex = ReadonlyMap<string, SignalSpec>;

export function signalIndex(pack: ProductPack): SignalIndex {
  return new Map(pack.signals.map((signal) => [signal.name, signal]));
}

const notAReport: UnreadableReport = {
  ok: false,
  reason: 'not-a-report',
  detail: 'an item of the array is no JSON object',
  boot: undefined,
  seq: undefined,
  readingsRejected: 0,
};

export function readReport(raw: RawReport | undefined, known: SignalIndex): ReadReport | UnreadableReport {
  if (!raw) return notAReport;
  const problems = new Problems();
  const boot = readLabel(raw, 'boot', problems);
  const seq = readCount(raw, 'seq', problems);
  const at = raw.at === undefined ? undefined : readStamp(raw.at);
  if (raw.at !== undefined && at === undefined) {
    const detail = `\`at\` must be epoch milliseconds or RFC 3339, not ${show(raw.at)}`;
    return { ok: false, reason: 'bad-at', detail, boot, seq, readingsRejected: 0 };
  }
  const signals = readSignals(raw.signals, known, problems);
  const faults = readFaults(raw.faults, problems);
  if (signals.empty && faults.length === 0) {
    const told = problems.list();
    const detail = told.length > 0 ? told.join('; ') : 'the report has neither `signals` nor `faults`';
    return { ok: false, reason: 'no-good-reading', detail, boot, seq, readingsRejected: signals.rejected };
  }
  const sentAt = raw.sentAt === undefined || raw.sentAt === null ? undefined : parseInstant(raw.sentAt);
  if (raw.sentAt !== undefined && raw.sentAt !== null && sentAt === undefined)
    problems.add(`\`sentAt\` is no time: ${show(raw.sentAt)}`);
  return {
    ok: true,
    at,
    sentAt,
    uptime: readCount(raw, 'uptime', problems),
    boot,
    seq,
    firmware: readLabel(raw, 'firmware', problems),
    signals: signals.good,
    faults,
    problems: problems.list(),
    readingsRejected: signals.rejected,
  };
}

/** Any number is a stamp; one that no calendar holds is as wrong as one from 2099. */
function readStamp(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? Math.trunc(value) : parseInstant(value);
}

/** Most reports have none: nothing is made for them. */
class Problems {
  #told: string[] | undefined;
  #more = 0;

  add(text: string): void {
    this.#told ??= [];
    if (this.#told.length < problemsToldMax) this.#told.push(text);
    else this.#more += 1;
  }

  list(): readonly string[] {
    const told = this.#told ?? none;
    return this.#more > 0 ? [...told, `and ${this.#more} more`] : told;
  }
}

const none: readonly never[] = [];
const noSignals: Readonly<Record<string, SignalValue>> = {};

interface ReadSignals {
  readonly good: Readonly<Record<string, SignalValue>>;
  readonly rejected: number;
  readonly empty: boolean;
}

function readSignals(value: unknown, known: SignalIndex, problems: Problems): ReadSignals {
  if (value === undefined) return { good: noSignals, rejected: 0, empty: true };
  if (!isObject(value)) {
    problems.add(`\`signals\` must be an object of readings, not ${show(value)}`);
    return { good: noSignals, rejected: 0, empty: true };
  }
  let empty = true;
  for (const name in value) {
    const spec = known.get(name);
    if (!spec || !isReading(spec, value[name])) return sortSignals(value, known, problems);
    empty = false;
  }
  // All of it is good, so it is what it should be: a record of the pack's signals, made by JSON.parse and held by nobody.
  return { good: value as Readonly<Record<string, SignalValue>>, rejected: 0, empty };
}

/** Copies what is good of a report's readings. */
function sortSignals(value: RawReport, known: SignalIndex, problems: Problems): ReadSignals {
  const good: Record<string, SignalValue> = {};
  let rejected = 0;
  let empty = true;
  for (const name in value) {
    const reading = value[name];
    const spec = known.get(name);
    if (spec && isReading(spec, reading)) {
      good[name] = reading;
      empty = false;
      continue;
    }
    rejected += 1;
    problems.add(spec ? wrongType(spec, reading) : unknownSignal(name, known));
  }
  return { good, rejected, empty };
}

function isReading(spec: SignalSpec, value: unknown): value is SignalValue {
  if (spec.type === 'number') return typeof value === 'number' && Number.isFinite(value) && allows(spec, value);
  return typeof value === spec.type && allows(spec, value as SignalValue);
}

function allows(spec: SignalSpec, value: SignalValue): boolean {
  return spec.values === undefined || spec.values.includes(value);
}

const typeWords = { number: 'a finite number', boolean: 'true or false', string: 'a text' } as const;

function wrongType(spec: SignalSpec, value: unknown): string {
  const wanted = spec.values ? `one of ${spec.values.join(', ')}` : typeWords[spec.type];
  return `signal \`${spec.name}\` must be ${wanted}, not ${show(value)}`;
}

function unknownSignal(name: string, known: SignalIndex): string {
  const near = nearest(name, known.keys());
  return `unknown signal \`${name.slice(0, 64)}\`${near ? `, did you mean \`${near}\`?` : ''}`;
}

/** The last word on each code: a report says what is so when it is sent. */
function readFaults(value: unknown, problems: Problems): readonly FaultCode[] {
  if (value === undefined) return none;
  if (!Array.isArray(value)) {
    problems.add(`\`faults\` must be an array of {code, active}, not ${show(value)}`);
    return none;
  }
  const faults = new Map<string, boolean>();
  for (const item of value) {
    const code: unknown = isObject(item) ? item.code : undefined;
    const active: unknown = isObject(item) ? (item.active ?? true) : undefined;
    if (typeof code === 'string' && code !== '' && code.length <= labelCharactersMax && typeof active === 'boolean') {
      if (faults.has(code) || faults.size < faultCodesMax) faults.set(code, active);
      else problems.add(`a report holds at most ${faultCodesMax} fault codes`);
    } else problems.add(`a fault code is {"code": "…", "active": true|false}, not ${show(item)}`);
  }
  return Array.from(faults, ([code, active]) => ({ code, active }));
}

function readLabel(raw: RawReport, key: 'boot' | 'firmware', problems: Problems): string | undefined {
  const value = raw[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'string' && value.length <= labelCharactersMax) return value;
  problems.add(`\`${key}\` must be a text of at most ${labelCharactersMax} characters, not ${show(value)}`);
  return undefined;
}

function readCount(raw: RawReport, key: 'seq' | 'uptime', problems: Problems): number | undefined {
  const value = raw[key];
  if (value === undefined || value === null) return undefined;
  if (
    typeof value === 'number' &&
    value >= 0 &&
    (key === 'uptime' ? Number.isFinite(value) : Number.isSafeInteger(value))
  ) {
    return Math.trunc(value);
  }
  problems.add(`\`${key}\` must be a whole number from 0 on, not ${show(value)}`);
  return undefined;
}

function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
