import { EntryPage, type ReadLimits } from './entry-page.ts';
import type { LogFile, LogFiles } from './files.ts';
import type { LogEntry } from './log.ts';
import { corrupt } from './log-errors.ts';
import { scanGroups } from './scan.ts';
import type { Segment, Segments } from './segment.ts';
import { decodeSegmentHeader, type HeaderProblem, type SegmentHeader, segmentHeaderBytes } from './segment-format.ts';

/** Holds the groups of a usual page and the stretch before it that the sparse index leaves. */
const windowBytes = 256 * 1024;

/** Reads records from segment files, checking every group it passes. */
export class SegmentReader {
  readonly #folder: string;
  readonly #files: LogFiles;
  readonly #segments: Segments;

  constructor(folder: string, files: LogFiles, segments: Segments) {
    this.#folder = folder;
    this.#files = files;
    this.#segments = segments;
  }

  /** Records from `from` on, which the segment must hold; none of the segments behind it. At least one. */
  async read(segment: Segment, from: number, limits: ReadLimits): Promise<readonly LogEntry[]> {
    const end = segment.bytes;
    const file = await this.#files.open(segment.name, 'read');
    try {
      const salt = segment.salt ?? (await this.#readHeader(segment, file)).salt;
      segment.salt = salt;
      const page = new EntryPage(from, limits);
      const start = segment.placeBefore(from) ?? { offset: segment.first, position: segmentHeaderBytes };
      const stop = await scanGroups({ file, salt, from: start, end, windowBytes }, (group, position) => {
        segment.note({ offset: group.first, position });
        return page.add(group);
      });
      // What is sound before a damaged place is given; the read that begins there fails.
      if (page.entries.length > 0) return page.entries;
      const followed = this.#segments.after(segment)?.first;
      throw this.#corrupt(
        segment,
        stop.place.position,
        stop.why === 'damage'
          ? `the group that begins with record ${stop.place.offset} is damaged`
          : `it ends before record ${stop.place.offset}, the next file begins with ${followed}`,
      );
    } finally {
      await file.close();
    }
  }

  async #readHeader(segment: Segment, file: LogFile): Promise<SegmentHeader> {
    const header = await readSegmentHeader(file, segment.first);
    if ('problem' in header) throw this.#corrupt(segment, 0, header.problem);
    return header;
  }

  #corrupt(segment: Segment, position: number, problem: string): Error {
    return corrupt({ folder: this.#folder, name: segment.name }, position, problem);
  }
}

/** The header of the segment that begins with `first`, or what is wrong with it. */
export async function readSegmentHeader(file: LogFile, first: number): Promise<SegmentHeader | HeaderProblem> {
  const bytes = Buffer.allocUnsafe(segmentHeaderBytes);
  return decodeSegmentHeader(bytes.subarray(0, await file.read(bytes, 0)), first);
}
