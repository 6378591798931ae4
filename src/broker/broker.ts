/** A message that a device sent, before anything is known of it but who sent it. */
export interface IncomingMessage {
  readonly device: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

export interface BrokerHandlers {
  /** Resolves true when `secret` is the device's. Anything else is answered with CONNACK 4 or 5. */
  authenticate(device: string, secret: string): Promise<boolean>;
  /** Why no new connection is taken now (log full, starting), or undefined: CONNACK 3. */
  refusal(): string | undefined;
  /**
   * Takes over one message. `done()` is called once it is durable: only then is it acknowledged. `done(error)`: it is
   * not acknowledged and the connection is closed, so that the device sends it again.
   */
  onMessage(message: IncomingMessage, done: (error?: Error) => void): void;
  /** A packet beyond the limit: the connection is closed at once. */
  onOversize(device: string, bytes: number): void;
  onConnection?(device: string, connected: boolean): void;
}

export interface BrokerLimits {
  readonly packetBytesMax: number;
  readonly connectionsMax: number;
  /** Unacknowledged messages of one connection, and of all. Beyond it, sockets are not read. */
  readonly inFlightMax: number;
  readonly inFlightBytesMax: number;
  /** Messages a second of one device beyond which its socket is read more slowly. Nothing is dropped. */
  readonly messagesPerSecondMax: number;
  readonly connectTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

export interface Broker {
  /** The address it listens on. */
  readonly address: { readonly host: string; readonly port: number };
  /** Publishes to a device's own topic (`rejected`, `commands`); kept nowhere when it is not connected. */
  publish(topic: string, payload: string): void;
  /** Ends the connections of a device (new secret, retired). */
  disconnect(device: string): void;
  connections(): number;
  /** Stops accepting, lets acks under way go out, closes. */
  close(): Promise<void>;
}
