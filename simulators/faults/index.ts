import type { SensorFault } from '../fault.ts';
import { sensorDrift } from './sensor-drift.ts';
import { sensorDropout } from './sensor-dropout.ts';
import { sensorStuck } from './sensor-stuck.ts';

export { linkLoss } from './link-loss.ts';

/** Faults that a sensor of any product can have. Those of a product are named by its model. */
export const sensorFaults: readonly SensorFault[] = [sensorStuck, sensorDrift, sensorDropout];
