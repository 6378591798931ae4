import { AftercareError } from '../base/index.ts';
import type { Draft } from './draft.ts';
import type { ReadLimits } from './entry-page.ts';
import type { LogFiles } from './files.ts';
import type { Log, LogBounds, LogEntry } from './log.ts';
import { folderUnusable, trimFailed } from './log-errors.ts';
import { LogReader } from './log-reader.ts';
import { nodeFiles } from './node-files.ts';
import { type LogCut, type Recovered, recover } from './recovery.ts';
import type { Segments } from './segment.ts';
import { layOutGroup } from './segment-format.ts';
import { Turns } from './turns.ts';
import { SegmentWriter, type WrittenGroup } from './writer.ts';

const mebibyte = 1024 * 1024;
/** Memory for the newest groups, from which readers at the tail are served. */
export const tailBytesDefault = 8 * mebibyte;

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
  /**
   * Told of every group once it is durable, before its `append` resolves. Whoever moves its memory elsewhere must have
   * set `cacheBytesMax` to 0.
   */
  readonly onWritten?: (group: WrittenGroup) => void;
}

/**
 * Opens the embedded log: segment files in one folder, made when there is none.
 * Errors: `log-corrupt` when the newest segment is damaged other than by a crash, `data-folder-unusable`.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { folder, bytesMax = Number.POSITIVE_INFINITY, cacheBytesMax = tailBytesDefault } = options;
  const segmentBytesMax = Math.min(options.segmentBytesMax ?? 64 * mebibyte, Math.floor(bytesMax / 4));
  const onWritten = options.onWritten ?? (() => undefined);
  try {
    const files = options.files ?? (await nodeFiles(folder));
    const recovered = await recover(folder, files);
    if (recovered.cut !== undefined) options.onCut?.(recovered.cut);
    return new SegmentLog({ folder, files, segmentBytesMax, bytesMax, cacheBytesMax, onWritten }, recovered);
  } catch (error) {
    throw error instanceof AftercareError ? error : folderUnusable(folder, error);
  }
}

type SegmentLogOptions = Required<Omit<LogOptions, 'onCut'>>;

class SegmentLog implements Log {
  readonly #options: SegmentLogOptions;
  readonly #segments: Segments;
  readonly #writer: SegmentWriter;
  readonly #reader: LogReader;
  readonly #appends = new Turns();
  readonly #trims = new Turns();
  #closing: Promise<void> | undefined;

  constructor(options: SegmentLogOptions, { segments, active, next }: Recovered) {
    this.#options = options;
    this.#segments = segments;
    this.#writer = new SegmentWriter(options, segments, active, next);
    this.#reader = new LogReader(options, segments, next);
  }

  async append(payloads: readonly Uint8Array[] | Draft): Promise<number> {
    this.#reader.refuseWhenEnded();
    const bytes = layOutGroup(payloads);
    const count = payloads.length;
    return this.#appends.take(async () => {
      const written = await this.#writer.write(bytes, count);
      this.#reader.took(written.group);
      this.#options.onWritten(written);
      return written.group.first;
    });
  }

  read(from: number, limits: ReadLimits): Promise<readonly LogEntry[]> {
    return this.#reader.read(from, limits);
  }

  bounds(): LogBounds {
    return this.#reader.bounds();
  }

  whenReadable(offset: number, signal?: AbortSignal): Promise<boolean> {
    return this.#reader.whenReadable(offset, signal);
  }

  async trim(before: number): Promise<number> {
    this.#reader.refuseWhenEnded();
    return this.#trims.take(async () => {
      try {
        await this.#removeSegmentsBefore(before);
      } catch (cause) {
        throw trimFailed(this.#options.folder, cause);
      }
      return this.#reader.bounds().first;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#reader.end();
    await this.#appends.idle();
    await this.#trims.idle();
    await this.#writer.close();
  }

  /** Oldest first, each removal durable before the next: a crash must not bring back a file but not the one behind it. */
  async #removeSegmentsBefore(before: number): Promise<void> {
    const { files } = this.#options;
    for (;;) {
      const { oldest } = this.#segments;
      const follower = oldest === undefined ? undefined : this.#segments.after(oldest);
      if (oldest === undefined || follower === undefined || follower.first > before) return;
      this.#reader.forget(follower.first);
      // For a removal whose own sync failed.
      await files.sync();
      await files.remove(oldest.name);
      this.#segments.dropOldest();
      await files.sync();
    }
  }
}
