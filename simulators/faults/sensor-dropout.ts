import { dayMs } from '../../src/base/index.ts';
import type { SensorFault } from '../fault.ts';

/** A loose connector: the reading is missing now and then, then for hours, then always. */
export const sensorDropout: SensorFault = {
  id: 'sensor-dropout',
  onsetMs: [2 * dayMs, 10 * dayMs],
  curve: 2,
  noticeable: 0.5,
  alsoFits: () => [],
  fail: (_, random) => {
    let readingsLeft = 0;
    let gone = false;
    return (value, severity) => {
      if (readingsLeft <= 0) {
        gone = random.chance(severity);
        // Contact comes and goes with the warmth of the day, not with each reading.
        readingsLeft = random.exponential(gone ? 60 : 240 * (1 - severity));
      }
      readingsLeft -= 1;
      return gone ? undefined : value;
    };
  },
};
