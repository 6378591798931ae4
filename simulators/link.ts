import { dayMs, hourMs, minuteMs, secondMs } from '../src/base/index.ts';
import type { FaultCode } from '../src/telemetry/index.ts';
import type { Arrival, SimulatedReport } from './arrival.ts';
import type { Signals } from './models/index.ts';
import { clockSetMs, type Network } from './network.ts';
import type { Random } from './random.ts';

/** What became of the reports of a run. `generated = delivered + lost + waiting` at every moment. */
export interface ReportCounts {
  generated: number;
  /** In messages handed over for their first delivery. */
  delivered: number;
  /** In second deliveries. */
  repeated: number;
  /** By design: memory overrun while offline, a reboot with reports in memory, a dead radio. */
  lost: number;
  /** In the memory of devices that are offline. */
  waiting: number;
}

export interface LinkOptions {
  readonly device: string;
  readonly product: string;
  readonly firmware: string;
  readonly network: Network;
  readonly random: Random;
  readonly startAt: number;
  readonly counts: ReportCounts;
  readonly deliver: (arrival: Arrival) => void;
}

type DeviceClock =
  | { readonly kind: 'right' }
  /** Off by so much for good; it knows, and tells `sentAt`. */
  | { readonly kind: 'off'; readonly offMs: number }
  /** Counts from 1970 after each boot until it is set. */
  | { readonly kind: 'unset' };

const batchGapMs = secondMs;
/** `boot` counts on from here, so that ids keep their length. */
const firstBoot = 100;

/** A device's side of the network: its clock, its numbering, its memory, its connection. */
export class Link {
  readonly #options: LinkOptions;
  readonly #clock: DeviceClock;
  #boot = firstBoot;
  #bootText = `b${firstBoot}`;
  #bootAt: number;
  #seq = 0;
  #offlineUntil = Number.NEGATIVE_INFINITY;
  #nextOfflineAt: number;
  #nextRebootAt: number;
  #memory: SimulatedReport[] = [];

  constructor(options: LinkOptions) {
    this.#options = options;
    const { network, random, startAt } = options;
    this.#clock = clockOf(network, random);
    this.#bootAt = startAt - random.between(0, 30 * dayMs);
    this.#nextOfflineAt = startAt + waiting(random, network.offlinePerDay);
    this.#nextRebootAt = startAt + waiting(random, network.rebootsPerDay);
  }

  /** The device has measured: its report is numbered and sent, or waits. */
  report(at: number, signals: Signals, faults: readonly FaultCode[]): void {
    const { counts, network, firmware, random } = this.#options;
    if (at >= this.#nextRebootAt) this.#reboot(at);
    if (at >= this.#nextOfflineAt) {
      this.#offlineUntil = at + random.exponential(network.offlineMs);
      this.#nextOfflineAt = this.#offlineUntil + waiting(random, network.offlinePerDay);
    }
    const report: SimulatedReport = {
      at: this.#deviceTime(at),
      boot: this.#bootText,
      seq: this.#seq++,
      firmware,
      signals,
      ...(faults.length > 0 && { faults }),
    };
    counts.generated += 1;
    if (at < this.#offlineUntil) {
      this.#keep(report);
    } else if (this.#memory.length > 0) {
      this.#keep(report);
      this.flush(at);
    } else {
      this.#send(at, [report]);
    }
  }

  /** A report that nobody will ever hear of. */
  loseReport(): void {
    this.#seq += 1;
    this.#options.counts.generated += 1;
    this.#options.counts.lost += 1;
  }

  /** Sends what waits in memory, oldest first. */
  flush(at: number): void {
    const { counts, network } = this.#options;
    const memory = this.#memory;
    this.#memory = [];
    counts.waiting -= memory.length;
    for (let start = 0; start < memory.length; start += network.batchReports) {
      const sentAt = at + (start / network.batchReports) * batchGapMs;
      this.#send(sentAt, memory.slice(start, start + network.batchReports));
    }
  }

  #keep(report: SimulatedReport): void {
    const { counts, network } = this.#options;
    this.#memory.push(report);
    counts.waiting += 1;
    if (this.#memory.length <= network.bufferReports) return;
    this.#memory.shift();
    counts.waiting -= 1;
    counts.lost += 1;
  }

  #reboot(at: number): void {
    const { counts, network, random } = this.#options;
    counts.waiting -= this.#memory.length;
    counts.lost += this.#memory.length;
    this.#memory = [];
    this.#boot += 1;
    this.#bootText = `b${this.#boot}`;
    this.#bootAt = at;
    this.#seq = 0;
    this.#nextRebootAt = at + waiting(random, network.rebootsPerDay);
    // It is set over the network, so an unset clock has to be online; a device that boots also connects.
    this.#offlineUntil = at;
  }

  #deviceTime(at: number): number {
    if (this.#clock.kind === 'right') return at;
    if (this.#clock.kind === 'off') return at + this.#clock.offMs;
    const sinceBootMs = at - this.#bootAt;
    return sinceBootMs < clockSetMs ? Math.round(sinceBootMs) : at;
  }

  #send(at: number, reports: readonly SimulatedReport[]): void {
    const { counts, network, random, device, product, deliver } = this.#options;
    const stamped = this.#clock.kind === 'off' ? withSentAt(reports, at + this.#clock.offMs) : reports;
    let arrivesAt = at + latency(network, random);
    counts.delivered += reports.length;
    if (network.overtakenShare > 0 && random.chance(network.overtakenShare)) {
      arrivesAt += Math.round(random.between(0, network.heldUpMs));
    }
    deliver({ arrivesAt, device, product, reports: stamped, repeated: false });
    if (network.repeatedShare === 0 || !random.chance(network.repeatedShare)) return;
    counts.repeated += reports.length;
    const againAt = arrivesAt + secondMs + Math.round(random.exponential(20 * secondMs));
    deliver({ arrivesAt: againAt, device, product, reports: stamped, repeated: true });
  }
}

function clockOf(network: Network, random: Random): DeviceClock {
  if (!random.chance(network.badClockShare)) return { kind: 'right' };
  if (random.chance(0.5)) return { kind: 'unset' };
  const offMs = random.between(10 * minuteMs, 6 * hourMs) * (random.chance(0.5) ? 1 : -1);
  return { kind: 'off', offMs: Math.round(offMs) };
}

function withSentAt(reports: readonly SimulatedReport[], sentAt: number): readonly SimulatedReport[] {
  return reports.map((report, index) => (index === reports.length - 1 ? { ...report, sentAt } : report));
}

function latency(network: Network, random: Random): number {
  return network.latencyMs === 0 ? 0 : Math.round(random.exponential(network.latencyMs));
}

function waiting(random: Random, perDay: number): number {
  return perDay === 0 ? Number.POSITIVE_INFINITY : random.exponential(dayMs / perDay);
}
