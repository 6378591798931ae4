import { assert } from '../base/index.ts';
import type { Report } from '../telemetry/index.ts';

/** What a write promises of its reports: offset and index rise, and all lie before the next offset. */
export function assertLogOrder(reports: readonly Report[], next: number): void {
  let before: Report | undefined;
  for (const report of reports) {
    const rises =
      before === undefined ||
      report.offset > before.offset ||
      (report.offset === before.offset && report.index > before.index);
    assert(rises, 'reports come in log order');
    before = report;
  }
  assert(before === undefined || before.offset < next, 'reports lie before the next offset');
}
