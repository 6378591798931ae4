import type { SignalValue } from '../src/telemetry/index.ts';
import type { Random } from './random.ts';
import type { FaultKind } from './truth.ts';

/** What a kind of fault does to a device over time. How it does it is in the two kinds below. */
export interface FaultCourse {
  readonly id: string;
  readonly kind: FaultKind;
  /** The failure mode of the product's pack that it should lead to, and those that are true of it as well. */
  readonly failureMode: string;
  readonly alsoFits: readonly string[];
  /** Shortest and longest time from the first physical change to the loss of function. */
  readonly onsetMs: readonly [number, number];
  /** Severity is progress (0 at the start, 1 at failing) to this power: above 1 it accelerates. */
  readonly curve: number;
  /** Severity from which the signals leave what is normal. */
  readonly noticeable: number;
}

/** A fault of the machine: it changes the physical parameters of a product. */
export interface ProductFault<Parameters> extends FaultCourse {
  readonly kind: 'product';
  /** Alters a unit's healthy parameters in place. */
  apply(parameters: Parameters, severity: number): void;
}

/** A sensor that can fail, and how. */
export interface Sensor {
  readonly signal: string;
  /** How far it is off at the end of a drift, in the signal's unit. */
  readonly drift: number;
  /** Failure modes that a reading so far off is honestly taken for. */
  readonly mistakenFor: readonly string[];
}

/** What the sensor says instead of the truth; undefined: nothing. Holds the memory of one failing sensor. */
export type FailingSensor = (value: SignalValue, severity: number) => SignalValue | undefined;

/** A fault of a sensor: the machine is well, its report is not. */
export interface SensorFault {
  readonly id: string;
  readonly onsetMs: readonly [number, number];
  readonly curve: number;
  readonly noticeable: number;
  /** What else its readings look like. */
  alsoFits(sensor: Sensor): readonly string[];
  fail(sensor: Sensor, random: Random): FailingSensor;
}
