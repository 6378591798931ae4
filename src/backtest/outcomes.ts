import { medianSorted } from 'simple-statistics';
import type { KnownOutcome, Verdict } from '../cases/index.ts';
import type { DeskCase } from './case-desk.ts';
import type { CaseRange } from './compare.ts';
import { type PlantedFault, scoreRun } from './score.ts';

/** What is known of the truth: what people found cases to be, or the faults that a simulation planted. */
export type KnownTruth =
  | { readonly kind: 'verdicts'; readonly outcomes: readonly KnownOutcome[] }
  | { readonly kind: 'planted'; readonly faults: readonly PlantedFault[] };

/** A share with what it is a share of; undefined of nothing. */
export interface Share {
  readonly value: number | undefined;
  readonly n: number;
}

export interface OutcomeScore {
  /** Of the cases of which the truth is known, those that were right. */
  readonly precision: Share;
  /** Of the faults that are known, those that got a case. */
  readonly recall: Share;
  /** From a right case's opening to the failure; with verdicts, to the day on which people confirmed it. Median. */
  readonly leadTime: { readonly medianMs: number | undefined; readonly n: number };
}

/** Verdicts by which a case was worth opening, and by which it was not. The others say nothing of it. */
const confirming: ReadonlySet<Verdict> = new Set(['confirmed_fault', 'confirmed_failure', 'preempted']);
const refuting: ReadonlySet<Verdict> = new Set(['no_fault_found', 'false_alarm']);

/** How a pack's cases in the range look beside what is known. `horizonMs`: how long before a fault a case may warn. */
export function scoreAgainst(
  truth: KnownTruth,
  cases: readonly DeskCase[],
  range: CaseRange,
  horizonMs: (failureMode: string) => number,
): OutcomeScore {
  const inside = cases.filter(({ openedAt }) => openedAt >= range.from && openedAt < range.to);
  if (truth.kind === 'planted') return scorePlanted(truth.faults, inside, range);
  return scoreVerdicts(truth.outcomes, inside, range, horizonMs);
}

const noReports = {
  generated: 0,
  lostByDevices: 0,
  waitingInDevices: 0,
  sent: 0,
  repeated: 0,
  received: 0,
  acknowledged: 0,
  duplicates: 0,
  quarantined: 0,
  conflicts: 0,
  late: 0,
};

function scorePlanted(faults: readonly PlantedFault[], cases: readonly DeskCase[], range: CaseRange): OutcomeScore {
  const { from: startAt, to: endAt } = range;
  const truth = faults.filter((fault) => fault.endsAt >= startAt && fault.startsAt < endAt);
  const known = { truth, cases, silences: undefined, reports: noReports, devices: 0, startAt, endAt };
  const card = scoreRun(known);
  const { medianMs, n } = card.leadTime;
  return {
    precision: { value: card.precision, n: card.cases.opened - card.cases.echoes },
    recall: { value: card.recall, n: card.faults.found + card.faults.missed },
    leadTime: { medianMs, n },
  };
}

function scoreVerdicts(
  outcomes: readonly KnownOutcome[],
  cases: readonly DeskCase[],
  range: CaseRange,
  horizonMs: (failureMode: string) => number,
): OutcomeScore {
  const keyOf = ({ device, failureMode }: { device: string; failureMode: string }) => `${device}\n${failureMode}`;
  const told = outcomes.filter(({ openedAt }) => openedAt >= range.from && openedAt < range.to);
  const byKey = Map.groupBy(told, keyOf);
  const meets = (outcome: KnownOutcome, item: DeskCase) =>
    item.openedAt >= outcome.startsAt - horizonMs(outcome.failureMode) && item.openedAt <= outcome.resolvedAt;
  let right = 0;
  let wrong = 0;
  for (const item of cases) {
    const met = (byKey.get(keyOf(item)) ?? []).filter((outcome) => meets(outcome, item));
    if (met.some(({ verdict }) => confirming.has(verdict))) right += 1;
    else if (met.some(({ verdict }) => refuting.has(verdict))) wrong += 1;
  }
  const casesByKey = Map.groupBy(cases, keyOf);
  const faults = told.filter(({ verdict }) => confirming.has(verdict));
  const leads = faults.flatMap((outcome) => {
    const found = (casesByKey.get(keyOf(outcome)) ?? []).filter((item) => meets(outcome, item));
    return found.length === 0 ? [] : [outcome.resolvedAt - Math.min(...found.map(({ openedAt }) => openedAt))];
  });
  return {
    precision: { value: share(right, right + wrong), n: right + wrong },
    recall: { value: share(leads.length, faults.length), n: faults.length },
    leadTime: {
      medianMs: leads.length === 0 ? undefined : medianSorted(leads.sort((a, b) => a - b)),
      n: leads.length,
    },
  };
}

function share(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}
