import { medianSorted, quantileSorted } from 'simple-statistics';
import { dayMs } from '../base/index.ts';
import type { OpenedCase, Silence } from './case-desk.ts';

/** One fault of a device as it truly is; see the simulators' own account of it. Times are epoch ms of true time. */
export interface PlantedFault {
  readonly device: string;
  readonly fault: string;
  readonly kind: 'product' | 'sensor' | 'link';
  readonly failureMode: string;
  /** Failure modes that are true of it as well. */
  readonly alsoFits: readonly string[];
  readonly startsAt: number;
  /** When it can be asked to be seen. */
  readonly noticeableAt: number;
  /** When the customer notices; undefined where the machine goes on. */
  readonly failsAt: number | undefined;
  readonly endsAt: number;
  /** Until when its repair still echoes in what is remembered. */
  readonly settledAt: number;
}

/** Where a run's reports went. */
export interface ReportTally {
  /** Measured by devices. */
  readonly generated: number;
  /** Lost by devices before they were sent, or still in their memory. */
  readonly lostByDevices: number;
  readonly waitingInDevices: number;
  /** Sent for the first time and, over MQTT, confirmed by PUBACK. */
  readonly sent: number;
  /** Sent again. */
  readonly repeated: number;
  /** The ledger's counts. */
  readonly received: number;
  readonly acknowledged: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly conflicts: number;
  readonly late: number;
}

export interface ScoreInput {
  readonly truth: readonly PlantedFault[];
  readonly cases: readonly OpenedCase[];
  /** Undefined where service time is not the devices' time: silence says nothing, failed links are not asked for. */
  readonly silences: readonly Silence[] | undefined;
  readonly reports: ReportTally;
  readonly devices: number;
  readonly startAt: number;
  /** How far the run came. */
  readonly endAt: number;
}

export interface CaseCounts {
  readonly opened: number;
  /** Named a fault that was there, or what it leads to. */
  readonly right: number;
  /** A fault was there, but another one. */
  readonly wrongCause: number;
  /** After a repair, while windows and bands still remember the fault: counts as nothing. */
  readonly echoes: number;
  /** The device was well. */
  readonly false: number;
}

export interface FaultCounts {
  readonly planted: number;
  readonly found: number;
  readonly missed: number;
  /** Not found, and could not be asked for before the end of the run. */
  readonly tooEarly: number;
}

export interface LeadTime {
  /** `failsAt` minus the opening of the first right case; negative when the customer noticed first. */
  readonly medianMs: number | undefined;
  /** Found faults that have one, and how many of them were found too late. */
  readonly n: number;
  readonly tooLate: number;
}

export interface ModeScore {
  readonly failureMode: string;
  /** Faults that should lead to this mode, whichever right case found them. */
  readonly faults: FaultCounts;
  readonly leadTime: LeadTime;
  /** Cases of this mode. */
  readonly cases: CaseCounts;
}

export interface SilenceScore {
  readonly linkFaults: FaultCounts;
  /** From the failing of a link to its being noticed; at once where the network was away already. Median. */
  readonly noticedAfterMs: number | undefined;
  /** Silences without a fault of the link: spells in which the network was away. */
  readonly others: number;
}

/** Undefined stands for a share or median of nothing. */
export interface ScoreCard {
  readonly devices: number;
  readonly deviceDays: number;
  readonly faults: FaultCounts;
  readonly cases: CaseCounts;
  /** Right cases among those that are not echoes. */
  readonly precision: number | undefined;
  /** Found faults among those that could be asked for. */
  readonly recall: number | undefined;
  readonly leadTime: LeadTime;
  readonly falsePer1000DeviceDays: number | undefined;
  readonly modes: readonly ModeScore[];
  /** What opened the cases that were false or named a wrong cause, most first. */
  readonly blunders: readonly { readonly source: string; readonly false: number; readonly wrongCause: number }[];
  readonly silence: SilenceScore | undefined;
  readonly reports: ReportTally & {
    /** Sent, and yet not accepted by the service. */
    readonly lost: number;
  };
  /** From the measuring of the report that opened a case to the case. */
  readonly readingToCase: {
    readonly p50Ms: number | undefined;
    readonly p99Ms: number | undefined;
    readonly n: number;
  };
}

type Verdict = 'right' | 'wrongCause' | 'echoes' | 'false';

/** Compares what was opened with what was true. */
export function scoreRun(input: ScoreInput): ScoreCard {
  const { truth, cases, silences, reports, devices, startAt, endAt } = input;
  const faultsOf = Map.groupBy(truth, ({ device }) => device);
  const judged = cases.map((item) => ({ item, verdict: verdictOf(item, faultsOf.get(item.device) ?? []) }));
  const casesOf = Map.groupBy(cases, ({ device }) => device);
  // Only silence shows that a link has failed.
  const askedFor = silences === undefined ? truth.filter(({ kind }) => kind !== 'link') : truth;
  const outcomes = askedFor.map((fault) => outcomeOf(fault, casesOf.get(fault.device) ?? [], endAt));
  const counts = caseCounts(judged);
  const faults = faultCounts(outcomes);
  const deviceDays = (devices * (endAt - startAt)) / dayMs;
  const delays = cases.flatMap(({ delayMs }) => delayMs ?? []).sort(ascending);
  return {
    devices,
    deviceDays,
    faults,
    cases: counts,
    precision: share(counts.right, counts.opened - counts.echoes),
    recall: share(faults.found, faults.found + faults.missed),
    leadTime: leadTimeOf(outcomes),
    falsePer1000DeviceDays: share(1_000 * counts.false, deviceDays),
    modes: modeScores(outcomes, judged),
    blunders: blundersOf(judged),
    silence: silences && silenceScore(truth, silences, endAt),
    reports: { ...reports, lost: Math.max(0, reports.sent - (reports.acknowledged - reports.conflicts)) },
    readingToCase: { p50Ms: quantile(delays, 0.5), p99Ms: quantile(delays, 0.99), n: delays.length },
  };
}

interface JudgedCase {
  readonly item: OpenedCase;
  readonly verdict: Verdict;
}

function verdictOf(item: OpenedCase, faults: readonly PlantedFault[]): Verdict {
  const there = faults.filter(({ startsAt, endsAt }) => item.openedAt >= startsAt && item.openedAt <= endsAt);
  if (there.some((fault) => fits(fault, item))) return 'right';
  if (there.length > 0) return 'wrongCause';
  return faults.some(({ endsAt, settledAt }) => item.openedAt > endsAt && item.openedAt <= settledAt)
    ? 'echoes'
    : 'false';
}

function fits({ failureMode, alsoFits }: PlantedFault, item: OpenedCase): boolean {
  return item.failureMode === failureMode || alsoFits.includes(item.failureMode);
}

interface Outcome {
  readonly fault: PlantedFault;
  readonly kind: Exclude<keyof FaultCounts, 'planted'>;
  /** Opening of the first right case. */
  readonly foundAt: number | undefined;
}

function outcomeOf(fault: PlantedFault, cases: readonly OpenedCase[], endAt: number): Outcome {
  const { startsAt, endsAt, noticeableAt } = fault;
  const right = cases.filter((item) => item.openedAt >= startsAt && item.openedAt <= endsAt && fits(fault, item));
  const foundAt = right.map(({ openedAt }) => openedAt).sort(ascending)[0];
  if (foundAt !== undefined) return { fault, kind: 'found', foundAt };
  return { fault, kind: noticeableAt < Math.min(endsAt, endAt) ? 'missed' : 'tooEarly', foundAt };
}

function modeScores(outcomes: readonly Outcome[], judged: readonly JudgedCase[]): ModeScore[] {
  const modes = new Set([
    ...outcomes.map(({ fault }) => fault.failureMode),
    ...judged.map(({ item }) => item.failureMode),
  ]);
  return [...modes].sort().map((failureMode) => {
    const own = outcomes.filter(({ fault }) => fault.failureMode === failureMode);
    return {
      failureMode,
      faults: faultCounts(own),
      leadTime: leadTimeOf(own),
      cases: caseCounts(judged.filter(({ item }) => item.failureMode === failureMode)),
    };
  });
}

function caseCounts(judged: readonly JudgedCase[]): CaseCounts {
  const count = (wanted: Verdict) => judged.filter(({ verdict }) => verdict === wanted).length;
  return {
    opened: judged.length,
    right: count('right'),
    wrongCause: count('wrongCause'),
    echoes: count('echoes'),
    false: count('false'),
  };
}

function faultCounts(outcomes: readonly { readonly kind: Outcome['kind'] }[]): FaultCounts {
  const count = (wanted: Outcome['kind']) => outcomes.filter(({ kind }) => kind === wanted).length;
  return { planted: outcomes.length, found: count('found'), missed: count('missed'), tooEarly: count('tooEarly') };
}

function leadTimeOf(outcomes: readonly Outcome[]): LeadTime {
  const leads = outcomes
    .flatMap(({ fault: { failsAt }, foundAt }) =>
      failsAt === undefined || foundAt === undefined ? [] : [failsAt - foundAt],
    )
    .sort(ascending);
  return {
    medianMs: leads.length === 0 ? undefined : medianSorted(leads),
    n: leads.length,
    tooLate: leads.filter((lead) => lead < 0).length,
  };
}

function blundersOf(judged: readonly JudgedCase[]): ScoreCard['blunders'] {
  const wrong = judged.filter(({ verdict }) => verdict === 'false' || verdict === 'wrongCause');
  return [...Map.groupBy(wrong, ({ item }) => item.source)]
    .map(([source, own]) => {
      const wrongCause = own.filter(({ verdict }) => verdict === 'wrongCause').length;
      return { source, false: own.length - wrongCause, wrongCause };
    })
    .sort((a, b) => b.false + b.wrongCause - (a.false + a.wrongCause) || (a.source < b.source ? -1 : 1));
}

function silenceScore(truth: readonly PlantedFault[], silences: readonly Silence[], endAt: number): SilenceScore {
  const links = truth.filter(({ kind }) => kind === 'link');
  const within = ({ device, startsAt, endsAt }: PlantedFault, silence: Silence) =>
    silence.device === device && silence.openedAt <= endsAt && (silence.endsAt ?? endsAt) > startsAt;
  const noticed = links.map((fault) => ({ fault, first: silences.find((silence) => within(fault, silence)) }));
  const outcomes = noticed.map(({ fault, first }) => {
    const missed = fault.noticeableAt < Math.min(fault.endsAt, endAt) ? 'missed' : 'tooEarly';
    return { kind: first ? 'found' : missed } as const;
  });
  const after = noticed
    .flatMap(({ fault, first }) => (first ? [Math.max(0, first.openedAt - fault.startsAt)] : []))
    .sort(ascending);
  return {
    linkFaults: faultCounts(outcomes),
    noticedAfterMs: after.length === 0 ? undefined : medianSorted(after),
    others: silences.filter((silence) => !links.some((fault) => within(fault, silence))).length,
  };
}

function share(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

function quantile(sorted: readonly number[], p: number): number | undefined {
  return sorted.length === 0 ? undefined : quantileSorted([...sorted], p);
}

function ascending(a: number, b: number): number {
  return a - b;
}
