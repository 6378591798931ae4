import { randomInt } from 'node:crypto';
import type { LogFile, LogFiles } from './files.ts';
import { diskFull, full, writeFailed } from './log-errors.ts';
import { Segment, type Segments } from './segment.ts';
import { encodeSegmentHeader, type Group, sealGroup, segmentHeaderBytes, segmentName } from './segment-format.ts';

/** The newest segment, open for writing. */
export interface ActiveSegment {
  readonly segment: Segment;
  readonly file: LogFile;
  readonly salt: number;
}

/** Makes a segment that may be written to: its header and its name are durable. */
export async function createSegment(files: LogFiles, first: number): Promise<ActiveSegment> {
  const file = await files.open(segmentName(first), 'create');
  try {
    const salt = await writeSegmentHeader(file, first);
    await file.sync();
    await files.sync();
    return { segment: new Segment(first, segmentHeaderBytes, salt), file, salt };
  } catch (error) {
    await file.close();
    // Of a disk without room the name is left, and would be in the way of the next attempt.
    await files.remove(segmentName(first)).catch(() => undefined);
    throw error;
  }
}

/** Returns the salt of the segment. */
export async function writeSegmentHeader(file: LogFile, first: number): Promise<number> {
  const salt = randomInt(2 ** 32);
  await file.write(encodeSegmentHeader({ first, salt }), 0);
  return salt;
}

export interface WriterOptions {
  readonly folder: string;
  readonly files: LogFiles;
  readonly segmentBytesMax: number;
  readonly bytesMax: number;
}

/** A durable group and where it stands. */
export interface WrittenGroup {
  readonly group: Group;
  /** First offset and salt of its segment, and the place in that file where the group begins. */
  readonly segment: { readonly first: number; readonly salt: number };
  readonly position: number;
  readonly bytes: number;
}

/** Writes groups, one at a time; the caller sees to that. */
export class SegmentWriter {
  readonly #options: WriterOptions;
  readonly #segments: Segments;
  #active: ActiveSegment;
  #next: number;
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: WriterOptions, segments: Segments, active: ActiveSegment, next: number) {
    this.#options = options;
    this.#segments = segments;
    this.#active = active;
    this.#next = next;
  }

  /** Makes a laid-out group durable: one write, one sync. */
  async write(bytes: Buffer, count: number): Promise<WrittenGroup> {
    const { folder, bytesMax } = this.#options;
    if (this.#failure !== undefined) throw writeFailed(folder, this.#failure.cause);
    const rolls = this.#rollsFor(bytes.length);
    if (this.#segments.bytes + bytes.length + (rolls ? segmentHeaderBytes : 0) > bytesMax) throw full(folder, bytesMax);
    try {
      if (rolls) await this.#roll();
      const { segment, file, salt } = this.#active;
      const group = sealGroup(bytes, { first: this.#next, count, salt });
      await file.write(bytes, segment.bytes);
      await file.sync();
      const position = segment.bytes;
      segment.note({ offset: group.first, position });
      this.#segments.grow(bytes.length);
      this.#next += count;
      return { group, segment: { first: segment.first, salt }, position, bytes: bytes.length };
    } catch (cause) {
      const isCut = await this.#cutBack();
      // Nothing of the group is left, and what was before it was durable before: when there is room, it goes on.
      if (isCut && isOutOfSpace(cause)) throw diskFull(folder, cause);
      this.#failure = { cause };
      throw writeFailed(folder, cause);
    }
  }

  async close(): Promise<void> {
    await this.#active.file.close();
  }

  /** A group larger than a segment may be gets a segment of its own. */
  #rollsFor(bytes: number): boolean {
    const { segment } = this.#active;
    return segment.bytes > segmentHeaderBytes && segment.bytes + bytes > this.#options.segmentBytesMax;
  }

  async #roll(): Promise<void> {
    const old = this.#active;
    this.#active = await createSegment(this.#options.files, this.#next);
    this.#segments.add(this.#active.segment);
    await old.file.close();
  }

  /**
   * A rejected group must not be found by the next start, although its bytes may be on disk. Where the disk refuses this
   * too (false), nobody can know what is on it.
   */
  async #cutBack(): Promise<boolean> {
    const { segment, file } = this.#active;
    try {
      await file.truncate(segment.bytes);
      await file.sync();
      return true;
    } catch {
      return false;
    }
  }
}

function isOutOfSpace(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
}
