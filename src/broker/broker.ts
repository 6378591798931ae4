import { EmbeddedBroker } from './embedded-broker.ts';

/** A message that a device sent, before anything is known of it but who sent it. */
export interface IncomingMessage {
  readonly device: string;
  /** Any topic, also a forbidden one: at most 65,535 bytes of UTF-8, without U+0000. */
  readonly topic: string;
  /** A view of received bytes. They are never written again, so it may be kept; it keeps the bytes around it alive. */
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

export interface BrokerHandlers {
  /** Resolves true when `secret` is the device's. Anything else is answered with CONNACK 4 or 5, a rejection with 3. */
  authenticate(device: string, secret: string): Promise<boolean>;
  /** Why no new connection is taken now (log full, starting), or undefined: CONNACK 3. */
  refusal(): string | undefined;
  /**
   * Takes over one message, or the will of a device that was lost. `done()` is called once it is durable: only then is
   * it acknowledged. `done(error)`: it is not acknowledged and the connection is closed, so that the device sends it
   * again. Messages of one connection come in the order in which they were sent.
   */
  onMessage(message: IncomingMessage, done: (error?: Error) => void): void;
  /** A packet beyond the limit of an authenticated device: the connection is closed at once. */
  onOversize(device: string, bytes: number): void;
  /** Called in pairs: a device that takes over its own connection is first gone, then there. */
  onConnection?(device: string, connected: boolean): void;
  /**
   * A connection was closed: refused, broken frames, no CONNECT, keepalive missed, not reading, `done(error)`. The device
   * is who the other side said it is, which is proven only if it was let in; undefined before it said so.
   */
  onProblem?(device: string | undefined, error: Error): void;
}

export interface BrokerLimits {
  readonly packetBytesMax: number;
  readonly connectionsMax: number;
  /** Unacknowledged messages of one connection. At the limit, its socket is not read. */
  readonly inFlightMax: number;
  /** Their payload bytes; one read may pass it by its own size. */
  readonly inFlightBytesMax: number;
  /** Unacknowledged messages of all connections. At the limit, no socket is read; one read may pass it. */
  readonly inFlightTotalMax: number;
  readonly inFlightTotalBytesMax: number;
  /** Bytes published to one device that it has not read yet. What would pass the limit is dropped. */
  readonly outboundBytesMax: number;
  /** Reports a second of one device, each of an array counted, beyond which its socket is read more slowly. Nothing is dropped. */
  readonly reportsPerSecondMax: number;
  /** Time to send CONNECT. */
  readonly connectTimeoutMs: number;
  /** Time to read what was sent to it, and time that closing waits for acks under way. */
  readonly drainTimeoutMs: number;
}

export const defaultBrokerLimits: BrokerLimits = {
  packetBytesMax: 256 * 1024,
  connectionsMax: 10_000,
  inFlightMax: 1_000,
  inFlightBytesMax: 1024 * 1024,
  inFlightTotalMax: 50_000,
  inFlightTotalBytesMax: 64 * 1024 * 1024,
  outboundBytesMax: 1024 * 1024,
  reportsPerSecondMax: 5_000,
  connectTimeoutMs: 10_000,
  drainTimeoutMs: 5_000,
};

/**
 * The door for devices. MQTT 3.1 and 3.1.1. What a device publishes goes to `onMessage` and to nobody else; what it may
 * subscribe to is its own `commands` and `rejected`. Sessions end with their connection, whatever CONNECT asked for.
 */
export interface Broker {
  /** The address it listens on. */
  readonly address: { readonly host: string; readonly port: number };
  /** Publishes to a device's own topic (`rejected`, `commands`); kept nowhere when it is not connected. */
  publish(topic: string, payload: string): void;
  /** Ends the connections of a device (new secret, retired). */
  disconnect(device: string): void;
  connections(): number;
  /** Stops accepting, lets acks under way go out, closes. Wills are not told: the devices are not to blame. */
  close(): Promise<void>;
}

export interface BrokerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly handlers: BrokerHandlers;
  readonly limits: BrokerLimits;
}

/** Rejects with `port-in-use`, or `config-invalid` when the address cannot be listened on for another reason. */
export function startBroker(options: BrokerOptions): Promise<Broker> {
  return EmbeddedBroker.start(options);
}
