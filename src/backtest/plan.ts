import { AftercareError, dayMs } from '../base/index.ts';
import { readKnownOutcomes } from '../cases/index.ts';
import { type HistoryRecord, openHistory, type Ticks } from '../pipeline/index.ts';
import { openStoredReports } from '../store/index.ts';
import type { Fact } from '../telemetry/index.ts';
import { type Family, familiesOf } from './family.ts';
import type { KnownTruth } from './outcomes.ts';
import type { PackText } from './replay.ts';
import type { PlannedTime } from './spells.ts';

/** What is asked of a backtest over a data folder. */
export interface BacktestRequest {
  readonly product: string;
  readonly candidate: PackText;
  /** Undefined: the version in force now. */
  readonly against: PackText | undefined;
  /** Event time, epoch ms, `from` inclusive, `to` exclusive; undefined = unbounded. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Undefined: all of the product. */
  readonly devices: readonly string[] | undefined;
  /** Undefined: what people found the cases of the folder to be. */
  readonly truth: KnownTruth | undefined;
  /** As the service's: a source that opened so many cases of a product within an hour gathers the next. */
  readonly casesPerRuleHourMax: number;
}

/** A piece of work for one thread. */
export interface BacktestPart {
  readonly families: readonly Family[];
  /** How many reports it has to read, nearly. */
  readonly reports: number;
}

export interface BacktestPlan {
  readonly product: string;
  /** The pack that is compared with, then the candidate. */
  readonly packs: readonly [PackText, PackText];
  readonly against: { readonly name: string; readonly version: number | null };
  /** What rules ask of the devices' parents, and perhaps more. */
  readonly parentSignals: readonly string[];
  /** Packs of other products, where rules ask for parents. */
  readonly others: readonly (PackText & { readonly product: string })[];
  readonly range: { readonly from: number | undefined; readonly to: number | undefined };
  /** Reports are read from here on: before the range, so that windows and detectors know what came before it. */
  readonly readFrom: number | undefined;
  /** What lies before this log offset is complete. */
  readonly next: number;
  readonly ticks: Ticks | undefined;
  readonly returns: readonly HistoryRecord[];
  /** Of all maintenance that was ever planned. */
  readonly planned: readonly PlannedTime[];
  readonly parts: readonly BacktestPart[];
  readonly devices: number;
  readonly reports: number;
  readonly truth: KnownTruth | undefined;
  readonly casesPerRuleHourMax: number;
}

/** How long before the range a replay begins. */
export const warmUpMs = 14 * dayMs;
/** A part is worth a message to another thread. */
const partReportsMin = 20_000;
const partsMax = 512;

/**
 * Looks through a data folder, whoever uses it, for what a backtest has to do. Errors: `data-folder-unusable`,
 * `product-not-found`, `device-not-found`.
 */
export function planBacktest(folder: string, request: BacktestRequest): BacktestPlan {
  const { product, candidate, from, to } = request;
  const history = openHistory(folder);
  const stored = openStoredReports(folder);
  try {
    if (history === undefined || stored === undefined) {
      throw new AftercareError('data-folder-unusable', `${folder} has no stored reports`, {
        hint: 'Name the data folder of a service that has run.',
      });
    }
    const records = history.records();
    const live = publishedPacks(records);
    const known = live.get(product);
    const against = request.against ?? known;
    if (against === undefined)
      throw new AftercareError('product-not-found', `there is no product ${product} in ${folder}`);
    const packs = [{ file: against.file, source: against.source }, candidate] as const;
    const texts = packs.map(({ source }) => source);
    const parentSignals = [...new Set(texts.flatMap(parentSignalsOf))];
    const withParents = parentSignals.length > 0;
    const asksSilence = texts.some((text) => /\bsilent\s*\(/.test(text));
    const asked = { product, devices: request.devices };
    const families = familiesOf({ records, ...asked, withParents, withAbove: asksSilence });
    checkDevices(families, request);
    const readFrom = from === undefined ? undefined : from - warmUpMs;
    const counts = stored.counts(families.flatMap(idsOf));
    const parts = partsOf(families, counts);
    return {
      product,
      packs,
      against: { name: request.against?.file ?? 'live', version: request.against ? null : (known?.version ?? null) },
      parentSignals,
      others: withParents || asksSilence ? [...live.values()].filter((pack) => pack.product !== product) : [],
      range: { from, to },
      readFrom,
      next: history.next,
      ticks: asksSilence ? history.ticks(readFrom ?? 0, to ?? Number.MAX_SAFE_INTEGER) : undefined,
      returns: asksSilence ? records.filter(({ record }) => record.kind === 'resumed') : [],
      planned: plannedTimes(records),
      parts,
      devices: families.reduce((sum, { members }) => sum + members.length, 0),
      reports: parts.reduce((sum, part) => sum + part.reports, 0),
      truth: truthOf(request, families) ?? knownVerdicts(folder, request),
      casesPerRuleHourMax: request.casesPerRuleHourMax,
    };
  } finally {
    history?.close();
    stored?.close();
  }
}

function parentSignalsOf(text: string): string[] {
  return [...text.matchAll(/\bparent\s*\.\s*(\w+)/g)].flatMap(([, name]) => name ?? []);
}

function idsOf({ members }: Family): string[] {
  return members.map(({ id }) => id);
}

type PublishedPack = Extract<Fact, { type: 'pack-published' }>;

/** The newest version of each product. */
function publishedPacks(records: readonly HistoryRecord[]): Map<string, PublishedPack> {
  const packs = new Map<string, PublishedPack>();
  for (const { record } of records) {
    if (record.kind === 'fact' && record.fact.type === 'pack-published') packs.set(record.fact.product, record.fact);
  }
  return packs;
}

function plannedTimes(records: readonly HistoryRecord[]): PlannedTime[] {
  return records.flatMap(({ record }) => {
    if (record.kind !== 'fact' || record.fact.type !== 'maintenance-planned') return [];
    const { from, to } = record.fact.plan;
    return { from, to };
  });
}

function checkDevices(families: readonly Family[], { product, devices = [] }: BacktestRequest): void {
  const known = new Set(families.flatMap(idsOf));
  const missing = devices.filter((id) => !known.has(id));
  if (missing.length === 0) return;
  throw new AftercareError('device-not-found', `${product} has no device ${missing.slice(0, 10).join(', ')}`);
}

/** Of the devices that are replayed. */
function truthOf({ truth }: BacktestRequest, families: readonly Family[]): KnownTruth | undefined {
  const replayed = new Set(families.flatMap(idsOf));
  const isReplayed = ({ device }: { readonly device: string }) => replayed.has(device);
  if (truth?.kind === 'planted') return { kind: 'planted', faults: truth.faults.filter(isReplayed) };
  return truth && { kind: 'verdicts', outcomes: truth.outcomes.filter(isReplayed) };
}

function knownVerdicts(folder: string, { product, devices }: BacktestRequest): KnownTruth | undefined {
  const wanted = devices && new Set(devices);
  const outcomes = readKnownOutcomes(folder, product).filter(({ device }) => wanted?.has(device) ?? true);
  return outcomes.length === 0 ? undefined : { kind: 'verdicts', outcomes };
}

/** Families in their order, cut into pieces of about the same work. */
function partsOf(families: readonly Family[], counts: ReadonlyMap<string, number>): BacktestPart[] {
  const sized = families.map((family) => ({
    family,
    reports: idsOf(family).reduce((sum, device) => sum + (counts.get(device) ?? 0), 0),
  }));
  const total = sized.reduce((sum, { reports }) => sum + reports, 0);
  const size = Math.max(partReportsMin, total / partsMax);
  const parts: { families: Family[]; reports: number }[] = [];
  for (const { family, reports } of sized) {
    const last = parts.at(-1);
    if (last && last.reports + reports <= size) {
      last.families.push(family);
      last.reports += reports;
    } else parts.push({ families: [family], reports });
  }
  return parts;
}
