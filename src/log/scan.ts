import type { LogFile } from './files.ts';
import type { GroupPlace } from './segment.ts';
import { decodeGroup, decodeGroupHeader, type Group, groupHeaderBytes, groupMark } from './segment-format.ts';

export interface ScanSource {
  readonly file: LogFile;
  readonly salt: number;
  /** A place where a group begins, or would begin. */
  readonly from: GroupPlace;
  /** Bytes of the file that count; what lies behind may be in the writing. */
  readonly end: number;
  readonly windowBytes: number;
}

export interface ScanStop {
  readonly why: 'end' | 'enough' | 'damage';
  /** Behind the last good group. */
  readonly place: GroupPlace;
  /** Where the damaged group would end, if its header at least is sound. */
  readonly damageEnd?: number;
}

/**
 * Checks one group after the other and shows the good ones to `visit`, until it answers false. The file is read by
 * windows, each into memory of its own, so that views of it stay good.
 */
export async function scanGroups(
  source: ScanSource,
  visit: (group: Group, position: number) => boolean,
): Promise<ScanStop> {
  const { salt, end } = source;
  let { offset, position } = source.from;
  let window: Window = { bytes: Buffer.alloc(0), start: position };
  while (position < end) {
    const place = { offset, position };
    if (!covers(window, position, groupHeaderBytes)) window = await readWindow(source, position, groupHeaderBytes);
    const header = decodeGroupHeader(window.bytes, position - window.start, salt);
    if (header === undefined || header.first !== offset) return { why: 'damage', place };
    const groupBytes = groupHeaderBytes + header.bodyBytes;
    const damageEnd = position + groupBytes;
    if (damageEnd > end) return { why: 'damage', place, damageEnd };
    if (!covers(window, position, groupBytes)) window = await readWindow(source, position, groupBytes);
    const group = decodeGroup(header, window.bytes, position - window.start + groupHeaderBytes, salt);
    if (group === undefined) return { why: 'damage', place, damageEnd };
    position += groupBytes;
    offset += group.count;
    if (!visit(group, place.position)) return { why: 'enough', place: { offset, position } };
  }
  return { why: 'end', place: { offset, position } };
}

/** Where the first whole, later group stands behind a damaged place. */
export async function groupBehind(source: ScanSource, damaged: GroupPlace): Promise<GroupPlace | undefined> {
  const { bytes } = await readWindow(source, damaged.position, source.end - damaged.position);
  for (let at = bytes.indexOf(groupMark); at !== -1; at = bytes.indexOf(groupMark, at + 1)) {
    const header = decodeGroupHeader(bytes, at, source.salt);
    if (header === undefined || header.first <= damaged.offset) continue;
    if (decodeGroup(header, bytes, at + groupHeaderBytes, source.salt) !== undefined) {
      return { offset: header.first, position: damaged.position + at };
    }
  }
  return undefined;
}

interface Window {
  readonly bytes: Buffer;
  readonly start: number;
}

function covers(window: Window, position: number, bytes: number): boolean {
  return position + bytes <= window.start + window.bytes.length;
}

async function readWindow(source: ScanSource, start: number, bytesMin: number): Promise<Window> {
  const bytes = Buffer.allocUnsafeSlow(Math.min(Math.max(bytesMin, source.windowBytes), source.end - start));
  return { bytes: bytes.subarray(0, await source.file.read(bytes, start)), start };
}
