import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { formatDuration, parseDurationMs } from '../../src/base/index.ts';

/** What a device sends at once. Times of it are relative to the case's zero. */
export interface Message {
  readonly kind: 'message';
  /** Id of who sends it. */
  readonly device: string;
  readonly payload: (zero: number) => string;
  readonly topic: 'reports' | 'assist';
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
  /** Nothing is heard of a device until that is noticed. */
  | { readonly kind: 'silence'; readonly device: string }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Times are relative to the case's zero. */
  | {
      readonly kind: 'plan';
      readonly name: string;
      readonly query: Readonly<Record<string, string>>;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'end'; readonly name: string }
  | { readonly kind: 'publish'; readonly version: string }
  | { readonly kind: 'acknowledge' | 'resolve'; readonly failureMode: string };

/** A device of a case: the case's own, or one beside it. */
export interface GoldenDevice {
  readonly id: string;
  /** What the outcome calls it; empty for the case's own, and for each of a fleet. */
  readonly name: string;
  readonly product: string;
  readonly site: string | undefined;
  readonly parent: string | undefined;
}

export interface GoldenCase {
  readonly file: string;
  readonly name: string;
  /** Also its product's, with a number: cases that publish versions or have rules of their own have a product of their own. */
  readonly device: string;
  /** In the order in which they are registered, the case's own among them. */
  readonly devices: readonly GoldenDevice[];
  readonly product: string;
  readonly source: string;
  /** The pack without anything that opens a case: what a backtest is compared with. */
  readonly quietSource: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Published before it begins, in this order: its own is the last. */
  readonly packs: readonly { readonly product: string; readonly source: string }[];
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
  readonly site?: string;
  readonly parent?: string;
  readonly devices?: Readonly<Record<string, { readonly site?: string; readonly parent?: string }>>;
  readonly fleet?: number;
  readonly send: readonly (string | Row)[];
  readonly findings?: readonly string[];
  readonly cases?: readonly string[];
  readonly counts?: Readonly<Record<string, number>>;
  readonly without?: GoldenCase['without'];
}

interface FileText {
  readonly pack: object;
  /** The parent of each case's device: its name, and its product's pack. */
  readonly parent?: { readonly device: string; readonly pack: object };
  readonly cases: readonly CaseText[];
}

/** A line of a case: one report, or several in a row. What is no word of the format is a signal. */
type Row = Readonly<Record<string, unknown>>;

const folder = join(import.meta.dirname, 'cases');
/** Of the service that golden cases are run against: so many cases of a rule within an hour, then a storm. */
export const casesPerRuleHour = 30;

const defaultZero = Date.UTC(2025, 2, 3, 6);

/** The golden cases: what happens, and what is to come of it. `README.md` beside them tells the format. */
export function goldenCases(): GoldenCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files.sort().flatMap((name) => {
    const theme = name.replace('.yaml', '');
    // The files are part of this test: their shape is what the types say, and steps are checked below.
    const file = parse(readFileSync(join(folder, name), 'utf8')) as FileText;
    return file.cases.map((text, index) => caseOf(theme, file, text, index + 1));
  });
}

function caseOf(theme: string, { pack, parent }: FileText, text: CaseText, number: number): GoldenCase {
  const isOwn = text.rules !== undefined || text.versions !== undefined;
  const device = `${theme}-${number}`;
  const product = isOwn ? device : theme;
  const above = parent && { name: parent.device, product: `${theme}-${parent.device}` };
  const parentPacks = above
    ? [{ product: above.product, source: stringify({ product: above.product, ...parent.pack }) }]
    : [];
  const rules = text.rules === undefined ? {} : { rules: text.rules };
  const own = { product, ...(above && { parent: above.product }), ...pack, ...rules };
  const versions = Object.entries(text.versions ?? {}).map(([name, more]) => [name, stringify({ ...own, ...more })]);
  const devices = devicesOf({ id: device, product }, text, above);
  const idOf = (name: string) => devices.find((one) => one.name === name)?.id ?? fail(`there is no device ${name}`);
  const unnamed = devices.flatMap(({ id, name }) => (name === '' ? [id] : []));
  const numberings = new Map(devices.map(({ id }) => [id, { seq: 1, boot: 'b1' }]));
  const rowSteps = (row: Row): Step[] => {
    if (row.plan !== undefined) return [planOf(row, { product, idOf })];
    const senders = row.device === 'fleet' ? unnamed : [idOf(String(row.device ?? ''))];
    return senders.flatMap((id) => messagesOf(row, id, numberings.get(id) ?? fail(`${id} counts nothing`)));
  };
  return {
    file: theme,
    name: text.name,
    device,
    devices,
    product,
    source: stringify(own),
    packs: [...parentPacks, { product, source: stringify(own) }],
    quietSource: stringify({ ...own, rules: [], faultCodes: {} }),
    versions: Object.fromEntries(versions),
    timezone: text.timezone,
    isInstalled: text.installed === true,
    zero: text.clock === 'arrival' ? undefined : text.start === undefined ? defaultZero : Date.parse(text.start),
    steps: text.send.flatMap((row) => (typeof row === 'string' ? stepOf(row, idOf) : rowSteps(row))),
    expected: { findings: text.findings ?? [], cases: text.cases ?? [], counts: text.counts ?? {} },
    without: text.without ?? {},
  };
}

function fail(reason: string): never {
  throw new Error(reason);
}

/** `above`: what the file gives each case's device as its parent. */
function devicesOf(
  { id, product }: { readonly id: string; readonly product: string },
  { devices = {}, fleet = 0, site, parent }: CaseText,
  above: { readonly name: string; readonly product: string } | undefined,
): GoldenDevice[] {
  const nameOf = (name: string | undefined) => (name === undefined || name === 'none' ? undefined : `${id}-${name}`);
  const given = above && parent !== 'none' ? [above] : [];
  const parents = given.map((one) => ({ ...one, id: `${id}-${one.name}`, site: undefined, parent: undefined }));
  const others = Object.entries(devices).map(([name, facts]) => {
    return { id: `${id}-${name}`, name, product, site: facts.site, parent: nameOf(facts.parent) };
  });
  const more = Array.from({ length: Math.max(0, fleet - 1) }, (_, index) => {
    return { id: `${id}-${index + 2}`, name: '', product, site: undefined, parent: undefined };
  });
  const own = { id, name: '', product, site, parent: nameOf(parent ?? above?.name) };
  return [...parents, ...others, own, ...more];
}

function planOf(row: Row, { product, idOf }: { product: string; idOf: (name: string) => string }): Step {
  const { plan, from, to, query, ...rest } = row;
  if (Object.keys(rest).length > 0) fail(`a plan has no ${Object.keys(rest).join(', ')}`);
  const asked = Object.entries(query ?? {}).map(([key, value]) => {
    if (key === 'product') return [key, product];
    return [key, key === 'device' || key === 'parent' ? idOf(value === 'self' ? '' : String(value)) : String(value)];
  });
  return { kind: 'plan', name: String(plan), query: Object.fromEntries(asked), from: spanOf(from), to: spanOf(to) };
}

function stepOf(text: string, idOf: (name: string) => string): Step {
  const [word = '', first = ''] = text.split(' ');
  if (word === 'tick' || word === 'restart') return { kind: word };
  if (word === 'silence') return { kind: 'silence', device: idOf(first) };
  if (word === 'wait') return { kind: 'wait', ms: spanOf(first) };
  if (word === 'end') return { kind: 'end', name: first };
  if (word === 'publish') return { kind: 'publish', version: first };
  if (word === 'acknowledge' || word === 'resolve') return { kind: word, failureMode: first };
  throw new Error(`a golden case has no step '${text}'`);
}

/** How a device numbers its reports. */
interface Numbering {
  seq: number;
  boot: string;
}

const words = [
  'device',
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

function messagesOf(row: Row, device: string, numbering: Numbering): Message[] {
  const from = { kind: 'message' as const, device };
  if (typeof row.raw === 'string') {
    const { raw } = row;
    return [{ ...from, topic: 'reports', payload: () => raw, reports: 1 }];
  }
  if (typeof row.assist === 'string') {
    const { assist } = row;
    return [{ ...from, topic: 'assist', payload: () => JSON.stringify({ note: assist }), reports: 0 }];
  }
  const reports = reportsOf(row, numbering);
  if (row.batch === true) {
    const payload = (zero: number) => JSON.stringify(reports.map((report) => report(zero)));
    return [{ ...from, topic: 'reports', payload, reports: reports.length }];
  }
  const times = Number(row.times ?? 1);
  return reports.flatMap((report) =>
    Array.from({ length: times }, () => ({
      ...from,
      topic: 'reports' as const,
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
  readonly device: string;
  readonly source: string;
  readonly state: string;
  readonly startsAt: number;
  readonly openedAt: number;
  readonly endsAt: number | null;
  /** Ids of the maintenance that hid it. */
  readonly hiddenBy: readonly string[];
}

export interface ToldCase {
  readonly device: string;
  readonly failureMode: string;
  readonly severity: string;
  readonly safety: boolean;
  readonly startsAt: number;
  readonly openedAt: number;
  /** The source of the storm that it gathers. */
  readonly storm: string | null;
  readonly devices: number;
  readonly verdict: string | null;
  readonly isRecurrence: boolean;
  /** Kinds of its timeline, in order. */
  readonly timeline: readonly string[];
}

/** Writes event times as a golden case has them. */
function timesOf(item: GoldenCase, zero: number, began: number): (at: number) => string {
  return (at) => {
    if (item.zero !== undefined && at >= began) return 'arrival';
    // Stamps that go by arrival come by seconds later in a real service.
    const ms = item.zero === undefined ? Math.round((at - zero) / 60_000) * 60_000 : at - zero;
    if (ms === 0) return '0m';
    return ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms);
  };
}

/** Writes what came of a case: its times, and its devices by their names. */
export interface Words {
  readonly time: (at: number) => string;
  readonly name: (device: string) => string;
}

/** `began`: service time at which the run began. */
export function wordsFor(item: GoldenCase, zero: number, began: number): Words {
  const names = new Map(item.devices.map(({ id, name }) => [id, name === '' ? '' : `${name}: `]));
  return { time: timesOf(item, zero, began), name: (device) => names.get(device) ?? `${device}: ` };
}

export function wordsOfFinding(told: ToldFinding, { time, name }: Words): string {
  const { device, source, state, startsAt, openedAt, endsAt, hiddenBy } = told;
  const end = state === 'retracted' ? ', withdrawn' : endsAt === null ? '' : `, until ${time(endsAt)}`;
  const hidden = hiddenBy.length > 0 ? ', hidden' : '';
  return `${name(device)}${source} since ${time(startsAt)}, opened ${time(openedAt)}${end}${hidden}`;
}

export function wordsOfCase(told: ToldCase, words: Words): string {
  const { timeline, isRecurrence, devices, verdict } = told;
  const kinds = [
    ...(isRecurrence ? ['again'] : []),
    ...(devices > 1 ? [`${devices}-devices`] : []),
    ...timeline,
    ...(verdict === 'duplicate' ? ['duplicate'] : []),
  ];
  return `${caseHead(told, words)}: ${kinds.join(' ')}`;
}

/** As far as a backtest tells it. */
export function caseHead(
  told: Pick<ToldCase, 'device' | 'failureMode' | 'severity' | 'safety' | 'startsAt' | 'openedAt' | 'storm'>,
  { time, name }: Words,
): string {
  const { device, failureMode, severity, safety, startsAt, openedAt, storm } = told;
  const kind = `${name(device)}${storm === null ? '' : 'storm of '}${failureMode} ${severity}${safety ? ' safety' : ''}`;
  return `${kind} since ${time(startsAt)}, opened ${time(openedAt)}`;
}

/** Lines of devices that are all alike are told once, with how many they are. */
export function counted(lines: readonly string[]): string[] {
  return [...Map.groupBy(lines, (line) => line)].map(([line, all]) =>
    all.length === 1 ? line : `${all.length} × ${line}`,
  );
}

/** The heads of the expected cases that are left standing: a backtest, which judges in order, opens no others. */
export function standingHeads({ cases }: Outcome): string[] {
  return cases.flatMap((text) => {
    const colon = text.lastIndexOf(':');
    const kinds = text.slice(colon + 2).split(' ');
    const found = kinds.filter((kind) => kind === 'opened' || kind === 'joined').length;
    const withdrawn = kinds.filter((kind) => kind === 'retracted' || kind === 'duplicate').length;
    return found > withdrawn ? [text.slice(0, colon)] : [];
  });
}
