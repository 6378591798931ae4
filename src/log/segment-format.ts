/*
 * A segment file, named by its first offset in 16 decimal digits and ".log". All numbers little endian.
 *
 *   header   8 B   magic "AFTRLOG\n"
 *            4 B   version, 1
 *            4 B   salt, random, one a segment
 *            8 B   offset of the first record
 *            4 B   CRC32 of the 24 bytes before
 *   groups, one after the other, each written by one write and made durable by one sync:
 *            4 B   mark "GRP\n"
 *            4 B   bytes of the body
 *            4 B   count of records, at least 1
 *            8 B   offset of the first record
 *            4 B   CRC32 of the body
 *            4 B   CRC32 of the 24 bytes before
 *     body   4 B   a record: where its payload ends, counted from the first payload
 *            ...   the payloads, joined
 *
 * Invariants
 * - A group is written only after the one before it is durable, and a segment is begun only after the last group of the
 *   one before it is durable. So a crash can only tear the last group, or the header, of the newest segment.
 * - Records are numbered without holes, across groups and segments.
 * - The CRCs of groups start from the salt. A payload is a stranger's bytes: without the salt it cannot hold a group that
 *   passes the check, so a torn group can be told from damage by looking for a whole group behind it.
 */
import { crc32 } from 'node:zlib';
import { assert } from '../base/index.ts';
import { Draft } from './draft.ts';

const magic = Buffer.from('AFTRLOG\n', 'latin1');
const version = 1;
export const segmentHeaderBytes = 28;

export const groupMark = Buffer.from('GRP\n', 'latin1');
const groupMarkNumber = groupMark.readUInt32LE(0);
export const groupHeaderBytes = 28;

/** A body ends before this; far above what a caller should gather, far below what a buffer can hold. */
export const groupBodyBytesMax = 256 * 1024 * 1024;

export interface SegmentHeader {
  readonly first: number;
  readonly salt: number;
}

export interface HeaderProblem {
  readonly problem: string;
  /** A crash in the making of the segment may have left it so. */
  readonly torn: boolean;
}

export interface GroupHeader {
  readonly first: number;
  readonly count: number;
  readonly bodyBytes: number;
  readonly bodyCrc: number;
}

/** Records that were appended together. */
export interface Group {
  readonly first: number;
  readonly count: number;
  /** The ends and the payloads. Never written to once the group is sealed: readers hold views of it. */
  readonly body: Buffer;
}

export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.log`;
}

/** First offset of the segment of this name; undefined for a name that is not a segment's. */
export function parseSegmentName(name: string): number | undefined {
  if (!/^\d{16}\.log$/.test(name)) return undefined;
  const first = Number(name.slice(0, 16));
  return Number.isSafeInteger(first) ? first : undefined;
}

export function encodeSegmentHeader({ first, salt }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(salt, 12);
  bytes.writeBigUInt64LE(BigInt(first), 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
  return bytes;
}

/** The header of the segment that begins with `first`, or what is wrong with it. */
export function decodeSegmentHeader(bytes: Buffer, first: number): SegmentHeader | HeaderProblem {
  if (bytes.length < segmentHeaderBytes) return { problem: 'its header is cut short', torn: true };
  if (bytes.readUInt32LE(24) !== crc32(bytes.subarray(0, 24))) {
    return { problem: 'its header fails the check sum', torn: true };
  }
  if (!bytes.subarray(0, magic.length).equals(magic)) return { problem: 'it is not a log segment', torn: false };
  const found = bytes.readUInt32LE(8);
  if (found !== version) {
    return { problem: `it is of format version ${found}, this program reads ${version}`, torn: false };
  }
  const header = { first: Number(bytes.readBigUInt64LE(16)), salt: bytes.readUInt32LE(12) };
  if (header.first === first) return header;
  return { problem: `it begins with record ${header.first}, not as its name says`, torn: false };
}

/** A group with its payloads copied in, but without its header, which needs the place where it will stand. */
export function layOutGroup(payloads: readonly Uint8Array[] | Draft): Buffer {
  return payloads instanceof Draft ? layOutDraft(payloads) : layOutPayloads(payloads);
}

function layOutDraft(draft: Draft): Buffer {
  const { bytes, start } = emptyGroup(draft.length, draft.bytes);
  draft.joined.copy(bytes, start);
  let endAt = groupHeaderBytes;
  for (const end of draft.ends) endAt = bytes.writeUInt32LE(end, endAt);
  return bytes;
}

function layOutPayloads(payloads: readonly Uint8Array[]): Buffer {
  let payloadBytes = 0;
  for (const payload of payloads) payloadBytes += payload.length;
  const { bytes, start } = emptyGroup(payloads.length, payloadBytes);
  let end = 0;
  let endAt = groupHeaderBytes;
  for (const payload of payloads) {
    bytes.set(payload, start + end);
    end += payload.length;
    endAt = bytes.writeUInt32LE(end, endAt);
  }
  return bytes;
}

/** `start`: where the first payload belongs. */
function emptyGroup(count: number, payloadBytes: number): { readonly bytes: Buffer; readonly start: number } {
  assert(count > 0, 'a group has at least one record');
  const bodyBytes = count * 4 + payloadBytes;
  assert(bodyBytes < groupBodyBytesMax, 'a group is smaller than 256 MiB');
  // Not from the pool: the tail cache keeps this buffer, and must not keep a pool's slab alive with it.
  return { bytes: Buffer.allocUnsafeSlow(groupHeaderBytes + bodyBytes), start: groupHeaderBytes + count * 4 };
}

/** Writes the header into a group made by {@link layOutGroup}. */
export function sealGroup(bytes: Buffer, place: { first: number; count: number; salt: number }): Group {
  const body = bytes.subarray(groupHeaderBytes);
  bytes.writeUInt32LE(groupMarkNumber, 0);
  bytes.writeUInt32LE(body.length, 4);
  bytes.writeUInt32LE(place.count, 8);
  bytes.writeBigUInt64LE(BigInt(place.first), 12);
  bytes.writeUInt32LE(crc32(body, place.salt), 20);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24), place.salt), 24);
  return { first: place.first, count: place.count, body };
}

/** The group header at `at`; undefined when there is no whole and sound one. */
export function decodeGroupHeader(bytes: Buffer, at: number, salt: number): GroupHeader | undefined {
  if (at + groupHeaderBytes > bytes.length || bytes.readUInt32LE(at) !== groupMarkNumber) return undefined;
  if (bytes.readUInt32LE(at + 24) !== crc32(bytes.subarray(at, at + 24), salt)) return undefined;
  return {
    bodyBytes: bytes.readUInt32LE(at + 4),
    count: bytes.readUInt32LE(at + 8),
    first: Number(bytes.readBigUInt64LE(at + 12)),
    bodyCrc: bytes.readUInt32LE(at + 20),
  };
}

/** The group of this header whose body begins at `at`; undefined when the body is cut short or damaged. */
export function decodeGroup(header: GroupHeader, bytes: Buffer, at: number, salt: number): Group | undefined {
  const body = bytes.subarray(at, at + header.bodyBytes);
  if (body.length < header.bodyBytes || crc32(body, salt) !== header.bodyCrc) return undefined;
  return { first: header.first, count: header.count, body };
}

/** A view of the payload with this index in the group, not a copy. */
export function payloadOf(group: Group, index: number): Uint8Array {
  const start = group.count * 4;
  const from = index === 0 ? 0 : group.body.readUInt32LE(index * 4 - 4);
  return group.body.subarray(start + from, start + group.body.readUInt32LE(index * 4));
}
