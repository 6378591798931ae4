import { assert } from '../base/index.ts';
import type { Report } from '../telemetry/index.ts';

type Placed = Pick<Report, 'offset' | 'index'>;
type Timed = Pick<Report, 'at' | 'offset' | 'index'>;

export const logOrder = (a: Placed, b: Placed): number => a.offset - b.offset || a.index - b.index;
export const timeOrder = (a: Timed, b: Timed): number => a.at - b.at || logOrder(a, b);
export const newestFirst = (a: Timed, b: Timed): number => timeOrder(b, a);

/** What a write promises of its reports: offset and index rise, and all lie before the next offset. */
export function assertLogOrder(reports: readonly Report[], next: number): void {
  let before: Report | undefined;
  for (const report of reports) {
    assert(before === undefined || logOrder(before, report) < 0, 'reports come in log order');
    before = report;
  }
  assert(before === undefined || before.offset < next, 'reports lie before the next offset');
}
