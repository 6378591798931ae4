import type { Draft } from './draft.ts';

/** One record of the log: its offset (records are numbered from 0 without holes) and its bytes, never looked into here. */
export interface LogEntry {
  readonly offset: number;
  /** May be a view of memory that other readers share: not to be written to, nor its buffer transferred. */
  readonly payload: Uint8Array;
}

export interface LogBounds {
  /** Oldest offset that can still be read. */
  readonly first: number;
  /** Offset that the next record gets; everything before it is durable. */
  readonly next: number;
  readonly bytes: number;
}

/**
 * The durable report log. One writer, many readers, in one process; the writer may have a thread of its own.
 *
 * - Durable: when `append` resolves, all its payloads are on disk (one write, one fdatasync); when it rejects, none of
 *   them may ever be read. A rejection by a disk error closes the log for appending: what is on disk is then unknown.
 * - Order: offsets follow the order of the calls, and of the payloads in a call.
 * - Repeats: none; the log does not look for duplicates.
 * - Limits: `append` rejects with `log-full` when the disk bound would be passed or the disk has no room, and nothing is
 *   written; it may be tried again.
 * - Absent: reading at or after `next` gives an empty array; reading before `first` gives records from `first` on.
 */
export interface Log {
  /** Resolves to the offset of the first payload. An empty call is an error. The payloads are copied before it returns. */
  append(payloads: readonly Uint8Array[] | Draft): Promise<number>;
  /**
   * Records from `from` on, at most `recordsMax`, and at most `bytesMax` bytes unless the first alone is larger. Fewer
   * does not mean that there are no more; none does.
   */
  read(from: number, limits: { readonly recordsMax: number; readonly bytesMax: number }): Promise<readonly LogEntry[]>;
  bounds(): LogBounds;
  /** Resolves when a record at `offset` can be read, or the log closes, or `signal` aborts (true only for the first). */
  whenReadable(offset: number, signal?: AbortSignal): Promise<boolean>;
  /** Forgets whole segments that lie entirely before `before`. Resolves to the new `first`. */
  trim(before: number): Promise<number>;
  /** Waits for appends under way, then closes the files. */
  close(): Promise<void>;
}
