import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as passes } from 'node:timers/promises';
import type { AedesOptions, AuthenticateError, Client, ConnectPacket, PublishPacket, Subscription } from 'aedes';
import { AftercareError, assert } from '../base/index.ts';
import { commandsTopic, isDeviceId, rejectedTopic } from '../telemetry/index.ts';
import type { Broker, BrokerHandlers, BrokerLimits, BrokerOptions } from './broker.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { DeviceBroker } from './device-broker.ts';
import { InFlight } from './in-flight.ts';

const connack = { unavailable: 3, badCredentials: 4, notAuthorized: 5 } as const;

/** Sockets beyond the limit of connections that may still send CONNECT, to be refused in MQTT's own words. */
const spareSockets = 1_000;
/** MQTT's length field. Bytes that are no UTF-8 grow when they are decoded, and would no longer fit it in the log. */
const topicBytesMax = 65_535;
/** MQTT's own: an id that is no device id is refused as unknown credentials, not by aedes as a wrong identifier. */
const clientIdLengthMax = 65_535;
/** QoS 2 messages of one connection between PUBREC and PUBREL; aedes keeps their headers, not their payloads. */
const halfReleasedMax = 10_000;
const nothing = Buffer.alloc(0);

export class EmbeddedBroker implements Broker {
  readonly #handlers: BrokerHandlers;
  readonly #limits: BrokerLimits;
  readonly #aedes: DeviceBroker;
  readonly #server: Server;
  readonly #inFlight: InFlight;
  readonly #context: ConnectionContext;
  readonly #connections = new Set<Connection>();
  readonly #byClient = new WeakMap<Client, Connection>();
  readonly #online = new Map<string, { readonly connection: Connection; readonly client: Client }>();
  readonly #acksDue: Connection[] = [];
  #places = 0;
  #closing: Promise<void> | undefined;

  static async start(options: BrokerOptions): Promise<Broker> {
    const broker = new EmbeddedBroker(options.handlers, options.limits);
    await broker.#aedes.listen();
    try {
      await listen(broker.#server, options.host, options.port);
    } catch (error) {
      broker.#aedes.close();
      throw error;
    }
    return broker;
  }

  private constructor(handlers: BrokerHandlers, limits: BrokerLimits) {
    this.#handlers = handlers;
    this.#limits = limits;
    this.#inFlight = new InFlight(limits.inFlightTotalMax, limits.inFlightTotalBytesMax);
    this.#context = {
      limits,
      inFlight: this.#inFlight,
      onOwnReport: (connection, topic, report) => {
        const device = connection.device ?? '';
        // What waits for its ack must not keep the received bytes alive.
        const { packetId } = report;
        const payloadBytes = report.payload.length;
        handlers.onMessage({ device, topic, payload: report.payload, qos: 1, retain: false }, (error) =>
          connection.acknowledge(packetId, payloadBytes, error),
        );
      },
      onAcksDue: (connection) => {
        // Once for all that become durable together: a microtask for each would cost as much as making its acks.
        if (this.#acksDue.push(connection) === 1) queueMicrotask(() => this.#flushAcks());
      },
      onOversize: ({ device }, bytes) => {
        if (device !== undefined) handlers.onOversize(device, bytes);
      },
      onProblem: (connection, error) => {
        // aedes repeats itself for every write that was under way.
        if (connection.hasProblem) return;
        connection.hasProblem = true;
        handlers.onProblem?.(connection.claimedDevice, error);
      },
    };
    this.#aedes = new DeviceBroker(this.#hooks());
    this.#aedes.on('client', (client) => this.#register(client));
    this.#aedes.on('clientError', (client, error) => this.#context.onProblem(this.#connectionOf(client), error));
    this.#aedes.on('connectionError', (client, error) => this.#context.onProblem(this.#connectionOf(client), error));
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = limits.connectionsMax + spareSockets;
  }

  get address(): { readonly host: string; readonly port: number } {
    const address = this.#server.address();
    assert(address !== null && typeof address === 'object', 'a TCP server that listens has an address');
    return { host: address.address, port: address.port };
  }

  publish(topic: string, payload: string): void {
    const device = topic.split('/', 2)[1];
    const connection = device === undefined ? undefined : this.#online.get(device)?.connection;
    if (connection === undefined) return;
    const bytes = Buffer.byteLength(payload) + topic.length;
    if (connection.outboundBytes + bytes > this.#limits.outboundBytesMax) return;
    connection.outboundBytes += bytes;
    this.#aedes.publish({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }, () => {
      connection.outboundBytes -= bytes;
    });
  }

  disconnect(device: string): void {
    for (const connection of this.#connections) {
      if (connection.claimedDevice === device) connection.socket.destroy();
    }
  }

  connections(): number {
    return this.#online.size;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.stop();
    await within(this.#limits.drainTimeoutMs, this.#inFlight.whenEmpty());
    // An ack is written in the turn in which it is released, and flushed in the next.
    await nextTurn();
    await nextTurn();
    for (const { socket } of this.#connections) socket.destroySoon();
    await within(this.#limits.drainTimeoutMs, closed);
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    for (const { socket } of this.#connections) socket.destroy();
    await closed;
  }

  #hooks(): AedesOptions {
    return {
      connectTimeout: this.#limits.connectTimeoutMs,
      drainTimeout: this.#limits.drainTimeoutMs,
      maxClientsIdLength: clientIdLengthMax,
      maxInflightInbound: halfReleasedMax,
      preConnect: (client, packet, done) => {
        this.#prepare(client, packet);
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        this.#authenticate(client, username, password).then(
          (refusal) => done(refusal, refusal === null),
          () => done(refuse(connack.unavailable, 'credentials cannot be checked now'), false),
        );
      },
      authorizePublish: (client, packet, done) => this.#take(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, maySubscribe(client.id, subscription) ? subscription : null),
    };
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.#context);
    this.#connections.add(connection);
    socket.once('close', () => this.#gone(connection));
    const client = this.#aedes.handle(socket);
    this.#byClient.set(client, connection);
    client.on('connected', () => connection.open());
  }

  #flushAcks(): void {
    for (const connection of this.#acksDue.splice(0)) connection.flushAcks();
  }

  #connectionOf(client: Client): Connection {
    const connection = this.#byClient.get(client);
    assert(connection, 'every client of aedes came through accept');
    return connection;
  }

  /** Takes over from aedes what it would do in memory without a bound (sessions), or wrongly (keepalive). */
  #prepare(client: Client, packet: ConnectPacket): void {
    this.#connectionOf(client).expectWithin((packet.keepalive ?? 0) * 1_000);
    packet.keepalive = 0;
    packet.clean = true;
    // Its parser keeps the packet, and so the received bytes, as long as the connection lasts.
    client.once('connected', () => {
      packet.password = nothing;
    });
  }

  /** Why the connection is refused, or null. */
  async #authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<AuthenticateError | null> {
    const device = client.id;
    const connection = this.#connectionOf(client);
    const refusal = this.#closing === undefined ? this.#handlers.refusal() : 'the service is closing';
    if (connection.socket.destroyed) return refuse(connack.unavailable, 'the connection is gone');
    if (refusal !== undefined) return refuse(connack.unavailable, refusal);
    if (!isDeviceId(device)) return refuse(connack.notAuthorized, 'the client id is not a device id');
    if (username !== device) return refuse(connack.notAuthorized, 'the user name is not the client id');
    if (password === undefined) return refuse(connack.badCredentials, 'no secret was given');
    // A device that comes back must not be kept out by its own dead connection.
    if (this.#places >= this.#limits.connectionsMax && !this.#online.has(device)) {
      return refuse(connack.unavailable, 'the limit of connections is reached');
    }
    connection.claimedDevice = device;
    connection.hasPlace = true;
    this.#places += 1;
    if (!(await this.#handlers.authenticate(device, password.toString()))) {
      return refuse(connack.badCredentials, 'the secret is not the device’s');
    }
    connection.device = device;
    return null;
  }

  #register(client: Client): void {
    const { id } = client;
    const connection = this.#connectionOf(client);
    // aedes finishes CONNECT for a socket that was closed meanwhile.
    if (connection.socket.destroyed) return;
    const old = this.#online.get(id);
    if (old !== undefined) {
      this.#handlers.onConnection?.(id, false);
      old.client.close();
    }
    this.#online.set(id, { connection, client });
    this.#handlers.onConnection?.(id, true);
  }

  #gone(connection: Connection): void {
    connection.stop();
    this.#connections.delete(connection);
    if (connection.hasPlace) this.#places -= 1;
    const { device } = connection;
    if (device === undefined || this.#online.get(device)?.connection !== connection) return;
    this.#online.delete(device);
    this.#handlers.onConnection?.(device, false);
  }

  /** Hands on a message, or the will of a client that aedes has just closed. aedes acknowledges when `done` is called. */
  #take(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
    // Null: a will that another broker left behind. Closed: the will of a client that our own closing has just ended.
    if (client === null || (client.closed && this.#closing !== undefined)) {
      done(new Error('this will is not to be told'));
      return;
    }
    if (!isTopicSound(packet.topic)) {
      done(new Error('the topic is not well-formed'));
      return;
    }
    const connection = this.#connectionOf(client);
    const { topic, qos, retain } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const bytes = payload.length;
    if (qos === 2) packet.payload = nothing;
    connection.take(payload);
    let isSettled = false;
    this.#handlers.onMessage({ device: client.id, topic, payload, qos, retain }, (error) => {
      assert(!isSettled, 'a message is settled once');
      isSettled = true;
      connection.flushAcks();
      done(error);
      connection.settle(bytes);
    });
  }
}

function maySubscribe(device: string, { topic }: Subscription): boolean {
  return topic === commandsTopic(device) || topic === rejectedTopic(device);
}

function isTopicSound(topic: string): boolean {
  if (topic.includes('\u0000')) return false;
  return topic.length * 3 <= topicBytesMax || Buffer.byteLength(topic) <= topicBytesMax;
}

function refuse(returnCode: 3 | 4 | 5, reason: string): AuthenticateError {
  return Object.assign(new Error(reason), { returnCode });
}

/** Waits for `event`, but no longer than `timeoutMs`. */
async function within(timeoutMs: number, event: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const timeout = passes(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([event, timeout]);
  timer.abort();
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error, host, port);
  }
  // Accepting one connection may fail, for lack of file descriptors: that is no reason to stop listening.
  server.on('error', () => undefined);
}

function listenError(cause: unknown, host: string, port: number): AftercareError {
  const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  if (isTaken) {
    return new AftercareError('port-in-use', `MQTT cannot listen on ${host}:${port}: the port is taken`, {
      hint: 'Stop the program that uses it, or set AFTERCARE_MQTT to another host:port.',
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AftercareError('config-invalid', `MQTT cannot listen on ${host}:${port}: ${reason}`, {
    hint: 'Set AFTERCARE_MQTT to a host:port of this machine.',
    cause,
  });
}
