import { once } from 'node:events';
import { connect as openSocket, type Socket } from 'node:net';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';

export type Frame<Command extends Packet['cmd']> = Extract<Packet, { cmd: Command }>;

type ConnectOptions = Partial<Omit<IConnectPacket, 'cmd'>>;

export function connectFrame(device: string, options: ConnectOptions = {}): Buffer {
  return generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 0,
    clientId: device,
    username: device,
    password: Buffer.from(secretOf(device)),
    ...options,
  });
}

export function publishFrame(topic: string, payload: string | Buffer, messageId: number, qos: 0 | 1 | 2 = 1): Buffer {
  return generate({ cmd: 'publish', topic, payload, qos, retain: false, dup: false, messageId });
}

export const secretOf = (device: string): string => `secret of ${device}`;

/** One TCP connection that sends exactly the bytes it is told to, and keeps every packet that comes back. */
export class RawClient {
  readonly socket: Socket;
  readonly received: Packet[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    const reader = parser({ protocolVersion: 4 });
    reader.on('packet', (packet) => {
      this.received.push(packet);
      this.#changed();
    });
    socket.on('data', (bytes) => reader.parse(bytes));
    // A reset is one way of being closed; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#changed();
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = openSocket({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Opens and sends CONNECT; resolves to the client after a CONNACK that lets it in. */
  static async connect(port: number, device: string, options: ConnectOptions = {}): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(connectFrame(device, options));
    const { returnCode } = await client.next('connack');
    if (returnCode !== 0) throw new Error(`CONNACK ${returnCode}`);
    return client;
  }

  send(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** The next packet, which must be of this kind; rejects when the connection closes first. */
  async next<Command extends Packet['cmd']>(command: Command): Promise<Frame<Command>> {
    while (this.#taken >= this.received.length) {
      if (this.isClosed) throw new Error(`closed while waiting for ${command}`);
      await this.#change();
    }
    const packet = this.received[this.#taken++];
    if (packet?.cmd !== command) throw new Error(`expected ${command}, not ${JSON.stringify(packet)}`);
    return packet as Frame<Command>;
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await this.#change();
  }

  end(): void {
    this.socket.destroy();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
