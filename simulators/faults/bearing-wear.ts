import { dayMs } from '../../src/base/index.ts';
import type { ProductFault } from '../fault.ts';
import type { PumpParameters } from '../models/water-pump.ts';

/** Pitting of the rolling surfaces: vibration first, then heat and a little more current, and at last it seizes. */
export const bearingWear: ProductFault<PumpParameters> = {
  id: 'bearing-wear',
  kind: 'product',
  failureMode: 'bearing-wear',
  alsoFits: [],
  onsetMs: [15 * dayMs, 60 * dayMs],
  curve: 2,
  noticeable: 0.2,
  apply(parameters, severity) {
    parameters.bearingVibration += 8 * severity;
    parameters.bearingHeat *= 1 + 3 * severity;
    parameters.idlePowerW *= 1 + 0.3 * severity;
  },
};
