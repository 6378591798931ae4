import { dayMs } from '../../src/base/index.ts';
import type { SensorFault } from '../fault.ts';

/** Moisture in the sensor's sleeve: it is further off each day, always to the same side. */
export const sensorDrift: SensorFault = {
  id: 'sensor-drift',
  onsetMs: [10 * dayMs, 40 * dayMs],
  curve: 1,
  noticeable: 0.4,
  alsoFits: (sensor) => sensor.mistakenFor,
  fail: (sensor) => (value, severity) => {
    if (typeof value !== 'number') return value;
    return Math.round((value + sensor.drift * severity) * 100) / 100;
  },
};
