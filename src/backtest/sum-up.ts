import { formatDuration } from '../base/index.ts';
import type { ProductPack } from '../product/index.ts';
import { correctionHorizonMs } from '../telemetry/index.ts';
import { caseRestMs } from './case-desk.ts';
import { type CaseMatch, matchAt } from './compare.ts';
import type { KnownTruth } from './outcomes.ts';
import type { PartOutcome } from './part.ts';
import { type BacktestPlan, warmUpMs } from './plan.ts';
import { type BacktestResult, makeResult } from './result.ts';

export interface SumUpInput {
  readonly plan: Pick<BacktestPlan, 'against' | 'range' | 'readFrom' | 'devices'> & {
    readonly truth: KnownTruth | undefined;
  };
  /** The candidate. */
  readonly pack: ProductPack;
  /** In the order of the plan's parts, whichever was through first. */
  readonly outcomes: readonly PartOutcome[];
  /** What is to be said beside what every backtest says. */
  readonly notes: readonly string[];
}

/** Puts together what the parts of a plan came to. */
export function sumUp({ plan, pack, outcomes, notes }: SumUpInput): BacktestResult {
  const reports = outcomes.reduce((sum, part) => sum + part.reports, 0);
  const lateReports = outcomes.reduce((sum, part) => sum + part.late, 0);
  const tooLate = outcomes.reduce((sum, part) => sum + part.tooLate, 0);
  const firstAt = Math.min(...outcomes.map((part) => part.firstAt));
  const lastAt = Math.max(...outcomes.map((part) => part.lastAt));
  const from = plan.range.from ?? (Number.isFinite(firstAt) ? firstAt : 0);
  const to = plan.range.to ?? (Number.isFinite(lastAt) ? lastAt + 1 : from);
  const matches = outcomes.flatMap((part) => part.matches).sort(byTime);
  const said = [...notes];
  if (plan.readFrom !== undefined) {
    said.push(`The replay began ${formatDuration(warmUpMs)} before the range, so that what came before it was known.`);
  }
  if (tooLate > 0)
    said.push(`${tooLate} reports came more than ${formatDuration(correctionHorizonMs)} late: not judged.`);
  said.push(
    `Nobody works a replay's cases: one is over when its findings have rested for ${formatDuration(caseRestMs)}.`,
  );
  return makeResult({
    pack,
    against: plan.against,
    range: { from, to: Math.max(from, to) },
    devices: plan.devices,
    reports,
    lateReports,
    matches,
    truth: plan.truth,
    notes: said,
  });
}

function byTime(a: CaseMatch, b: CaseMatch): number {
  const key = ({ device, failureMode }: CaseMatch) => `${device}\n${failureMode}`;
  return matchAt(a) - matchAt(b) || (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}
