import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { formatDuration, parseDurationMs } from '../../src/base/index.ts';

/** What a device sends at once. Times of it are relative to the case's zero. */
export interface Message {
  readonly kind: 'message';
  readonly payload: (zero: number) => string;
  readonly topic: 'reports' | 'assist';
  readonly from: 'device' | 'parent';
  /** How many the ledger counts. */
  readonly reports: number;
}

/** One thing that happens in a case, in order. */
export type Step =
  | Message
  /** What came late is judged: with the next tick of the service. */
  | { readonly kind: 'tick' }
  /** The service is killed and started again. */
  | { readonly kind: 'restart' }
  /** Nothing is heard until that is noticed. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'publish'; readonly version: string }
  | { readonly kind: 'acknowledge' | 'resolve'; readonly failureMode: string };

export interface GoldenCase {
  readonly file: string;
  readonly name: string;
  /** Also its product's, with a number: cases that publish versions or have rules of their own have a product of their own. */
  readonly device: string;
  readonly product: string;
  readonly source: string;
  /** The pack without anything that opens a case: what a backtest is compared with. */
  readonly quietSource: string;
  readonly versions: Readonly<Record<string, string>>;
  /** The device that it belongs to. */
  readonly parent: { readonly device: string; readonly product: string; readonly source: string } | undefined;
  readonly timezone: string | undefined;
  readonly isInstalled: boolean;
  /** Event time of `0m`; undefined: the arrival of its first message. */
  readonly zero: number | undefined;
  readonly steps: readonly Step[];
  readonly expected: Outcome;
  /** Ways that do not apply, with the reason. */
  readonly without: Readonly<Partial<Record<'live' | 'backtest', string>>>;
}

/** What came of a case, in words. */
export interface Outcome {
  readonly findings: readonly string[];
  readonly cases: readonly string[];
  /** Those of the ledger's counts that the case is about. */
  readonly counts: Readonly<Record<string, number>>;
}

interface CaseText {
  readonly name: string;
  readonly start?: string;
  readonly clock?: 'arrival';
  readonly timezone?: string;
  readonly rules?: unknown;
  readonly versions?: Readonly<Record<string, object>>;
  readonly installed?: boolean;
  readonly parent?: 'none';
  readonly send: readonly (string | Row)[];
  readonly findings?: readonly string[];
  readonly cases?: readonly string[];
  readonly counts?: Readonly<Record<string, number>>;
  readonly without?: GoldenCase['without'];
}

interface FileText {
  readonly pack: object;
  readonly parent?: object;
  readonly cases: readonly CaseText[];
}

/** A line of a case: one report, or several in a row. What is no word of the format is a signal. */
type Row = Readonly<Record<string, unknown>>;

const folder = join(import.meta.dirname, 'cases');
const defaultZero = Date.UTC(2025, 2, 3, 6);

/** The golden cases: what happens, and what is to come of it. `README.md` beside them tells the format. */
export function goldenCases(): GoldenCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files.sort().flatMap((name) => {
    const theme = name.replace('.yaml', '');
    // The files are part of this test: their shape is what the types say, and steps are checked below.
    const { pack, parent, cases } = parse(readFileSync(join(folder, name), 'utf8')) as FileText;
    return cases.map((text, index) => caseOf(theme, { pack, parent }, text, index + 1));
  });
}

function caseOf(
  theme: string,
  { pack, parent }: { readonly pack: object; readonly parent: object | undefined },
  text: CaseText,
  number: number,
): GoldenCase {
  const isOwn = text.rules !== undefined || text.versions !== undefined;
  const device = `${theme}-${number}`;
  const product = isOwn ? device : theme;
  const above = `${theme}-parent`;
  const own = {
    product,
    ...(parent && { parent: above }),
    ...pack,
    ...(text.rules === undefined ? {} : { rules: text.rules }),
  };
  const versions = Object.entries(text.versions ?? {}).map(([name, more]) => [name, stringify({ ...own, ...more })]);
  const numberings = { device: { seq: 1, boot: 'b1' }, parent: { seq: 1, boot: 'b1' } };
  return {
    file: theme,
    name: text.name,
    device,
    product,
    source: stringify(own),
    quietSource: stringify({ ...own, rules: [], faultCodes: {} }),
    versions: Object.fromEntries(versions),
    parent:
      parent === undefined || text.parent === 'none'
        ? undefined
        : { device: `${device}-parent`, product: above, source: stringify({ product: above, ...parent }) },
    timezone: text.timezone,
    isInstalled: text.installed === true,
    zero: text.clock === 'arrival' ? undefined : text.start === undefined ? defaultZero : Date.parse(text.start),
    steps: text.send.flatMap((row) => (typeof row === 'string' ? stepOf(row) : messagesOf(row, numberings))),
    expected: { findings: text.findings ?? [], cases: text.cases ?? [], counts: text.counts ?? {} },
    without: text.without ?? {},
  };
}

function stepOf(text: string): Step {
  const [word = '', first = ''] = text.split(' ');
  if (word === 'tick' || word === 'restart' || word === 'silence') return { kind: word };
  if (word === 'publish') return { kind: 'publish', version: first };
  if (word === 'acknowledge' || word === 'resolve') return { kind: word, failureMode: first };
  throw new Error(`a golden case has no step '${text}'`);
}

const words = [
  'of',
  'at',
  'every',
  'boot',
  'seq',
  'firmware',
  'faults',
  'batch',
  'sentAt',
  'uptime',
  'raw',
  'assist',
  'times',
];

interface Numbering {
  seq: number;
  boot: string;
}

function messagesOf(row: Row, numberings: Readonly<Record<Message['from'], Numbering>>): Message[] {
  const from = row.of === 'parent' ? 'parent' : 'device';
  if (typeof row.raw === 'string') {
    const { raw } = row;
    return [{ kind: 'message', topic: 'reports', from, payload: () => raw, reports: 1 }];
  }
  if (typeof row.assist === 'string') {
    const { assist } = row;
    return [{ kind: 'message', topic: 'assist', from, payload: () => JSON.stringify({ note: assist }), reports: 0 }];
  }
  const reports = reportsOf(row, numberings[from]);
  if (row.batch === true) {
    const payload = (zero: number) => JSON.stringify(reports.map((report) => report(zero)));
    return [{ kind: 'message', topic: 'reports', from, payload, reports: reports.length }];
  }
  const times = Number(row.times ?? 1);
  return reports.flatMap((report) =>
    Array.from({ length: times }, () => ({
      kind: 'message' as const,
      topic: 'reports' as const,
      from,
      payload: (zero: number) => JSON.stringify(report(zero)),
      reports: 1,
    })),
  );
}

function reportsOf(row: Row, numbering: Numbering): ((zero: number) => object)[] {
  const signals = Object.entries(row)
    .filter(([name]) => !words.includes(name))
    .map(([name, text]) => [name, samplesOf(String(text))] as const);
  const count = Math.max(1, ...signals.map(([, samples]) => samples.length));
  const everyMs = spanOf(row.every ?? '1m');
  if (row.boot !== undefined) Object.assign(numbering, { boot: String(row.boot), seq: 1 });
  if (typeof row.seq === 'number') numbering.seq = row.seq;
  return Array.from({ length: count }, (_, index) => {
    const said = Object.fromEntries(
      signals.flatMap(([name, samples]) => (samples[index] === undefined ? [] : [[name, samples[index]]])),
    );
    const identity = row.seq === 'none' ? {} : { boot: numbering.boot, seq: numbering.seq++ };
    const stamp = (name: string, zero: number) =>
      row[name] === undefined ? {} : { [name]: zero + spanOf(row[name]) + index * everyMs };
    return (zero: number) => ({
      ...stamp('at', zero),
      ...stamp('sentAt', zero),
      ...(row.uptime === undefined ? {} : { uptime: spanOf(row.uptime) + index * everyMs }),
      ...identity,
      ...(row.firmware === undefined ? {} : { firmware: row.firmware }),
      signals: said,
      ...(row.faults === undefined ? {} : { faults: faultsOf(String(row.faults)) }),
    });
  });
}

/** `4x2 9 _`: two of 4, one of 9, one report without the signal. */
function samplesOf(text: string): (number | boolean | string | undefined)[] {
  return text.split(/\s+/).flatMap((part) => {
    const [, word = '', times = '1'] = /^(.+?)(?:x(\d+))?$/.exec(part) ?? [];
    return Array.from({ length: Number(times) }, () => readingOf(word));
  });
}

function readingOf(word: string): number | boolean | string | undefined {
  if (word === '_') return undefined;
  if (word === 'true' || word === 'false') return word === 'true';
  return Number.isNaN(Number(word)) ? word : Number(word);
}

/** `E1 on, E2 off` */
function faultsOf(text: string): object[] {
  return text.split(', ').map((part) => {
    const [code, state] = part.split(' ');
    return { code, active: state === 'on' };
  });
}

/** `5m`, `-1h30m`, `0m` → ms. */
export function spanOf(value: unknown): number {
  const text = String(value);
  if (/^-?0(?:ms|s|m|h|d)?$/.test(text)) return 0;
  const ms = parseDurationMs(text.replace('-', ''));
  if (ms === undefined) throw new Error(`'${text}' is no length of time`);
  return text.startsWith('-') ? -ms : ms;
}

/** What {@link wordsOf} needs of a finding, from the service's API or from the fold. Times are epoch ms. */
export interface ToldFinding {
  readonly source: string;
  readonly state: string;
  readonly startsAt: number;
  readonly openedAt: number;
  readonly endsAt: number | null;
}

export interface ToldCase {
  readonly failureMode: string;
  readonly severity: string;
  readonly safety: boolean;
  readonly startsAt: number;
  readonly openedAt: number;
  readonly isRecurrence: boolean;
  /** Kinds of its timeline, in order. */
  readonly timeline: readonly string[];
}

/** Writes event times as a golden case has them. `began`: service time at which the run began. */
export function timesOf(item: GoldenCase, zero: number, began: number): (at: number) => string {
  return (at) => {
    if (item.zero !== undefined && at >= began) return 'arrival';
    // Stamps that go by arrival come by seconds later in a real service.
    const ms = item.zero === undefined ? Math.round((at - zero) / 60_000) * 60_000 : at - zero;
    if (ms === 0) return '0m';
    return ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms);
  };
}

export function wordsOfFinding(told: ToldFinding, time: (at: number) => string): string {
  const { source, state, startsAt, openedAt, endsAt } = told;
  const end = state === 'retracted' ? ', withdrawn' : endsAt === null ? '' : `, until ${time(endsAt)}`;
  return `${source} since ${time(startsAt)}, opened ${time(openedAt)}${end}`;
}

export function wordsOfCase(told: ToldCase, time: (at: number) => string): string {
  const { timeline, isRecurrence } = told;
  return `${caseHead(told, time)}: ${[...(isRecurrence ? ['again'] : []), ...timeline].join(' ')}`;
}

/** As far as a backtest tells it. */
export function caseHead(told: Omit<ToldCase, 'timeline' | 'isRecurrence'>, time: (at: number) => string): string {
  const { failureMode, severity, safety, startsAt, openedAt } = told;
  return `${failureMode} ${severity}${safety ? ' safety' : ''} since ${time(startsAt)}, opened ${time(openedAt)}`;
}

/** The heads of the expected cases that corrections left standing: a backtest, which judges in order, opens no others. */
export function standingHeads({ cases }: Outcome): string[] {
  return cases.flatMap((text) => {
    const colon = text.lastIndexOf(':');
    const kinds = text.slice(colon + 2).split(' ');
    const found = kinds.filter((kind) => kind === 'opened' || kind === 'joined').length;
    const withdrawn = kinds.filter((kind) => kind === 'retracted').length;
    return found > withdrawn ? [text.slice(0, colon)] : [];
  });
}
