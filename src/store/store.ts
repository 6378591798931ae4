import type { Report } from '../telemetry/index.ts';
import type { Reports } from './sheet.ts';

export interface SeriesPoint {
  /** Start of the bucket; where it holds one reading or one hour, that one's own time. Epoch ms. */
  readonly at: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Readings in the bucket; exact. */
  readonly count: number;
}

export interface SeriesQuery {
  readonly device: string;
  readonly product: string;
  readonly signal: string;
  /** Event time, epoch ms, `from` inclusive, `to` exclusive; undefined = unbounded. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /**
   * At most this many buckets of equal length (1..5,000); buckets without readings are left out. Of old readings, only
   * what they come to by the hour may be known: then an hour is never parted, and counts where it begins.
   */
  readonly pointsMax: number;
}

/** Which stored reports to read. Either a device's, by event time, or all, by log offset. */
export type ReportsQuery =
  | {
      readonly by: 'time';
      readonly device: string;
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly limit: number;
      /** Newest first when true. */
      readonly descending: boolean;
    }
  /**
   * Of all devices, `from` inclusive, `to` exclusive. A message's reports are never parted: the answer ends with the
   * last message that fits whole, and holds the first one whole even where it alone is beyond `limit`. So the next page
   * begins after the last report's offset, and an empty one is the end.
   */
  | { readonly by: 'offset'; readonly from: number; readonly to: number; readonly limit: number }
  /** Of one boot of a device: of the number `seq`, or of `seqs` numbers from it on (at most 1,000). In log order. */
  | {
      readonly by: 'identity';
      readonly device: string;
      readonly boot: string;
      readonly seq: number;
      readonly seqs?: number;
    };

/**
 * Where readings live for charts, backtests and re-reading.
 *
 * - Durable: when `write` resolves, its reports and the cursor survive the process; when `sync` resolves, a loss of
 *   power too. What is lost then is written again from the log, which nothing may go from before a `sync`.
 * - Order: reports come in log order (offset, index); `reports` by time answers in the order of (at, offset, index), or
 *   its reverse, else in log order. Of reports that share (device, at), the later in log order wins
 *   a signal's value in `series`; `reports` gives both.
 * - Repeats: reports before the cursor are ignored, so that a stretch of the log may be written twice.
 * - Limits: every read has one; at most 10,000 reports a call.
 * - Absent: an unknown device or signal gives an empty array.
 */
export interface TelemetryStore {
  /**
   * Stores reports of the log up to (not including) offset `next`, and remembers `next` in the same step. What was given
   * as rows is the store's from the call on: no row is added any more, and once it resolves nobody else reads it.
   */
  write(reports: Reports, next: number): Promise<void>;
  sync(): Promise<void>;
  /** The next log offset that the store has not got. */
  cursor(): Promise<number>;
  /** Numeric readings in buckets; booleans count as 0 and 1, words are left out. */
  series(query: SeriesQuery): Promise<readonly SeriesPoint[]>;
  /** The newest report (by event time, then log order) of each device that has one. At most 1,000 devices a call. */
  latest(devices: readonly string[]): Promise<ReadonlyMap<string, Report>>;
  reports(query: ReportsQuery): Promise<readonly Report[]>;
  close(): Promise<void>;
}
