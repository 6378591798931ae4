import { Random } from '../../simulators/random.ts';
import type { Done } from '../../src/intake/index.ts';
import type { LogRecord } from '../../src/telemetry/index.ts';
import type { World } from './world.ts';

/** A report as a device writes it. */
export type RawReport = Readonly<Record<string, unknown>>;

/** What a device can reach of the service; undefined while there is nothing that listens. */
export interface Listener {
  receive(record: LogRecord, done: Done): void;
  refusal(): string | undefined;
}

export interface Surroundings {
  readonly world: World;
  readonly seed: number;
  readonly listener: () => Listener | undefined;
  /** Whether anything is wrong with devices and networks, or all is well. */
  readonly isCalm: () => boolean;
  /** A message reached the service; `outcome` is told when it answers. */
  readonly onDelivery: (device: string, record: LogRecord) => (outcome: 'acknowledged' | 'refused') => void;
}

/** How a device is, drawn once. */
interface Manner {
  readonly everyMs: number;
  readonly batchMax: number;
  readonly window: number;
  readonly skewMs: number;
  readonly sendsSentAt: boolean;
  readonly numbering: 'boot-and-seq' | 'at-only' | 'neither';
  /** Sends what was not acknowledged in the order of its making; else in any. */
  readonly resendsInOrder: boolean;
  readonly badShare: number;
  readonly stutterShare: number;
  readonly rebootShare: number;
  /** Of its reboots, those after which it counts from 0 again under the old boot's name. */
  readonly forgetfulShare: number;
  readonly dropEveryMs: number;
  readonly sleepShare: number;
}

interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  /** The connection it was last sent in. */
  sentIn: number;
}

const oversizeShare = 0.1;

/** A device and its network: counts, batches, loses connections, sends again, and has its own idea of time. */
export class SimDevice {
  readonly id: string;
  readonly manner: Manner;
  /** Good reports in the order in which they were made. */
  readonly made: RawReport[] = [];
  readonly #around: Surroundings;
  readonly #random: Random;
  #boot = 1;
  #seq = 0;
  #starts = 0;
  #isWarm = false;
  #isAsleep = false;
  #batch: RawReport[] = [];
  #queue: Outgoing[] = [];
  #connection = 0;
  #isConnected = false;
  #inFlight = 0;
  #isOver = false;

  constructor(id: string, around: Surroundings) {
    this.id = id;
    this.#around = around;
    this.#random = new Random('device', around.seed, id);
    this.manner = drawManner(this.#random);
  }

  /** Nothing waits to be sent or to be acknowledged. */
  get isDone(): boolean {
    return this.#isOver && this.#queue.length === 0;
  }

  start(): void {
    const { world } = this.#around;
    world.after(this.#random.between(0, this.manner.everyMs), () => this.#make());
    world.after(this.#random.between(0, 2_000), () => this.#connect());
    world.after(this.#random.exponential(this.manner.dropEveryMs), () => this.#drop());
  }

  /** Makes no more reports; sends what it has. */
  finish(): void {
    this.#isOver = true;
    this.#isAsleep = false;
    this.#flush();
    this.#send();
  }

  /** The other side is gone. */
  disconnected(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#around.world.after(this.#random.between(100, 5_000), () => this.#connect());
  }

  #make(): void {
    if (this.#isOver) return;
    const { world, isCalm } = this.#around;
    const { everyMs, rebootShare, sleepShare } = this.manner;
    world.after(everyMs * this.#random.between(0.9, 1.1), () => this.#make());
    if (!isCalm() && this.#random.chance(rebootShare)) this.#reboot();
    if (this.#random.chance(sleepShare)) this.#isAsleep = !this.#isAsleep;
    if (this.#isAsleep) return;
    this.#batch.push(this.#report());
    if (this.#random.chance(1 / this.manner.batchMax)) this.#flush();
  }

  #report(): RawReport {
    const random = this.#random;
    if (random.chance(this.#isWarm ? 0.1 : 0.06)) this.#isWarm = !this.#isWarm;
    this.#starts += random.below(4);
    const temp = random.chance(0.01) ? 70 : this.#isWarm ? random.between(7, 12) : random.between(3, 7);
    const signals = { temp: round(temp), hum: round(45 + 2 * random.normal()), starts: this.#starts };
    const faults = random.chance(0.04) ? [{ code: random.pick(['E1', 'E2', 'E9']), active: random.chance(0.6) }] : [];
    const report = {
      ...this.#identity(),
      ...(random.chance(0.1) ? { firmware: random.pick(['1.0', '1.1']) } : {}),
      signals: { ...signals, ...(random.chance(0.3) ? { door: random.chance(0.5) } : {}) },
      ...(faults.length > 0 ? { faults } : {}),
    };
    this.made.push(report);
    return report;
  }

  #identity(): RawReport {
    const at = this.#now();
    if (this.manner.numbering === 'neither') return {};
    if (this.manner.numbering === 'at-only') return { at };
    return { at, boot: `b${this.#boot}`, seq: this.#seq++ };
  }

  #now(): number {
    return this.#around.world.trueTime() + this.manner.skewMs;
  }

  #reboot(): void {
    if (this.#random.chance(this.manner.forgetfulShare)) this.#seq = 0;
    else {
      this.#boot += 1;
      this.#seq = 0;
    }
    this.disconnected();
  }

  #flush(): void {
    const [last] = this.#batch.slice(-1);
    if (last === undefined) return;
    const { sendsSentAt } = this.manner;
    const stamped = sendsSentAt ? [...this.#batch.slice(0, -1), { ...last, sentAt: this.#now() }] : this.#batch;
    this.#batch = [];
    const payload = JSON.stringify(stamped.length === 1 && this.#random.chance(0.5) ? stamped[0] : stamped);
    this.#enqueue(`devices/${this.id}/reports`, payload);
    if (this.#random.chance(this.manner.badShare)) this.#misbehave();
    this.#send();
  }

  #enqueue(topic: string, payload: string): void {
    this.#queue.push({ topic, payload, sentIn: 0 });
  }

  #misbehave(): void {
    const reports = `devices/${this.id}/reports`;
    const identity = this.#identity();
    const bad: readonly [string, string][] = [
      [reports, '{'],
      [reports, '[]'],
      [reports, 'null'],
      [reports, JSON.stringify({ ...identity, signals: { tmp: 4 } })],
      [reports, JSON.stringify({ ...identity, at: 'never', signals: { temp: 4 } })],
      [reports, JSON.stringify([{ ...identity, signals: { temp: 'hot', door: 1 } }, 7])],
      ['devices/other/reports', JSON.stringify({ ...identity, signals: { temp: 4 } })],
      [`devices/${this.id}/assist`, JSON.stringify({ at: this.#now(), note: 'it is warm' })],
    ];
    const [topic, payload] = bad[this.#random.below(bad.length)] ?? [reports, '{'];
    this.#enqueue(topic, payload);
    if (this.#random.chance(0.3)) {
      const partly = { ...this.#identity(), signals: { temp: 4.5, tmp: 1, hum: 'wet' } };
      this.made.push(partly);
      this.#enqueue(reports, JSON.stringify(partly));
    }
  }

  #connect(): void {
    const listener = this.#around.listener();
    if (listener === undefined || listener.refusal() !== undefined) {
      this.#around.world.after(this.#random.between(500, 5_000), () => this.#connect());
      return;
    }
    this.#isConnected = true;
    this.#connection += 1;
    this.#inFlight = 0;
    if (!this.manner.resendsInOrder) this.#queue = this.#random.shuffle(this.#queue);
    const status: Outgoing = {
      topic: `devices/${this.id}/status`,
      payload: JSON.stringify({ state: 'online', boot: `b${this.#boot}` }),
      sentIn: this.#connection,
    };
    this.#publish(status);
    this.#send();
  }

  /** The network fails now and then. */
  #drop(): void {
    if (this.#around.isCalm()) return;
    this.#around.world.after(this.#random.exponential(this.manner.dropEveryMs), () => this.#drop());
    this.disconnected();
  }

  #send(): void {
    if (!this.#isConnected) return;
    for (const message of this.#queue) {
      if (this.#inFlight >= this.manner.window) return;
      if (message.sentIn !== this.#connection) this.#publish(message);
    }
  }

  /** The message reaches the service in the order of the connection, or the connection breaks before that. */
  #publish(message: Outgoing): void {
    const { world } = this.#around;
    const connection = this.#connection;
    message.sentIn = connection;
    this.#inFlight += 1;
    world.after(20, () => {
      if (this.#isConnected && connection === this.#connection) this.#arrive(message, connection);
    });
  }

  #arrive(message: Outgoing, connection: number): void {
    const { world, listener, onDelivery } = this.#around;
    const isOversize = message.payload === '{' && this.#random.chance(oversizeShare);
    const record = this.#record(message, isOversize);
    const answered = onDelivery(this.id, record);
    listener()?.receive(record, (error) => {
      answered(error === undefined && !isOversize ? 'acknowledged' : 'refused');
      world.after(this.#random.exponential(20), () => {
        if (!this.#isConnected || connection !== this.#connection) return;
        if (error !== undefined) this.disconnected();
        else this.#acknowledged(message);
      });
    });
  }

  #record({ topic, payload }: Outgoing, isOversize: boolean): LogRecord {
    const { clock } = this.#around.world;
    if (isOversize) return { kind: 'oversize', receivedAt: clock(), device: this.id, bytes: 300_000 };
    return { kind: 'message', receivedAt: clock(), device: this.id, topic, payload: new TextEncoder().encode(payload) };
  }

  #acknowledged(message: Outgoing): void {
    this.#inFlight -= 1;
    this.#queue = this.#queue.filter((waiting) => waiting !== message);
    const stutters = !this.#around.isCalm() && this.#random.chance(this.manner.stutterShare);
    if (stutters && !message.topic.endsWith('/status')) this.#enqueue(message.topic, message.payload);
    this.#send();
  }
}

function drawManner(random: Random): Manner {
  const some = (share: number, value: number) => (random.chance(share) ? value : 0);
  const skewMs = random.chance(0.7) ? 0 : random.pick([-3_600_000, -20_000, 600_000]);
  return {
    everyMs: random.between(15_000, 45_000),
    batchMax: random.pick([1, 1, 3, 6]),
    window: random.pick([1, 3, 20]),
    skewMs,
    sendsSentAt: random.chance(0.3),
    numbering: random.pick(['boot-and-seq', 'boot-and-seq', 'boot-and-seq', 'boot-and-seq', 'at-only', 'neither']),
    resendsInOrder: random.chance(0.6),
    badShare: some(0.5, 0.1),
    stutterShare: some(0.5, 0.1),
    rebootShare: some(0.5, 0.03),
    forgetfulShare: some(0.4, 0.7),
    dropEveryMs: random.pick([60_000, 300_000, 3_000_000]),
    sleepShare: some(0.4, 0.04),
  };
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
