import type { LogFile, LogFiles } from './files.ts';
import { corrupt } from './log-errors.ts';
import { groupBehind, scanGroups } from './scan.ts';
import { Segment, Segments } from './segment.ts';
import { parseSegmentName, segmentHeaderBytes } from './segment-format.ts';
import { readSegmentHeader } from './segment-reader.ts';
import { type ActiveSegment, createSegment, writeSegmentHeader } from './writer.ts';

const windowBytes = 1024 * 1024;

/** An append that a crash cut short; it was never acknowledged, and it is gone now. */
export interface LogCut {
  readonly file: string;
  readonly position: number;
  readonly bytes: number;
}

export interface Recovered {
  readonly segments: Segments;
  readonly active: ActiveSegment;
  /** Offset that the next record gets. */
  readonly next: number;
  readonly cut: LogCut | undefined;
}

/** Finds the segments, checks the newest, and cuts off what a crash tore. Older segments are checked when read. */
export async function recover(folder: string, files: LogFiles): Promise<Recovered> {
  const list = await listSegments(files);
  const newest = list.at(-1);
  if (newest === undefined) {
    const active = await createSegment(files, 0);
    return { segments: new Segments([active.segment]), active, next: 0, cut: undefined };
  }
  const file = await files.open(newest.name, 'write');
  try {
    const { salt, next, cut } = await checkNewest(folder, newest, file);
    // A process that was killed may have left what is only in the system's memory: nobody may read it before it is safe.
    await file.sync();
    await files.sync();
    return { segments: new Segments(list), active: { segment: newest, file, salt }, next, cut };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The segments that the folder holds, oldest first. */
export async function listSegments(files: LogFiles): Promise<Segment[]> {
  const list: Segment[] = [];
  for (const { name, bytes } of await files.list()) {
    const first = parseSegmentName(name);
    if (first !== undefined) list.push(new Segment(first, bytes));
  }
  return list.sort((a, b) => a.first - b.first);
}

interface Checked {
  readonly salt: number;
  readonly next: number;
  readonly cut: LogCut | undefined;
}

/** Leaves the file whole, but not yet synced. */
async function checkNewest(folder: string, segment: Segment, file: LogFile): Promise<Checked> {
  const { name, first } = segment;
  const header = await readSegmentHeader(file, first);
  if ('problem' in header) {
    // A segment in the making has no group yet, and its name says with which record it begins.
    if (header.torn && segment.bytes <= segmentHeaderBytes) {
      segment.salt = await writeSegmentHeader(file, first);
      segment.bytes = segmentHeaderBytes;
      return { salt: segment.salt, next: first, cut: undefined };
    }
    throw corrupt({ folder, name }, 0, header.problem);
  }
  const { salt } = header;
  segment.salt = salt;
  const from = { offset: first, position: segmentHeaderBytes };
  const source = { file, salt, from, end: segment.bytes, windowBytes };
  let last = 0;
  const stop = await scanGroups(source, (group, position) => {
    segment.note({ offset: group.first, position });
    last = position;
    return true;
  });
  const { offset, position } = stop.place;
  if (stop.why === 'end') {
    await writeAgain(file, last, position);
    return { salt, next: offset, cut: undefined };
  }
  // The next group is written only after the last is durable: with anything behind it, this one was acknowledged.
  const isInside = (stop.damageEnd ?? segment.bytes) < segment.bytes;
  const followed = isInside || (await groupBehind(source, stop.place)) !== undefined;
  if (followed) {
    throw corrupt({ folder, name }, position, `the group that begins with record ${offset} is damaged`);
  }
  const cut = { file: name, position, bytes: segment.bytes - position };
  await file.truncate(position);
  await writeAgain(file, last, position);
  segment.bytes = position;
  return { salt, next: offset, cut };
}

/**
 * The last group, or the header where there is none, is all that may not be durable. Systems forget what a sync that
 * failed was for: it can still be read, and the next sync says that all is well, unless it is written again.
 */
async function writeAgain(file: LogFile, from: number, to: number): Promise<void> {
  const bytes = Buffer.allocUnsafeSlow(to - from);
  await file.write(bytes.subarray(0, await file.read(bytes, from)), from);
}
