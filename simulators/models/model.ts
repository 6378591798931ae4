import type { FaultCode, SignalValue } from '../../src/telemetry/index.ts';
import type { FaultCourse, ProductFault, Sensor } from '../fault.ts';
import type { Place } from '../place.ts';
import type { Random } from '../random.ts';

export type Signals = Record<string, SignalValue>;

/** The physics of one unit, going on in true time. */
export interface Machine {
  /** Goes on to `at` (not before the last one) and reads every signal there. The object is the caller's. */
  read(at: number): Signals;
  /** Fault codes that changed with the last {@link read}; most often none. */
  codes(): readonly FaultCode[];
}

/** A reading as a converter with `steps` steps a unit gives it. */
export function rounded(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}

export interface MachineOptions<Parameters> {
  /** The machine's parameters at every moment: faults alter this object in place. */
  readonly parameters: Readonly<Parameters>;
  readonly place: Place;
  readonly random: Random;
  readonly startAt: number;
}

/** A product, in one file: how its units differ, what they do, and which faults they can have. */
export interface ModelDefinition<Parameters extends object> {
  /** Id of its pack. */
  readonly product: string;
  /** Begins the ids of its devices. */
  readonly idPrefix: string;
  readonly everyMs: number;
  readonly firmware: readonly [string, ...string[]];
  readonly sensors: readonly [Sensor, ...Sensor[]];
  readonly faults: readonly ProductFault<Parameters>[];
  /** The parameters of one healthy unit: no two leave the factory alike. */
  vary(random: Random, place: Place): Parameters;
  start(options: MachineOptions<Parameters>): Machine;
}

/** A unit whose parameters a fault can alter. */
export interface Unit extends Machine {
  /** Puts the unit under a fault of its model; severity 0 makes it healthy again. */
  harm(fault: string, severity: number): void;
}

/** A model with its parameters' type hidden, so that models of all products stand in one list. */
export interface ProductModel
  extends Pick<ModelDefinition<object>, 'product' | 'idPrefix' | 'everyMs' | 'firmware' | 'sensors'> {
  readonly faults: readonly FaultCourse[];
  build(options: { readonly place: Place; readonly random: Random; readonly startAt: number }): Unit;
}

export function defineModel<Parameters extends object>(definition: ModelDefinition<Parameters>): ProductModel {
  const { product, idPrefix, everyMs, firmware, sensors, faults } = definition;
  return {
    product,
    idPrefix,
    everyMs,
    firmware,
    sensors,
    faults,
    build({ place, random, startAt }) {
      const healthy = definition.vary(random, place);
      const parameters = { ...healthy };
      const machine = definition.start({ parameters, place, random, startAt });
      return {
        read: (at) => machine.read(at),
        codes: () => machine.codes(),
        harm(fault, severity) {
          Object.assign(parameters, healthy);
          if (severity > 0) faults.find(({ id }) => id === fault)?.apply(parameters, severity);
        },
      };
    },
  };
}
