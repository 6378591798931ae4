import {
  type Broker,
  type BrokerLimits,
  defaultBrokerLimits,
  type IncomingMessage,
  startBroker,
} from '../../src/broker/index.ts';
import { secretOf } from './raw-client.ts';

export interface TakenMessage extends IncomingMessage {
  readonly text: string;
  done(error?: Error): void;
}

export interface TestBroker {
  readonly broker: Broker;
  readonly port: number;
  /** Everything that was handed over, in order. */
  readonly messages: TakenMessage[];
  readonly oversize: [device: string, bytes: number][];
  readonly connections: string[];
  readonly problems: [device: string | undefined, message: string][];
}

export interface TestBrokerOptions {
  readonly limits?: Partial<BrokerLimits>;
  readonly port?: number;
  /** Messages wait for a call of their `done`; otherwise they are done at once. */
  readonly hold?: boolean;
  readonly refusal?: () => string | undefined;
}

/** A broker that lets in whoever knows {@link secretOf} its own name. */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const messages: TakenMessage[] = [];
  const oversize: [string, number][] = [];
  const connections: string[] = [];
  const problems: [string | undefined, string][] = [];
  const broker = await startBroker({
    host: '127.0.0.1',
    port: options.port ?? 0,
    limits: { ...defaultBrokerLimits, ...options.limits },
    handlers: {
      authenticate: (device, secret) => Promise.resolve(secret === secretOf(device)),
      refusal: options.refusal ?? (() => undefined),
      onMessage(message, done) {
        messages.push({ ...message, text: Buffer.from(message.payload).toString(), done });
        if (!options.hold) done();
      },
      onOversize: (device, bytes) => oversize.push([device, bytes]),
      onConnection: (device, connected) => connections.push(`${device} ${connected ? 'there' : 'gone'}`),
      onProblem: (device, error) => problems.push([device, error.message]),
    },
  });
  return { broker, port: broker.address.port, messages, oversize, connections, problems };
}
