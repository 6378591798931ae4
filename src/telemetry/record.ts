import { assert } from '../base/index.ts';
import type { Fact } from './device.ts';

/**
 * What the log holds: raw messages as they came, and every other input of the engine. Nothing else may be read by it.
 *
 * Layout of a payload, little-endian:
 *   message  u8 1 | f64 receivedAt | u8 device bytes | u16 topic bytes | device | topic | message payload
 *   other    u8 2 | UTF-8 JSON of the record
 */
export type LogRecord = MessageRecord | OversizeRecord | TickRecord | ResumedRecord | FactRecord;

/** One MQTT message of an authenticated device, unread. */
export interface MessageRecord {
  readonly kind: 'message';
  readonly receivedAt: number;
  readonly device: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** A packet beyond the size limit: the connection was closed and nothing of the payload is kept. */
export interface OversizeRecord {
  readonly kind: 'oversize';
  readonly receivedAt: number;
  readonly device: string;
  readonly bytes: number;
}

/** Service time, so that silence can be noticed by a replay too. */
export interface TickRecord {
  readonly kind: 'tick';
  readonly at: number;
}

/** The service was away between the record before this one and `at`: that time is not a device's silence. */
export interface ResumedRecord {
  readonly kind: 'resumed';
  readonly at: number;
}

export interface FactRecord {
  readonly kind: 'fact';
  readonly fact: Fact;
}

const messageTag = 1;
const jsonTag = 2;
const messageHeaderBytes = 12;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function encodeRecord(record: LogRecord): Uint8Array {
  if (record.kind === 'message') return encodeMessage(record);
  const json = encoder.encode(JSON.stringify(record));
  const bytes = new Uint8Array(1 + json.length);
  bytes[0] = jsonTag;
  bytes.set(json, 1);
  return bytes;
}

function encodeMessage(record: MessageRecord): Uint8Array {
  const bytes = Buffer.allocUnsafe(messageRecordBytes(record));
  writeMessageRecord(record, bytes, 0);
  return bytes;
}

/** How long the record of a message is: what {@link writeMessageRecord} writes. */
export function messageRecordBytes({ device, topic, payload }: Omit<MessageRecord, 'kind'>): number {
  return messageHeaderBytes + device.length + Buffer.byteLength(topic) + payload.length;
}

/** The hot path's own encoder: into memory that is there, no JSON. `device` is ASCII by its pattern. */
export function writeMessageRecord(record: Omit<MessageRecord, 'kind'>, into: Buffer, at: number): void {
  const { device, topic, payload, receivedAt } = record;
  assert(device.length <= 255, 'device id fits one length byte');
  const namesAt = at + messageHeaderBytes;
  into.write(device, namesAt, 'latin1');
  const topicBytes = into.write(topic, namesAt + device.length);
  assert(topicBytes <= 65_535, 'topic fits its length field');
  into[at] = messageTag;
  into.writeDoubleLE(receivedAt, at + 1);
  into[at + 9] = device.length;
  into.writeUInt16LE(topicBytes, at + 10);
  into.set(payload, namesAt + device.length + topicBytes);
}

/** A message's payload is a view of `bytes`. */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  const tag = bytes[0];
  if (tag === jsonTag) return JSON.parse(decoder.decode(bytes.subarray(1))) as LogRecord;
  assert(tag === messageTag, `log payload has a known tag, not ${tag}`);
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const deviceEnd = messageHeaderBytes + (buffer[9] ?? 0);
  const topicEnd = deviceEnd + buffer.readUInt16LE(10);
  const { device, topic } = namesOf(buffer, deviceEnd, topicEnd);
  return { kind: 'message', receivedAt: buffer.readDoubleLE(1), device, topic, payload: buffer.subarray(topicEnd) };
}

interface Names {
  readonly device: string;
  readonly topic: string;
}

/** Of the last message: what a device sends at a time comes one after the other, and to compare costs less than to make. */
let lastNames: Names = { device: '', topic: '' };

function namesOf(record: Buffer, deviceEnd: number, topicEnd: number): Names {
  const { device, topic } = lastNames;
  if (!isText(device, record, messageHeaderBytes, deviceEnd) || !isText(topic, record, deviceEnd, topicEnd)) {
    lastNames = {
      device: record.toString('latin1', messageHeaderBytes, deviceEnd),
      topic: record.toString('utf8', deviceEnd, topicEnd),
    };
  }
  return lastNames;
}

/** Whether these bytes are the text, all of it in ASCII. */
function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[from + i] ?? -1;
    if (byte > 0x7f || byte !== text.charCodeAt(i)) return false;
  }
  return true;
}
