import { AftercareError, assert } from '../base/index.ts';
import { EntryPage, type ReadLimits } from './entry-page.ts';
import type { LogFiles } from './files.ts';
import type { Log, LogBounds, LogEntry } from './log.ts';
import { closed, folderUnusable, readFailed, trimFailed } from './log-errors.ts';
import { nodeFiles } from './node-files.ts';
import { Readable } from './readable.ts';
import { type LogCut, type Recovered, recover } from './recovery.ts';
import type { Segment, Segments } from './segment.ts';
import { layOutGroup } from './segment-format.ts';
import { SegmentReader } from './segment-reader.ts';
import { TailCache } from './tail-cache.ts';
import { Turns } from './turns.ts';
import { SegmentWriter } from './writer.ts';

const mebibyte = 1024 * 1024;

export interface LogOptions {
  /** Made when missing. One process a folder; the caller holds the lock. */
  readonly folder: string;
  /** Default: the folder on the real disk. */
  readonly files?: LogFiles;
  /** A segment is followed by a new one before it passes this. Default 64 MiB, at most a quarter of `bytesMax`. */
  readonly segmentBytesMax?: number;
  /** Bound of all segment files together. Default: none. */
  readonly bytesMax?: number;
  /** Memory for the newest groups, from which readers at the tail are served. Default 8 MiB. */
  readonly cacheBytesMax?: number;
  /** Told once at open when a crash had cut an append short, which was then removed. */
  readonly onCut?: (cut: LogCut) => void;
}

/**
 * Opens the embedded log: segment files in one folder, made when there is none.
 * Errors: `log-corrupt` when the newest segment is damaged other than by a crash, `data-folder-unusable`.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { folder, bytesMax = Number.POSITIVE_INFINITY, cacheBytesMax = 8 * mebibyte } = options;
  const segmentBytesMax = Math.min(options.segmentBytesMax ?? 64 * mebibyte, Math.floor(bytesMax / 4));
  try {
    const files = options.files ?? (await nodeFiles(folder));
    const recovered = await recover(folder, files);
    if (recovered.cut !== undefined) options.onCut?.(recovered.cut);
    return new SegmentLog({ folder, files, segmentBytesMax, bytesMax, cacheBytesMax }, recovered);
  } catch (error) {
    throw error instanceof AftercareError ? error : folderUnusable(folder, error);
  }
}

type SegmentLogOptions = Required<Omit<LogOptions, 'onCut'>>;

class SegmentLog implements Log {
  readonly #folder: string;
  readonly #files: LogFiles;
  readonly #segments: Segments;
  readonly #writer: SegmentWriter;
  readonly #reader: SegmentReader;
  readonly #tail: TailCache;
  readonly #readable = new Readable();
  readonly #appends = new Turns();
  readonly #trims = new Turns();
  /** Ahead of the oldest segment while that is being removed. */
  #first: number;
  #closing: Promise<void> | undefined;

  constructor(options: SegmentLogOptions, { segments, active, next }: Recovered) {
    this.#folder = options.folder;
    this.#files = options.files;
    this.#segments = segments;
    this.#writer = new SegmentWriter(options, segments, active, next);
    this.#reader = new SegmentReader(options.folder, options.files, segments);
    this.#tail = new TailCache(options.cacheBytesMax);
    this.#first = segments.oldest?.first ?? next;
  }

  async append(payloads: readonly Uint8Array[]): Promise<number> {
    this.#refuseWhenClosed();
    const bytes = layOutGroup(payloads);
    const count = payloads.length;
    return this.#appends.take(async () => {
      const group = await this.#writer.write(bytes, count);
      this.#tail.add(group);
      this.#readable.wake(this.#writer.next);
      return group.first;
    });
  }

  async read(from: number, limits: ReadLimits): Promise<readonly LogEntry[]> {
    assert(Number.isSafeInteger(from) && from >= 0, 'an offset is a whole number from 0');
    assert(limits.recordsMax >= 1 && limits.bytesMax >= 1, 'a read asks for at least one record and one byte');
    for (;;) {
      this.#refuseWhenClosed();
      const start = Math.max(from, this.#first);
      if (start >= this.#writer.next) return [];
      const page = new EntryPage(start, limits);
      if (this.#tail.fill(page)) return page.entries;
      const segment = this.#segments.holding(start);
      assert(segment !== undefined, 'every record between the bounds stands in a segment');
      try {
        return await this.#reader.read(segment, start, limits);
      } catch (error) {
        if (this.#isForgotten(segment)) continue;
        throw error instanceof AftercareError ? error : readFailed(this.#folder, error);
      }
    }
  }

  bounds(): LogBounds {
    return { first: this.#first, next: this.#writer.next, bytes: this.#segments.bytes };
  }

  async whenReadable(offset: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#closing !== undefined || signal?.aborted === true) return false;
    // A reader behind the trimmed part waits for what its read would begin with.
    const awaited = Math.max(offset, this.#first);
    return awaited < this.#writer.next || this.#readable.wait(awaited, signal);
  }

  async trim(before: number): Promise<number> {
    this.#refuseWhenClosed();
    return this.#trims.take(async () => {
      try {
        await this.#removeSegmentsBefore(before);
      } catch (cause) {
        throw trimFailed(this.#folder, cause);
      }
      return this.#first;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#readable.end();
    await this.#appends.idle();
    await this.#trims.idle();
    await this.#writer.close();
  }

  /** Oldest first, each removal durable before the next: a crash must not bring back a file but not the one behind it. */
  async #removeSegmentsBefore(before: number): Promise<void> {
    for (;;) {
      const { oldest } = this.#segments;
      const follower = oldest === undefined ? undefined : this.#segments.after(oldest);
      if (oldest === undefined || follower === undefined || follower.first > before) return;
      this.#first = follower.first;
      // For a removal whose own sync failed.
      await this.#files.sync();
      await this.#files.remove(oldest.name);
      this.#segments.dropOldest();
      await this.#files.sync();
    }
  }

  #isForgotten(segment: Segment): boolean {
    return segment.first < this.#first;
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw closed(this.#folder);
  }
}
