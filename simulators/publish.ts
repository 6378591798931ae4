import { connectAsync, type MqttClient } from 'mqtt';
import { AftercareError, assert, secondMs } from '../src/base/index.ts';
import { reportsTopic } from '../src/telemetry/index.ts';
import { type Arrival, messageText } from './arrival.ts';
import { linkLoss } from './faults/index.ts';
import type { ReportCounts } from './link.ts';
import { knownFaults, type Scenario } from './scenario.ts';
import { type SimulatedDevice, simulate } from './simulate.ts';
import type { Truth } from './truth.ts';

export interface LiveRunOptions {
  /** Its `startAt` is not used: the run starts so far in the past that it reaches the present at its end. */
  readonly scenario: Omit<Scenario, 'startAt'>;
  /** Wall time in which the scenario's length goes by. */
  readonly accelerateMs: number;
  /** When the acceleration begins, by the wall clock; a moment ahead, so that devices can be registered before. */
  readonly beginAt: number;
}

/** A scenario laid out on the wall clock, not yet published: its devices can be registered, its truth be written. */
export interface LiveRun {
  readonly devices: readonly SimulatedDevice[];
  readonly truth: readonly Truth[];
  readonly counts: Readonly<ReportCounts>;
  readonly arrivals: Iterable<Arrival>;
  /** True time of the first report, and of the moment from which it goes on in real time. */
  readonly startAt: number;
  readonly presentAt: number;
  /** Wall time at which true time `at` is reached, and the other way round. */
  wallAt(at: number): number;
  timeAt(wall: number): number;
}

/**
 * Lays a scenario out so that true time reaches the wall clock after `accelerateMs` and keeps to it from then on. A
 * service believes any stamp of the past, so nothing but the pace is unusual to it. What a service measures by its own
 * clock is left out: clocks that are wrong, since it would correct them by wall time, and links that are lost, since a
 * day of silence is over in seconds.
 */
export function liveRun({ scenario, accelerateMs, beginAt }: LiveRunOptions): LiveRun {
  const presentAt = Math.round(beginAt + accelerateMs);
  const startAt = presentAt - scenario.lengthMs;
  const network = { ...scenario.network, badClockShare: 0 };
  const faults = [...(scenario.faults ?? knownFaults())].filter((id) => id !== linkLoss.id);
  const simulation = simulate({ ...scenario, network, faults, startAt }, { endless: true });
  const pace = accelerateMs / scenario.lengthMs;
  return {
    ...simulation,
    startAt,
    presentAt,
    wallAt: (at) => (at >= presentAt ? at : beginAt + (at - startAt) * pace),
    timeAt: (wall) => (wall >= presentAt ? wall : startAt + (wall - beginAt) / pace),
  };
}

export interface PublishOptions {
  readonly mqttUrl: string;
  readonly run: LiveRun;
  /** Each device's secret by its id; every device of the run has one. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Ends the run: what is under way is still acknowledged, nothing more is sent. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Resolves after `ms`, or when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** At most every {@link progressEveryMs}; the last one when all is done. */
  readonly onProgress: (progress: PublishProgress) => void;
}

export interface PublishProgress {
  /** True time that the run has come to. */
  readonly at: number;
  /** 0 to 1: how much of the accelerated stretch is done; 1 from then on. */
  readonly share: number;
  /** How far the run is behind its plan because acknowledgements are slow, wall ms. */
  readonly behindMs: number;
  readonly messages: number;
  readonly acknowledgedReports: number;
  readonly repeatedReports: number;
  /** Devices that are not connected at the moment, those that were refused for good, and the last problem, if any. */
  readonly disconnected: number;
  readonly refused: number;
  readonly problem: string | undefined;
}

export const progressEveryMs = 250;
/** Messages on their way: of one device, as real firmware has it, and in all. */
const deviceInFlightMax = 8;
const inFlightMax = 256;
/** Messages due within this are sent without waiting. */
const earlyMs = 10;
const connectMs = 10 * secondMs;
const connectTogether = 20;
/** A service that is busy may answer a connection late or not at all; one that refuses a secret will do so again. */
const connectTriesMax = 3;
const connectPauseMs = 500;
/** After the end, acknowledgements are waited for this long. */
const settleMs = 5 * secondMs;

/**
 * Publishes a run over MQTT, every device by a connection of its own, until the signal is aborted. A connection that
 * breaks is made again and what was not acknowledged is sent again. Throws `unauthenticated` when a device is refused
 * at the start, `request-invalid` when there is no broker.
 */
export async function publish(options: PublishOptions): Promise<PublishProgress> {
  const fleet = new Fleet(options);
  try {
    await fleet.connect();
    await fleet.run();
    await fleet.settle();
    const last = fleet.tell();
    options.onProgress(last);
    return last;
  } finally {
    await fleet.end();
  }
}

interface Connection {
  readonly client: MqttClient;
  readonly inFlight: Set<Promise<void>>;
  /** Its secret was changed or it was retired: what it has to say is dropped, the others go on. */
  refused: boolean;
}

class Fleet {
  readonly #options: PublishOptions;
  readonly #connections = new Map<string, Connection>();
  readonly #inFlight = new Set<Promise<void>>();
  /** Lets the waiting publisher look again; there is one at most. */
  #wake: () => void = () => undefined;
  #at: number;
  #behindMs = 0;
  #messages = 0;
  #acknowledged = 0;
  #repeated = 0;
  #problem: string | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: PublishOptions) {
    this.#options = options;
    this.#at = options.run.startAt;
    options.signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  async connect(): Promise<void> {
    const { devices } = this.#options.run;
    for (let start = 0; start < devices.length && !this.#options.signal.aborted; start += connectTogether) {
      const together = devices.slice(start, start + connectTogether).map(({ id }) => this.#connectOne(id));
      for (const result of await Promise.allSettled(together)) {
        if (result.status === 'rejected') throw result.reason;
      }
    }
  }

  async run(): Promise<void> {
    const { run, signal } = this.#options;
    for (const arrival of run.arrivals) {
      await this.#waitUntil(run.wallAt(arrival.arrivesAt));
      if (signal.aborted) return;
      this.#at = Math.max(this.#at, arrival.arrivesAt);
      await this.#publish(arrival);
      this.#progress();
    }
  }

  /** Nothing is due until then; the run's time goes on all the same. */
  async #waitUntil(wall: number): Promise<void> {
    const { run, now, signal, sleep } = this.#options;
    let earlyBy = wall - now();
    this.#behindMs = Math.max(0, -earlyBy);
    while (earlyBy > earlyMs && !signal.aborted) {
      this.#at = Math.max(this.#at, run.timeAt(now()));
      this.#progress();
      await sleep(Math.min(earlyBy, progressEveryMs), signal);
      earlyBy = wall - now();
    }
  }

  async settle(): Promise<void> {
    const { sleep } = this.#options;
    const waiting = new AbortController();
    const acknowledged = Promise.all(this.#inFlight).then(() => waiting.abort());
    await Promise.race([acknowledged, sleep(settleMs, waiting.signal)]);
  }

  async end(): Promise<void> {
    const closing = [...this.#connections.values()].map(({ client }) => client.endAsync(true));
    await Promise.allSettled(closing);
  }

  tell(): PublishProgress {
    const { run } = this.#options;
    const connections = [...this.#connections.values()];
    return {
      at: this.#at,
      share: Math.min(1, (this.#at - run.startAt) / (run.presentAt - run.startAt)),
      behindMs: Math.round(this.#behindMs),
      messages: this.#messages,
      acknowledgedReports: this.#acknowledged,
      repeatedReports: this.#repeated,
      disconnected: run.devices.length - connections.filter(({ client }) => client.connected).length,
      refused: connections.filter(({ refused }) => refused).length,
      problem: this.#problem,
    };
  }

  async #connectOne(id: string): Promise<void> {
    const { mqttUrl, secrets, signal, sleep } = this.#options;
    const password = secrets.get(id);
    assert(password !== undefined, `there is a secret for ${id}`);
    const connecting = { clientId: id, username: id, password, connectTimeout: connectMs, reconnectPeriod: 500 };
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        this.#adopt(id, await connectAsync(mqttUrl, connecting, false));
        return;
      } catch (error) {
        if (isRefusal(error) || tries === connectTriesMax) throw connectProblem(id, mqttUrl, error);
        await sleep(connectPauseMs, signal);
      }
    }
  }

  #adopt(id: string, client: MqttClient): void {
    const connection: Connection = { client, inFlight: new Set(), refused: false };
    this.#connections.set(id, connection);
    client.on('error', (error) => {
      this.#problem = `${id}: ${error.message}`;
      if (isRefusal(error)) this.#giveUp(connection);
    });
  }

  /** One device that is no longer let in must not hold up the others. */
  #giveUp(connection: Connection): void {
    connection.refused = true;
    connection.client.end(true);
    for (const sent of connection.inFlight) this.#inFlight.delete(sent);
    connection.inFlight.clear();
    this.#wake();
  }

  /** Waits while too much is under way: a slow service slows the run down, it does not fill memory. */
  async #publish(arrival: Arrival): Promise<void> {
    const connection = this.#connections.get(arrival.device);
    assert(connection !== undefined, 'every device of the run is connected');
    const { client, inFlight } = connection;
    const { run, now, signal, sleep } = this.#options;
    while (inFlight.size >= deviceInFlightMax || this.#inFlight.size >= inFlightMax) {
      if (signal.aborted || connection.refused) return;
      const waiting = new AbortController();
      this.#wake = () => waiting.abort();
      await sleep(progressEveryMs, waiting.signal);
      this.#behindMs = Math.max(0, now() - run.wallAt(arrival.arrivesAt));
      this.#progress();
    }
    if (connection.refused) return;
    this.#messages += 1;
    const sent = client.publishAsync(reportsTopic(arrival.device), messageText(arrival), { qos: 1 }).then(
      () => {
        this.#acknowledged += arrival.repeated ? 0 : arrival.reports.length;
        this.#repeated += arrival.repeated ? arrival.reports.length : 0;
      },
      (error: unknown) => {
        this.#problem = `${arrival.device}: ${error instanceof Error ? error.message : String(error)}`;
      },
    );
    const tracked = sent.finally(() => {
      inFlight.delete(tracked);
      this.#inFlight.delete(tracked);
      this.#wake();
    });
    inFlight.add(tracked);
    this.#inFlight.add(tracked);
  }

  #progress(): void {
    const now = this.#options.now();
    if (now - this.#toldAt < progressEveryMs) return;
    this.#toldAt = now;
    this.#options.onProgress(this.tell());
  }
}

/** CONNACK codes of MQTT 3.1.1 that mean: not with these credentials. */
const refusals = [4, 5];

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && refusals.includes(error.code);
}

function connectProblem(device: string, mqttUrl: string, error: unknown): AftercareError {
  const why = error instanceof Error && error.message !== '' ? error.message : String(error);
  if (isRefusal(error)) {
    return new AftercareError('unauthenticated', `${device} was refused at ${mqttUrl}: ${why}`, { cause: error });
  }
  return new AftercareError('request-invalid', `${device} cannot connect to ${mqttUrl}: ${why}`, {
    cause: error,
    hint: 'start the service with npm start, or name its MQTT address',
  });
}
