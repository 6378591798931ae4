import { AftercareError, assert } from '../../../src/base/index.ts';
import { type ReportsQuery, reportsOf, type TelemetryStore } from '../../../src/store/index.ts';
import { assertLogOrder } from '../../../src/store/log-order.ts';
import { Readings } from '../../../src/store/readings.ts';
import type { Report } from '../../../src/telemetry/index.ts';
import { atOnce, type Passage } from './passage.ts';

/** What lives on when the process dies: plain arrays that promise the same as the block store. */
export interface HeldTelemetry {
  /** In log order. */
  reports: readonly Report[];
  cursor: number;
}

export const noTelemetry = (): HeldTelemetry => ({ reports: [], cursor: 0 });

export function memoryStore(held: HeldTelemetry, pass: Passage = atOnce): TelemetryStore {
  let open = true;
  const call = <Result>(work: () => Result): Promise<Result> =>
    pass(() => {
      if (!open) throw new AftercareError('store-failed', 'the telemetry store is closed');
      return work();
    });
  return {
    write: (reports, next) =>
      call(() => {
        if (next <= held.cursor) return;
        assertLogOrder(reports, next);
        held.reports = [...held.reports, ...reportsOf(reports).filter(({ offset }) => offset >= held.cursor)];
        held.cursor = next;
      }),
    sync: () => call(() => undefined),
    cursor: () => call(() => held.cursor),
    series: ({ device, product, signal, from, to, pointsMax }) =>
      call(() => {
        const readings = new Readings();
        for (const one of held.reports) {
          const value = Object.hasOwn(one.signals, signal) ? one.signals[signal] : undefined;
          const wanted = one.device === device && one.product === product && isWithin(one.at, from, to);
          if (wanted && value !== undefined) readings.push(one.at, value);
        }
        return readings.points(from, to, pointsMax);
      }),
    latest: (devices) =>
      call(() => {
        const latest = new Map<string, Report>();
        for (const device of devices) {
          const last = inTime(held.reports.filter((one) => one.device === device)).at(-1);
          if (last) latest.set(device, last);
        }
        return latest;
      }),
    reports: (query) => call(() => find(held.reports, query)),
    close: async () => {
      open = false;
    },
  };
}

function find(reports: readonly Report[], query: ReportsQuery): readonly Report[] {
  if (query.by === 'identity') {
    const { device, boot, seq, seqs = 1 } = query;
    const isAsked = (number = -1) => number >= seq && number < seq + seqs;
    return reports.filter((one) => one.device === device && one.boot === boot && isAsked(one.seq));
  }
  if (query.by === 'time') {
    const { device, from, to, limit, descending } = query;
    const found = inTime(reports.filter((one) => one.device === device && isWithin(one.at, from, to)));
    return (descending ? found.reverse() : found).slice(0, limit);
  }
  const found = reports.filter(({ offset }) => offset >= query.from && offset < query.to);
  return wholeMessages(found, query.limit);
}

/** No more than `limit`, no message parted, and the first one whole. */
function wholeMessages(reports: readonly Report[], limit: number): readonly Report[] {
  const [first, beyond] = [reports[0], reports[limit]];
  if (first === undefined || beyond === undefined) return reports;
  assert(limit >= 1, 'a page has at least one report');
  const end = Math.max(first.offset + 1, beyond.offset);
  return reports.filter(({ offset }) => offset < end);
}

function inTime(reports: Report[]): Report[] {
  return reports.sort((a, b) => a.at - b.at || a.offset - b.offset || a.index - b.index);
}

function isWithin(at: number, from: number | undefined, to: number | undefined): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to);
}
