import { isBehind } from '../engine/index.ts';
import type { ReportsQuery } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { StretchQuery } from './corrector.ts';

/** How what was handed over to the store is read. */
export type ReadReports = (query: ReportsQuery) => Promise<readonly Report[]>;

const pageReports = 10_000;
/** A week of a report each minute. */
const lastReportsMax = 10_000;

/** Stored reports of a stretch, by position; undefined when there are more than `reportsMax`. */
export async function storedStretch(
  read: ReadReports,
  { device, behind, before }: StretchQuery,
  reportsMax: number,
): Promise<readonly Report[] | undefined> {
  const found: Report[] = [];
  for (let from = behind?.at; ; ) {
    const page = await read({ by: 'time', device, from, to: undefined, limit: pageReports, descending: false });
    const last = page.at(-1);
    const known = new Set(found.filter(({ at }) => at === from).map(keyOf));
    const fresh = page.filter((report) => !known.has(keyOf(report)));
    for (const report of fresh) if (report.offset < before && isBehind(report, behind)) found.push(report);
    if (found.length > reportsMax) return undefined;
    if (last === undefined || page.length < pageReports || fresh.length === 0) return found;
    from = last.at;
  }
}

/** A device's last stored reports before a log offset, oldest first. */
export async function storedLast(read: ReadReports, device: string, before: number): Promise<readonly Report[]> {
  const reports = await read({
    by: 'time',
    device,
    from: undefined,
    to: undefined,
    limit: lastReportsMax,
    descending: true,
  });
  return reports.filter(({ offset }) => offset < before).reverse();
}

function keyOf({ offset, index }: Report): string {
  return `${offset}.${index}`;
}
