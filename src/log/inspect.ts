import { existsSync } from 'node:fs';
import { isAftercareError } from '../base/index.ts';
import type { LogFile, LogFiles } from './files.ts';
import type { LogEntry } from './log.ts';
import { nodeFiles } from './node-files.ts';
import { type LogCut, listSegments } from './recovery.ts';
import { groupBehind, scanGroups } from './scan.ts';
import { type GroupPlace, type Segment, Segments } from './segment.ts';
import { payloadOf, segmentHeaderBytes } from './segment-format.ts';
import { readSegmentHeader, SegmentReader } from './segment-reader.ts';

/** A part of the log that cannot be read, with the records that it takes with it. */
export interface LogDamage {
  readonly kind: 'damage';
  readonly file: string;
  /** Byte of the file where the damaged part begins. */
  readonly position: number;
  readonly problem: string;
  /** Offsets, `to` exclusive; undefined where nothing behind tells how many there were. */
  readonly from: number;
  readonly to: number | undefined;
}

export type LogPart =
  | { readonly kind: 'records'; readonly entries: readonly LogEntry[] }
  | LogDamage
  /** The last append, which a crash cut short. It was never acknowledged; the service removes it when it starts. */
  | ({ readonly kind: 'torn' } & LogCut);

export interface LogInspection {
  /** The oldest offset; 0 for an empty log. */
  readonly first: number;
  readonly files: number;
  readonly bytes: number;
  /** All of it, in order, checked group by group. After a damaged part it goes on with the next sound group. */
  parts(): AsyncGenerator<LogPart, void, void>;
  /** The record at an offset; undefined when there is none, or none that can be read. */
  read(offset: number): Promise<LogEntry | undefined>;
}

const windowBytes = 1024 * 1024;
const partBytes = 1024 * 1024;

/** Looks at a log that no process has open, and changes nothing: not even what the log itself would mend at its start. */
export async function inspectLog(folder: string, given?: LogFiles): Promise<LogInspection> {
  if (given === undefined && !existsSync(folder)) {
    return { first: 0, files: 0, bytes: 0, parts: noParts, read: async () => undefined };
  }
  const files = given ?? (await nodeFiles(folder));
  const list = await listSegments(files);
  const segments = new Segments(list);
  const reader = new SegmentReader(folder, files, segments);
  return {
    first: list[0]?.first ?? 0,
    files: list.length,
    bytes: segments.bytes,
    parts: () => partsOf(files, list),
    read: async (offset) => {
      const segment = segments.holding(offset);
      if (segment === undefined) return undefined;
      try {
        const [entry] = await reader.read(segment, offset, { recordsMax: 1, bytesMax: 1 });
        return entry?.offset === offset ? entry : undefined;
      } catch (error) {
        if (isAftercareError(error, 'log-corrupt')) return undefined;
        throw error;
      }
    },
  };
}

async function* noParts(): AsyncGenerator<LogPart, void, void> {
  // Nothing was ever written.
}

async function* partsOf(files: LogFiles, list: readonly Segment[]): AsyncGenerator<LogPart, void, void> {
  for (const [index, segment] of list.entries()) {
    const follower = list[index + 1];
    const file = await files.open(segment.name, 'read');
    try {
      const end = yield* segmentParts(file, segment, follower?.first);
      if (follower === undefined || end === undefined || end === follower.first) continue;
      const problem =
        end < follower.first
          ? `records ${end} to ${follower.first - 1} are missing before it: a file is not there, or one was cut short`
          : `the file before it goes on to record ${end - 1}`;
      yield { kind: 'damage', file: follower.name, position: 0, problem, from: end, to: follower.first };
    } finally {
      await file.close();
    }
  }
}

/** Returns the offset behind its last record; undefined where damage hides it, which has then been told. */
async function* segmentParts(
  file: LogFile,
  segment: Segment,
  followedBy: number | undefined,
): AsyncGenerator<LogPart, number | undefined, void> {
  const { name, first, bytes } = segment;
  const header = await readSegmentHeader(file, first);
  if ('problem' in header) {
    const inTheMaking = followedBy === undefined && header.torn && bytes <= segmentHeaderBytes;
    if (inTheMaking) yield { kind: 'torn', file: name, position: 0, bytes };
    else yield { kind: 'damage', file: name, position: 0, problem: header.problem, from: first, to: followedBy };
    return inTheMaking ? first : undefined;
  }
  segment.salt = header.salt;
  let place: GroupPlace = { offset: first, position: segmentHeaderBytes };
  for (;;) {
    const source = { file, salt: header.salt, from: place, end: bytes, windowBytes };
    const entries: LogEntry[] = [];
    const start = place.position;
    const stop = await scanGroups(source, (group, position) => {
      segment.note({ offset: group.first, position });
      for (let i = 0; i < group.count; i++) entries.push({ offset: group.first + i, payload: payloadOf(group, i) });
      return position - start < partBytes;
    });
    if (entries.length > 0) yield { kind: 'records', entries };
    if (stop.why === 'end') return stop.place.offset;
    place = stop.place;
    if (stop.why === 'enough') continue;
    const { offset, position } = stop.place;
    const behind = await groupBehind(source, stop.place);
    if (behind === undefined && followedBy === undefined && (stop.damageEnd ?? bytes) >= bytes) {
      yield { kind: 'torn', file: name, position, bytes: bytes - position };
      return offset;
    }
    const problem = `the group that begins with record ${offset} is damaged`;
    yield { kind: 'damage', file: name, position, problem, from: offset, to: behind?.offset ?? followedBy };
    if (behind === undefined) return undefined;
    place = behind;
  }
}
