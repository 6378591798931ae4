import { assert } from '../base/index.ts';
import type { Report } from '../telemetry/index.ts';
import { type Reports, Sheet, sheetPlace } from './sheet.ts';

type Placed = Pick<Report, 'offset' | 'index'>;
type Timed = Pick<Report, 'at' | 'offset' | 'index'>;

export const logOrder = (a: Placed, b: Placed): number => a.offset - b.offset || a.index - b.index;
export const timeOrder = (a: Timed, b: Timed): number => a.at - b.at || logOrder(a, b);
export const newestFirst = (a: Timed, b: Timed): number => timeOrder(b, a);

/** What a write promises of its reports: offset and index rise, and all lie before the next offset. */
export function assertLogOrder(reports: Reports, next: number): void {
  let [offset, index] = [-1, -1];
  const follow = (nextOffset: number, nextIndex: number) => {
    assert(nextOffset > offset || (nextOffset === offset && nextIndex > index), 'reports come in log order');
    offset = nextOffset;
    index = nextIndex;
  };
  if (reports instanceof Sheet) {
    for (let row = 0; row < reports.rows; row++) {
      follow(reports.number(row, sheetPlace.offset), reports.number(row, sheetPlace.index));
    }
  } else for (const report of reports) follow(report.offset, report.index);
  assert(offset < next, 'reports lie before the next offset');
}
