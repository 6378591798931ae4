import type { FailingSensor } from './fault.ts';
import { sensorFaults } from './faults/index.ts';
import type { Link } from './link.ts';
import type { Unit } from './models/index.ts';
import { type DevicePlan, severityAt } from './plan.ts';
import type { Random } from './random.ts';

/** A device while it runs: its physics, its sensors, and its link to the world. */
export class Device {
  readonly plan: DevicePlan;
  readonly link: Link;
  readonly #unit: Unit;
  readonly #random: Random;
  #failing: FailingSensor | undefined;
  #wasFaulty = false;

  constructor(options: { plan: DevicePlan; unit: Unit; link: Link; random: Random }) {
    this.plan = options.plan;
    this.link = options.link;
    this.#unit = options.unit;
    this.#random = options.random;
  }

  /** Measures at `at` and reports. */
  measure(at: number): void {
    const { fault } = this.plan;
    const severity = fault === undefined ? 0 : severityAt(fault, at);
    const { kind, fault: id } = fault?.truth ?? { kind: undefined, fault: '' };
    if (kind === 'product' && (severity > 0 || this.#wasFaulty)) this.#unit.harm(id, severity);
    this.#wasFaulty = severity > 0;
    const signals = this.#unit.read(at);
    const codes = this.#unit.codes();
    if (severity > 0 && kind === 'link') {
      this.link.loseReport();
      return;
    }
    const signal = fault?.sensor?.signal;
    if (signal !== undefined) {
      const told = this.#sense(id, signals[signal], severity);
      if (told === undefined) delete signals[signal];
      else signals[signal] = told;
    }
    this.link.report(at, signals, codes);
  }

  #sense(id: string, value: number | boolean | string | undefined, severity: number): typeof value {
    const sensor = this.plan.fault?.sensor;
    if (severity === 0 || value === undefined || sensor === undefined) {
      this.#failing = undefined;
      return value;
    }
    this.#failing ??= sensorFaults.find((fault) => fault.id === id)?.fail(sensor, this.#random);
    return this.#failing === undefined ? value : this.#failing(value, severity);
  }
}
