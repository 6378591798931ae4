import type { Socket } from 'node:net';
import type { BrokerLimits } from './broker.ts';
import { countReports } from './count-reports.ts';
import { FrameReader, type TakeFrame } from './frame-reader.ts';
import type { InFlight, Waiter } from './in-flight.ts';
import { encodePubacks, type OwnReport, OwnReports } from './own-reports.ts';
import { Pace } from './pace.ts';

export interface ConnectionContext {
  readonly limits: BrokerLimits;
  readonly inFlight: InFlight;
  /** To be answered by {@link Connection.acknowledge}. */
  onOwnReport(connection: Connection, topic: string, report: OwnReport): void;
  /** {@link Connection.flushAcks} is to be called when no more acks are to be expected at once. */
  onAcksDue(connection: Connection): void;
  onOversize(connection: Connection, bytes: number): void;
  onProblem(connection: Connection, error: Error): void;
}

/**
 * The gate between a socket and aedes, which reads by `socket.read()`: that method is replaced by one that gives whole
 * frames, without the device's own reports, which are taken here; and none while there is no room or the device is ahead
 * of its rate. Bytes then stay in the kernel and TCP slows the device down. aedes alone reads on while acks are withheld,
 * and takes packets of any size. Own reports that come when nothing waits are taken before they get into the socket's
 * buffer, by a `push` of ours: that spares the turns of the buffer and of aedes, which cost more than all else here.
 */
export class Connection implements Waiter {
  readonly socket: Socket;
  /** Undefined until it proved who it is. */
  device: string | undefined;
  /** Who it says it is, proven or not. */
  claimedDevice: string | undefined;
  /** It counts against the limit of connections. */
  hasPlace = false;
  /** What was wrong with it has been told. */
  hasProblem = false;
  /** Bytes published to it and not yet handed to the kernel. */
  outboundBytes = 0;

  readonly #context: ConnectionContext;
  readonly #readSocket: () => Buffer | null;
  readonly #frames: FrameReader;
  readonly #pace: Pace;
  /** CONNECT alone is given first: what follows it waits for the CONNACK, since aedes would queue only 42 packets. */
  #stage: 'connect' | 'held' | 'open' | 'stopped' = 'connect';
  #messages = 0;
  #bytes = 0;
  /** Offers frames of its own reports to us before aedes gets them; once the session is up. */
  #takeFrame: TakeFrame | undefined;
  /** Of reports that are durable, to be sent with one write. */
  readonly #packetIds: number[] = [];
  /** A read was refused, so that aedes must be told to read again. */
  #isRefused = false;
  #isWaking = false;
  #paceTimer: NodeJS.Timeout | undefined;
  #keepalive: NodeJS.Timeout | undefined;
  /** It ends as soon as its messages are acknowledged. */
  #isEnding = false;
  #endTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, context: ConnectionContext) {
    this.socket = socket;
    this.#context = context;
    this.#frames = new FrameReader(context.limits.packetBytesMax);
    this.#pace = new Pace(context.limits.reportsPerSecondMax);
    const read = socket.read.bind(socket);
    this.#readSocket = read;
    // Node itself calls read(0) to fill the buffer; that must reach the stream whatever the gate says.
    socket.read = (size?: number) => (size === 0 ? read(0) : this.#read());
    const push = socket.push.bind(socket);
    socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
      const rest = chunk instanceof Buffer ? this.#takeAtOnce(chunk) : chunk;
      return rest === undefined || push(rest, encoding);
    };
  }

  /** The session is up: what follows CONNECT may be read. */
  open(): void {
    if (this.#stage !== 'held') return;
    this.#stage = 'open';
    if (this.device !== undefined) this.#takeFrame = this.#taker(new OwnReports(this.device));
    this.#readAgain();
  }

  #taker(own: OwnReports): TakeFrame {
    return (bytes, firstByte, bodyStart, end) => {
      const report = own.read(bytes, firstByte, bodyStart, end);
      if (report === undefined) return false;
      this.take(report.payload);
      this.#context.onOwnReport(this, own.topic, report);
      return true;
    };
  }

  /** A report of its own is durable; with an error it never will be, and the connection ends. */
  acknowledge(packetId: number, payloadBytes: number, error?: Error): void {
    if (error !== undefined) {
      this.#context.onProblem(this, error);
      this.socket.destroy();
    } else {
      if (this.#packetIds.length === 0) this.#context.onAcksDue(this);
      this.#packetIds.push(packetId);
    }
    this.settle(payloadBytes);
  }

  /** To be called before aedes acknowledges anything, so that acks go out in order. */
  flushAcks(): void {
    if (this.#packetIds.length === 0) return;
    const acks = encodePubacks(this.#packetIds);
    // Not a new array: of the old one, which has become old in V8's sense, what it held would have to be collected as such.
    this.#packetIds.length = 0;
    if (this.socket.writable) this.socket.write(acks);
  }

  /** Reads no more, for good. Acks still go out. */
  stop(): void {
    this.#stage = 'stopped';
    clearTimeout(this.#paceTimer);
    clearTimeout(this.#keepalive);
    clearTimeout(this.#endTimer);
    this.#context.inFlight.forget(this);
  }

  /** Ends the connection when nothing comes for one and a half times this long. It is ours because aedes' timer would
   * cut a device whose socket we do not read. */
  expectWithin(keepaliveMs: number): void {
    clearTimeout(this.#keepalive);
    if (keepaliveMs <= 0) return;
    this.#keepalive = setTimeout(() => {
      if (this.#isRefused || this.#messages > 0) {
        this.#keepalive?.refresh();
        return;
      }
      this.#context.onProblem(this, new Error(`nothing came for ${keepaliveMs * 1.5} ms: keepalive missed`));
      this.socket.destroy();
    }, keepaliveMs * 1.5);
  }

  /** A message was taken over. */
  take(payload: Buffer): void {
    this.#messages += 1;
    this.#bytes += payload.length;
    this.#context.inFlight.add(payload.length);
    // The frame itself is charged where it is read.
    const more = countReports(payload) - 1;
    if (more > 0) this.#pace.take(more, performance.now());
  }

  /** It was acknowledged, or never will be. */
  settle(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
    this.#context.inFlight.remove(bytes);
    if (this.#isEnding) this.#endWhenSettled();
    else if (this.#isRefused && this.#hasRoom()) this.wake();
  }

  /** In its own turn of the event loop: reading hands on new messages, which must not happen amid acknowledging. */
  wake(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      this.#readAgain();
    });
  }

  #readAgain(): void {
    if (!this.#isRefused || this.socket.destroyed) return;
    this.#isRefused = false;
    this.socket.emit('readable');
  }

  #hasRoom(): boolean {
    const { inFlightMax, inFlightBytesMax } = this.#context.limits;
    return this.#messages < inFlightMax && this.#bytes < inFlightBytesMax;
  }

  #mayRead(): boolean {
    if (this.#stage === 'held' || this.#stage === 'stopped') return false;
    // CONNECT is read however full we are, or whoever comes back meanwhile would run into the connect timeout.
    if (this.#stage === 'connect') return true;
    if (!this.#hasRoom()) return false;
    if (this.#context.inFlight.isFull) {
      this.#context.inFlight.wait(this);
      return false;
    }
    const waitMs = this.#pace.waitMs(performance.now());
    if (waitMs === 0) return true;
    clearTimeout(this.#paceTimer);
    this.#paceTimer = setTimeout(() => this.#readAgain(), waitMs);
    return false;
  }

  /** What has just come, without the own reports that it begins with; undefined when nothing is left. */
  #takeAtOnce(chunk: Buffer): Buffer | undefined {
    const take = this.#takeFrame;
    if (take === undefined || this.socket.readableLength > 0 || !this.#frames.isBetweenFrames) return chunk;
    if (!this.#mayRead()) return chunk;
    this.#keepalive?.refresh();
    const { frames, end } = this.#frames.takeFirst(chunk, this.#context.limits.inFlightMax - this.#messages, take);
    if (frames === 0) return chunk;
    this.#pace.take(frames, performance.now());
    return end === chunk.length ? undefined : chunk.subarray(end);
  }

  #read(): Buffer | null {
    if (!this.#mayRead()) {
      this.#isRefused = true;
      return null;
    }
    this.#isRefused = false;
    const chunk = this.#readSocket();
    if (chunk === null) return null;
    this.#keepalive?.refresh();

    const isFirst = this.#stage === 'connect';
    const framesMax = isFirst ? 1 : this.#context.limits.inFlightMax - this.#messages;
    const split = this.#frames.push(chunk, framesMax, this.#takeFrame);
    if (split.oversize !== undefined) {
      this.#context.onOversize(this, split.oversize);
      this.stop();
      if (split.whole !== undefined || this.#messages > 0) this.#endSoon();
      else this.socket.destroy();
      return split.whole ?? null;
    }
    if (split.rest !== undefined) this.socket.unshift(split.rest);
    if (split.charged > 0) this.#pace.take(split.charged, performance.now());
    if (split.whole === undefined) {
      // Nothing is left for aedes, which would ask again; what was put back waits for room.
      this.#isRefused = split.rest !== undefined;
      if (this.#isRefused && this.#hasRoom()) this.wake();
      return null;
    }
    if (isFirst) this.#stage = 'held';
    return split.whole;
  }

  /**
   * Lets the acks go out, then ends the connection. What comes meanwhile is thrown away: closing with bytes unread would
   * reset the connection, and take the acks with it.
   */
  #endSoon(): void {
    this.#isEnding = true;
    this.#endTimer = setTimeout(() => this.socket.destroy(), this.#context.limits.drainTimeoutMs);
    this.socket.on('readable', () => this.#discard());
    // The frames just given are not taken over yet.
    setImmediate(() => {
      this.#discard();
      this.#endWhenSettled();
    });
  }

  #discard(): void {
    let chunk: Buffer | null;
    do chunk = this.#readSocket();
    while (chunk !== null);
  }

  #endWhenSettled(): void {
    if (this.#messages > 0) return;
    // An ack is written in the turn in which it is released, and flushed in the next.
    setImmediate(() =>
      setImmediate(() => {
        if (this.#messages === 0) this.socket.end();
      }),
    );
  }
}
