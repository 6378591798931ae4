import { dayMs, formatInstant } from '../base/index.ts';
import type { ProductPack } from '../product/index.ts';
import type { DeskCase } from './case-desk.ts';
import {
  type CaseMatch,
  type CaseRange,
  type ChangeKind,
  changeKinds,
  countByWeek,
  type DeviceChange,
  devicesToLookAt,
} from './compare.ts';
import { type KnownTruth, type OutcomeScore, scoreAgainst } from './outcomes.ts';

/** A case as a result tells it. Times are RFC 3339. */
export interface ToldCase {
  readonly openedAt: string;
  readonly startsAt: string;
  readonly endsAt: string | null;
  readonly severity: string;
  readonly safety: boolean;
  readonly source: string;
  readonly explanation: string;
}

export interface ToldChange {
  readonly kind: ChangeKind;
  readonly device: string;
  readonly failureMode: string;
  readonly against: ToldCase | null;
  readonly candidate: ToldCase | null;
}

interface ToldScore {
  readonly precision: { readonly value: number | null; readonly n: number };
  readonly recall: { readonly value: number | null; readonly n: number };
  readonly leadTime: { readonly medianMs: number | null; readonly n: number };
}

/** What a pack would have done, beside another: plain JSON, the same from the command line and the API. */
export interface BacktestResult {
  readonly product: string;
  /** What the candidate was compared with: `live`, or the name of its file. */
  readonly against: { readonly name: string; readonly version: number | null };
  readonly from: string;
  readonly to: string;
  readonly devices: number;
  readonly reports: number;
  /** Reports that came behind their device's event time: judged in their place, up to the correction horizon. */
  readonly lateReports: number;
  readonly cases: { readonly against: number; readonly candidate: number } & Readonly<Record<ChangeKind, number>>;
  readonly perWeek: { readonly against: number; readonly candidate: number };
  readonly weeks: readonly { readonly from: string; readonly against: number; readonly candidate: number }[];
  /** Cases that would change, oldest first; at most {@link changesMax}, `changesLeftOut` beyond. */
  readonly changes: readonly ToldChange[];
  readonly changesLeftOut: number;
  /** At most {@link devicesMax}. */
  readonly devicesToLookAt: readonly DeviceChange[];
  readonly outcomes: {
    readonly known: KnownTruth['kind'];
    readonly against: ToldScore;
    readonly candidate: ToldScore;
  } | null;
  /** What the reader should know of how this was come by, in sentences. */
  readonly notes: readonly string[];
}

export const changesMax = 1_000;
export const devicesMax = 100;
const defaultHorizonMs = 14 * dayMs;

export interface ResultInput {
  readonly pack: ProductPack;
  readonly against: BacktestResult['against'];
  readonly range: CaseRange;
  readonly devices: number;
  readonly reports: number;
  readonly lateReports: number;
  /** In the order of event time. */
  readonly matches: readonly CaseMatch[];
  readonly truth: KnownTruth | undefined;
  readonly notes: readonly string[];
}

export function makeResult(input: ResultInput): BacktestResult {
  const { pack, against, range, devices, reports, lateReports, matches, truth, notes } = input;
  const changes = matches.filter(({ kind }) => kind !== 'same');
  const casesOf = (side: 'against' | 'candidate') => matches.flatMap((match) => match[side] ?? []);
  const isInside = ({ openedAt }: DeskCase) => openedAt >= range.from && openedAt < range.to;
  const counts = {
    against: casesOf('against').filter(isInside).length,
    candidate: casesOf('candidate').filter(isInside).length,
  };
  const kinds = changeKinds.map((name) => [name, matches.filter(({ kind }) => kind === name).length] as const);
  const weeks = Math.max(range.to - range.from, dayMs) / (7 * dayMs);
  const horizons = new Map(pack.failureModes.map(({ id, horizonMs }) => [id, horizonMs ?? defaultHorizonMs]));
  const score = (side: 'against' | 'candidate', known: KnownTruth) =>
    toldScore(scoreAgainst(known, casesOf(side), range, (mode) => horizons.get(mode) ?? defaultHorizonMs));
  return {
    product: pack.product,
    against,
    from: formatInstant(range.from),
    to: formatInstant(range.to),
    devices,
    reports,
    lateReports,
    cases: { ...counts, ...(Object.fromEntries(kinds) as Record<ChangeKind, number>) },
    perWeek: { against: rounded(counts.against / weeks), candidate: rounded(counts.candidate / weeks) },
    weeks: countByWeek(matches, range).map((week) => ({ ...week, from: formatInstant(week.from) })),
    changes: changes.slice(0, changesMax).map(toldChange),
    changesLeftOut: Math.max(0, changes.length - changesMax),
    devicesToLookAt: devicesToLookAt(matches).slice(0, devicesMax),
    outcomes: truth
      ? { known: truth.kind, against: score('against', truth), candidate: score('candidate', truth) }
      : null,
    notes,
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function toldChange({ kind, device, failureMode, against, candidate }: CaseMatch): ToldChange {
  return { kind, device, failureMode, against: toldCase(against), candidate: toldCase(candidate) };
}

function toldCase(item: DeskCase | undefined): ToldCase | null {
  if (item === undefined) return null;
  const { openedAt, startsAt, endsAt, severity, safety, source, explanation } = item;
  const ended = endsAt === undefined ? null : formatInstant(endsAt);
  const times = { openedAt: formatInstant(openedAt), startsAt: formatInstant(startsAt), endsAt: ended };
  return { ...times, severity, safety, source, explanation };
}

function toldScore({ precision, recall, leadTime }: OutcomeScore): ToldScore {
  return {
    precision: { value: precision.value ?? null, n: precision.n },
    recall: { value: recall.value ?? null, n: recall.n },
    leadTime: { medianMs: leadTime.medianMs ?? null, n: leadTime.n },
  };
}
