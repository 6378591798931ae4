import { formatDuration } from '../base/index.ts';
import type { ProductPack } from '../product/index.ts';
import { correctionHorizonMs } from '../telemetry/index.ts';
import { caseRestMs } from './case-desk.ts';
import type { Folded } from './fold.ts';
import type { KnownTruth } from './outcomes.ts';
import { type BacktestPlan, warmUpMs } from './plan.ts';
import type { ReplayCounts } from './replay.ts';
import { type BacktestResult, makeResult } from './result.ts';

export interface SumUpInput {
  readonly plan: Pick<BacktestPlan, 'against' | 'range' | 'readFrom' | 'devices'> & {
    readonly truth: KnownTruth | undefined;
  };
  /** The candidate. */
  readonly pack: ProductPack;
  /** Of the plan's parts. */
  readonly counts: readonly Readonly<ReplayCounts>[];
  readonly folded: Folded;
  /** What is to be said beside what every backtest says. */
  readonly notes: readonly string[];
}

/** Puts together what the parts of a plan came to. */
export function sumUp({ plan, pack, counts, folded, notes }: SumUpInput): BacktestResult {
  const reports = counts.reduce((sum, part) => sum + part.reports, 0);
  const lateReports = counts.reduce((sum, part) => sum + part.late, 0);
  const tooLate = counts.reduce((sum, part) => sum + part.tooLate, 0);
  const firstAt = Math.min(...counts.map((part) => part.firstAt));
  const lastAt = Math.max(...counts.map((part) => part.lastAt));
  const from = plan.range.from ?? (Number.isFinite(firstAt) ? firstAt : 0);
  const to = plan.range.to ?? (Number.isFinite(lastAt) ? lastAt + 1 : from);
  const said = [...notes];
  if (plan.readFrom !== undefined) {
    said.push(`The replay began ${formatDuration(warmUpMs)} before the range, so that what came before it was known.`);
  }
  if (tooLate > 0)
    said.push(`${tooLate} reports came more than ${formatDuration(correctionHorizonMs)} late: not judged.`);
  said.push(...keptNotes(folded));
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
    matches: folded.matches,
    truth: plan.truth,
    notes: said,
  });
}

/** What was found and opened no case of its own, where there is any. */
function keptNotes({ kept: [against, candidate] }: Folded): string[] {
  const ways = [
    ['were hidden by maintenance', 'hidden'],
    ['are in the case of a silent gateway', 'behindGateways'],
    ['are in the case of a storm', 'inStorms'],
  ] as const;
  return ways.flatMap(([words, way]) => {
    const [before, after] = [against[way], candidate[way]];
    return before + after === 0 ? [] : [`${before} findings (candidate: ${after}) ${words}.`];
  });
}
