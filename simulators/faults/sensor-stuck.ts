import { minuteMs } from '../../src/base/index.ts';
import type { SensorFault } from '../fault.ts';

/** The converter hangs: the last value is told for ever. */
export const sensorStuck: SensorFault = {
  id: 'sensor-stuck',
  onsetMs: [minuteMs, minuteMs],
  curve: 1,
  noticeable: 1,
  alsoFits: () => [],
  fail: () => {
    let held: number | boolean | string | undefined;
    return (value) => {
      held ??= value;
      return held;
    };
  },
};
