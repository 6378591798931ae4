import { reportsTopic } from '../telemetry/index.ts';

/** A report as a device's own PUBLISH frame holds it. */
export interface OwnReport {
  readonly packetId: number;
  /** A view of the received bytes. */
  readonly payload: Buffer;
}

/** PUBLISH with QoS 1, not retained; with and without DUP. */
const publish = 0x32;
const publishAgain = 0x3a;
const topicLengthBytes = 2;
const packetIdBytes = 2;

/**
 * Knows the frames that nearly all traffic consists of: a device's reports on its own topic, QoS 1, not retained. They
 * need nothing that aedes keeps (sessions, subscribers, retained messages), and taking them here costs a third.
 */
export class OwnReports {
  readonly topic: string;
  readonly #topicBytes: Buffer;

  constructor(device: string) {
    this.topic = reportsTopic(device);
    this.#topicBytes = Buffer.from(this.topic);
  }

  /**
   * The report in the whole frame that ends before `end`, whose variable header begins at `start`; undefined for any
   * other frame, sound or not. MQTT 3.1.1, 3.3.
   */
  read(bytes: Buffer, firstByte: number, start: number, end: number): OwnReport | undefined {
    if (firstByte !== publish && firstByte !== publishAgain) return undefined;
    const topicAt = start + topicLengthBytes;
    const payloadAt = topicAt + this.#topicBytes.length + packetIdBytes;
    if (payloadAt > end || bytes.readUInt16BE(start) !== this.#topicBytes.length) return undefined;
    if (bytes.compare(this.#topicBytes, 0, this.#topicBytes.length, topicAt, payloadAt - packetIdBytes) !== 0)
      return undefined;
    const packetId = bytes.readUInt16BE(payloadAt - packetIdBytes);
    return packetId === 0 ? undefined : { packetId, payload: bytes.subarray(payloadAt, end) };
  }
}

/** The PUBACK frames of these packets, joined. MQTT 3.1.1, 3.4. */
export function encodePubacks(packetIds: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * packetIds.length);
  let at = 0;
  for (const packetId of packetIds) {
    bytes[at] = 0x40;
    bytes[at + 1] = 2;
    bytes.writeUInt16BE(packetId, at + 2);
    at += 4;
  }
  return bytes;
}
