import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { LatencyHistogram } from './latency-histogram.ts';
import { lengthBytes, type ReportFrames } from './report-frames.ts';

export interface Credentials {
  readonly id: string;
  /** Absent: none are sent. */
  readonly secret?: string;
}

export interface Tally {
  sent: number;
  acked: number;
  lastAckAt: number;
  readonly latencies: LatencyHistogram;
}

/** When a paced connection sends, in milliseconds of `performance.now()`: a whole window each time. */
export interface Pace {
  readonly firstAt: number;
  readonly everyMs: number;
}

/** Reads of all connections go here, one after the other: a buffer for each would cost more than what is read. */
const received = Buffer.alloc(64 * 1024);
const nothing = Buffer.alloc(0);
const connack = 0x20;
const puback = 0x40;
/** CONNACK and PUBACK, the only packets that come back, are this long. */
const answerBytes = 4;
const disconnect = Buffer.from([0xe0, 0]);
const protocolHeader = Buffer.from([0, 4, ...Buffer.from('MQTT'), 4]);
const cleanSession = 0x02;
const withCredentials = 0xc0;

/**
 * One connection that keeps a window of reports on their way: as many new ones as were acknowledged, in one write. A
 * paced one sends its window when that is due, or as soon after as the one before is acknowledged; its latencies count
 * from when it was due, so that a server which makes it wait cannot hide that.
 */
export class Publisher {
  readonly #socket: Socket;
  readonly #frames: ReportFrames;
  readonly #tally: Tally;
  readonly #sentAt: Float64Array;
  readonly #window: number;
  #isSending = false;
  #everyMs: number | undefined;
  #dueAt = 0;
  #unacked = 0;
  /** Bytes of an answer that has not come whole. */
  #carry = nothing;
  #accepted: (() => void) | undefined;
  #idle: (() => void) | undefined;
  /** Why it ended before its time. */
  problem: string | undefined;

  private constructor(address: { host: string; port: number }, frames: ReportFrames, tally: Tally) {
    const onread = { buffer: received, callback: (bytes: number) => this.#receive(bytes) };
    this.#socket = connect({ ...address, noDelay: true, onread });
    this.#frames = frames;
    this.#tally = tally;
    this.#window = frames.bytes.length / frames.frameBytes;
    this.#sentAt = new Float64Array(this.#window);
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the connection was closed'));
  }

  /** Resolves after the CONNACK, or when there is a problem. */
  static async open(
    address: { host: string; port: number },
    credentials: Credentials,
    frames: ReportFrames,
    tally: Tally,
  ) {
    const publisher = new Publisher(address, frames, tally);
    const accepted = new Promise<void>((resolve) => {
      publisher.#accepted = resolve;
    });
    publisher.#socket.write(connectFrame(credentials));
    await accepted;
    return publisher;
  }

  /** Paced: {@link sendDue} must be called again and again. */
  start(pace?: Pace): void {
    if (this.problem !== undefined) return;
    this.#isSending = true;
    if (pace === undefined) {
      this.#send(0, this.#window, performance.now());
      return;
    }
    this.#everyMs = pace.everyMs;
    this.#dueAt = pace.firstAt;
  }

  sendDue(now: number): void {
    if (this.#everyMs === undefined || this.#unacked > 0 || now < this.#dueAt) return;
    this.#send(0, this.#window, this.#dueAt);
    this.#dueAt += this.#everyMs;
  }

  /** Sends nothing new; resolves when everything sent is acknowledged, or cannot be. */
  stop(): Promise<void> {
    this.#isSending = false;
    if (this.#unacked === 0 || this.problem !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.removeAllListeners('close');
    const closed = once(this.#socket, 'close');
    this.#socket.end(disconnect);
    await closed;
  }

  abort(): void {
    this.#fail('acks did not come in time');
    this.#socket.destroy();
  }

  #fail(problem: string): void {
    this.problem ??= problem;
    this.#isSending = false;
    this.#accepted?.();
    this.#idle?.();
  }

  /** So many bytes are in {@link received}. Returns whether more may be read, as the socket asks. */
  #receive(count: number): boolean {
    const isWhole = this.#carry.length === 0 && count % answerBytes === 0;
    const bytes = isWhole ? received : Buffer.concat([this.#carry, received.subarray(0, count)]);
    const length = isWhole ? count : bytes.length;
    const whole = length - (length % answerBytes);
    this.#carry = isWhole ? nothing : Buffer.from(bytes.subarray(whole));
    const now = performance.now();
    let runStart = 0;
    let runEnd = 0;
    for (let at = 0; at < whole; at += answerBytes) {
      if (bytes[at] === connack) {
        if (bytes[at + 3] !== 0) this.#fail(`CONNACK ${bytes[at + 3]}`);
        this.#accepted?.();
        continue;
      }
      if (bytes[at] !== puback) {
        this.#fail(`an unexpected packet of type ${(bytes[at] ?? 0) >> 4}`);
        return true;
      }
      const slot = bytes.readUInt16BE(at + 2) - 1;
      this.#tally.latencies.add(now - (this.#sentAt[slot] ?? now));
      this.#unacked -= 1;
      this.#tally.acked += 1;
      if (slot !== runEnd) {
        this.#refill(runStart, runEnd, now);
        runStart = slot;
      }
      runEnd = slot + 1;
    }
    this.#tally.lastAckAt = now;
    this.#refill(runStart, runEnd, now);
    if (this.#unacked === 0) this.#idle?.();
    return true;
  }

  #refill(from: number, to: number, now: number): void {
    if (this.#everyMs === undefined) this.#send(from, to, now);
  }

  /** Sends the slots of `from` up to `to`. Their bytes are free: what was acknowledged has left the process. */
  #send(from: number, to: number, countsFrom: number): void {
    if (!this.#isSending || from === to) return;
    const atMs = Date.now();
    for (let slot = from; slot < to; slot++) {
      this.#frames.patch(slot, atMs);
      this.#sentAt[slot] = countsFrom;
    }
    this.#unacked += to - from;
    this.#tally.sent += to - from;
    const { bytes, frameBytes } = this.#frames;
    this.#socket.write(bytes.subarray(from * frameBytes, to * frameBytes));
  }
}

function connectFrame({ id, secret }: Credentials): Buffer {
  const flags = cleanSession | (secret === undefined ? 0 : withCredentials);
  const fields = secret === undefined ? [id] : [id, id, secret];
  const keepalive = [0, 0];
  const body = Buffer.concat([protocolHeader, Buffer.from([flags, ...keepalive]), ...fields.map(field)]);
  return Buffer.concat([Buffer.from([0x10, ...lengthBytes(body.length)]), body]);
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
