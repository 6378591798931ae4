import type { Draft } from './draft.ts';
import type { ReadLimits } from './entry-page.ts';
import type { LogFiles } from './files.ts';
import type { Log, LogBounds, LogEntry } from './log.ts';
import { LogReader } from './log-reader.ts';
import { nodeFiles } from './node-files.ts';
import { listSegments } from './recovery.ts';
import { Segment, Segments } from './segment.ts';
import { segmentHeaderBytes } from './segment-format.ts';
import { tailBytesDefault } from './segment-log.ts';
import type { WrittenGroup } from './writer.ts';

/** The writing half of a log, wherever it is. */
export type LogWriter = Pick<Log, 'append' | 'trim' | 'close'>;

export interface FollowOptions {
  readonly folder: string;
  /** Default: the folder on the real disk. */
  readonly files?: LogFiles;
  /** Memory for the newest groups. Default 8 MiB. */
  readonly cacheBytesMax?: number;
  readonly writer: LogWriter;
  /** Offset that the next record gets. */
  readonly next: number;
}

/**
 * A log whose writer is elsewhere (in another thread): what was written is told to `took`, in order, and before the
 * `append` that wrote it resolves. To be made before anything is written.
 */
export async function followLog(options: FollowOptions): Promise<{ log: Log; took: (written: WrittenGroup) => void }> {
  const { folder, writer, next, cacheBytesMax = tailBytesDefault } = options;
  const files = options.files ?? (await nodeFiles(folder));
  const segments = new Segments(await listSegments(files));
  const reader = new LogReader({ folder, files, cacheBytesMax }, segments, next);
  return { log: new FollowedLog(writer, segments, reader), took };

  function took({ group, segment, position, bytes }: WrittenGroup): void {
    if (segments.newest?.first !== segment.first) {
      segments.add(new Segment(segment.first, segmentHeaderBytes, segment.salt));
    }
    segments.newest?.note({ offset: group.first, position });
    segments.grow(bytes);
    reader.took(group);
  }
}

class FollowedLog implements Log {
  readonly #writer: LogWriter;
  readonly #segments: Segments;
  readonly #reader: LogReader;
  #closing: Promise<void> | undefined;

  constructor(writer: LogWriter, segments: Segments, reader: LogReader) {
    this.#writer = writer;
    this.#segments = segments;
    this.#reader = reader;
  }

  async append(payloads: readonly Uint8Array[] | Draft): Promise<number> {
    this.#reader.refuseWhenEnded();
    return this.#writer.append(payloads);
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
    this.#reader.forget(before);
    const first = await this.#writer.trim(before);
    for (;;) {
      const { oldest } = this.#segments;
      if (oldest === undefined || oldest.first >= first) return this.#reader.bounds().first;
      this.#segments.dropOldest();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#reader.end();
    await this.#writer.close();
  }
}
