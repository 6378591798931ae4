import { AftercareError, assert } from '../base/index.ts';
import { EntryPage, type ReadLimits } from './entry-page.ts';
import type { LogFiles } from './files.ts';
import type { LogBounds, LogEntry } from './log.ts';
import { closed, readFailed } from './log-errors.ts';
import { Readable } from './readable.ts';
import type { Segment, Segments } from './segment.ts';
import type { Group } from './segment-format.ts';
import { SegmentReader } from './segment-reader.ts';
import { TailCache } from './tail-cache.ts';

export interface LogReaderOptions {
  readonly folder: string;
  readonly files: LogFiles;
  readonly cacheBytesMax: number;
}

/** The reading half of a log: it is told what was written, by a writer that may live in another thread. */
export class LogReader {
  readonly #folder: string;
  readonly #segments: Segments;
  readonly #files: SegmentReader;
  readonly #tail: TailCache;
  readonly #readable = new Readable();
  /** Ahead of the oldest segment while that is being removed. */
  #first: number;
  #next: number;
  #ended = false;

  constructor({ folder, files, cacheBytesMax }: LogReaderOptions, segments: Segments, next: number) {
    this.#folder = folder;
    this.#segments = segments;
    this.#files = new SegmentReader(folder, files, segments);
    this.#tail = new TailCache(cacheBytesMax);
    this.#first = segments.oldest?.first ?? next;
    this.#next = next;
  }

  bounds(): LogBounds {
    return { first: this.#first, next: this.#next, bytes: this.#segments.bytes };
  }

  /** The group is durable, and `segments` knows of it. */
  took(group: Group): void {
    this.#tail.add(group);
    this.#next = group.first + group.count;
    this.#readable.wake(this.#next);
  }

  /** Segments that lie entirely before `before` are about to go: nothing of them is given from now on. */
  forget(before: number): void {
    for (const { first } of this.#segments.followers()) if (first <= before) this.#first = Math.max(this.#first, first);
  }

  async read(from: number, limits: ReadLimits): Promise<readonly LogEntry[]> {
    this.refuseWhenEnded();
    assert(Number.isSafeInteger(from) && from >= 0, 'an offset is a whole number from 0');
    assert(limits.recordsMax >= 1 && limits.bytesMax >= 1, 'a read asks for at least one record and one byte');
    for (;;) {
      const start = Math.max(from, this.#first);
      if (start >= this.#next) return [];
      const page = new EntryPage(start, limits);
      if (this.#tail.fill(page)) return page.entries;
      const segment = this.#segments.holding(start);
      assert(segment !== undefined, 'every record between the bounds stands in a segment');
      try {
        return await this.#files.read(segment, start, limits);
      } catch (error) {
        if (this.#isForgotten(segment)) continue;
        throw error instanceof AftercareError ? error : readFailed(this.#folder, error);
      }
    }
  }

  async whenReadable(offset: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#ended || signal?.aborted === true) return false;
    // A reader behind the trimmed part waits for what its read would begin with.
    const awaited = Math.max(offset, this.#first);
    return awaited < this.#next || this.#readable.wait(awaited, signal);
  }

  /** Nothing is read any more, and who waits is told that nothing more comes. */
  end(): void {
    this.#ended = true;
    this.#readable.end();
  }

  /** Throws `log-closed` from {@link end} on. */
  refuseWhenEnded(): void {
    if (this.#ended) throw closed(this.#folder);
  }

  #isForgotten(segment: Segment): boolean {
    return segment.first < this.#first;
  }
}
