import { correctionHorizonMs, type Report } from '../telemetry/index.ts';

/** Without those that came too late, which were never judged. */
export function judgeable(reports: readonly Report[]): readonly Report[] {
  let newest = Number.NEGATIVE_INFINITY;
  const tooLate = new Set<Report>();
  for (const report of [...reports].sort(byArrival)) {
    if (newest - report.at > correctionHorizonMs) tooLate.add(report);
    else newest = Math.max(newest, report.at);
  }
  return tooLate.size === 0 ? reports : reports.filter((report) => !tooLate.has(report));
}

function byArrival(a: Report, b: Report): number {
  return a.offset - b.offset || a.index - b.index;
}

/** Reports that came behind one that was there before them, since the last correction. */
export function lateOf(reports: readonly Report[], since: number): Report[] {
  let newest = Number.NEGATIVE_INFINITY;
  const late: Report[] = [];
  for (const report of [...reports].sort(byArrival)) {
    if (report.at < newest && report.offset >= since) late.push(report);
    newest = Math.max(newest, report.at);
  }
  return late;
}
