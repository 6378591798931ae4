import type { Report } from '../telemetry/index.ts';
import type { ChunkTable } from './chunk-table.ts';
import { blockRows, FirstRows, makeReports } from './first-rows.ts';
import { logOrder } from './log-order.ts';
import type { RecentReports } from './recent-reports.ts';

/** Reports that were read beyond a page: all with an offset in [from, until). */
interface ReadAhead {
  readonly until: number;
  readonly reports: readonly Report[];
}

export interface OffsetRange {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/**
 * Reads all devices' reports in log order. Every device has a chunk that spans any one offset, so a page costs a chunk
 * a device; who reads page after page is therefore read ahead for, `aheadReports` at a time. Stored reports never
 * change, so what was read ahead stays true until some are deleted.
 */
export class OffsetPages {
  readonly #chunks: ChunkTable;
  readonly #aheadReports: number;
  /** Devices whose chunks are not to be read any more. */
  readonly #forsaken: () => ReadonlySet<number>;
  #ahead: ReadAhead | undefined;
  /** Where the page after the last one begins. */
  #next: number | undefined;

  constructor(chunks: ChunkTable, aheadReports: number, forsaken: () => ReadonlySet<number>) {
    this.#chunks = chunks;
    this.#forsaken = forsaken;
    this.#aheadReports = aheadReports;
  }

  /** Something that was read ahead is gone. */
  forget(): void {
    this.#ahead = undefined;
  }

  read(range: OffsetRange, recent: RecentReports): readonly Report[] {
    const page = this.#fromAhead(range) ?? this.#fromTables(range, recent);
    const last = page.at(-1);
    this.#next = last === undefined ? undefined : last.offset + 1;
    return page;
  }

  /** Undefined when what was read ahead does not make a whole page. */
  #fromAhead({ from, to, limit }: OffsetRange): readonly Report[] | undefined {
    const ahead = this.#ahead;
    if (ahead === undefined || from !== this.#next) return undefined;
    const start = firstFrom(ahead.reports, from);
    const end = firstFrom(ahead.reports, to);
    if (end - start > limit) return wholeMessages(ahead.reports, start, limit);
    if (to <= ahead.until) return ahead.reports.slice(start, end);
    this.#ahead = undefined;
    return undefined;
  }

  #fromTables({ from, to, limit }: OffsetRange, recent: RecentReports): readonly Report[] {
    const continues = from === this.#next && this.#aheadReports > limit;
    const reports = this.#first({ from, to, limit: continues ? this.#aheadReports : limit }, recent);
    this.#ahead = undefined;
    const last = reports.at(-1);
    if (!continues || last === undefined || reports.length <= limit) return reports;
    this.#ahead = { until: last.offset + 1, reports };
    return wholeMessages(reports, 0, limit);
  }

  #first({ from, to, limit }: OffsetRange, recent: RecentReports): readonly Report[] {
    const first = new FirstRows(logOrder, limit);
    const without = this.#forsaken();
    for (const place of this.#chunks.byOffset(from, to)) {
      if (first.bound && place.first > first.bound.offset) break;
      if (without.size > 0 && without.has(this.#chunks.deviceOf(place.id))) continue;
      for (const row of blockRows(this.#chunks.open(place.id))) {
        if (row.offset >= from && row.offset < to) first.offer(row);
      }
      first.settle();
    }
    for (const rows of recent.inOffsets(from, to)) {
      const [oldest] = rows;
      if (first.bound && oldest && oldest.offset > first.bound.offset) break;
      for (const row of rows) first.offer(row);
      first.settle();
    }
    return makeReports(first.wholeMessages());
  }
}

/** The place of the first report at or after an offset. */
function firstFrom(reports: readonly Report[], offset: number): number {
  const found = reports.findIndex((report) => report.offset >= offset);
  return found < 0 ? reports.length : found;
}

/** Reports from `start` on, at most `limit`, up to the end of a message; the first message whole in any case. */
function wholeMessages(reports: readonly Report[], start: number, limit: number): readonly Report[] {
  const beyond = reports[start + limit]?.offset;
  if (beyond === undefined) return reports.slice(start);
  const cut = firstFrom(reports, beyond);
  return reports.slice(start, cut > start ? cut : firstFrom(reports, beyond + 1));
}
