import { dayMs } from '../../src/base/index.ts';
import type { ProductFault } from '../fault.ts';
import type { PumpParameters } from '../models/water-pump.ts';

/** Leaves and sand in the suction strainer: pressure at the inlet falls with the square of the flow, until it cavitates. */
export const clogging: ProductFault<PumpParameters> = {
  id: 'clogging',
  kind: 'product',
  failureMode: 'clogging',
  alsoFits: [],
  onsetMs: [5 * dayMs, 30 * dayMs],
  curve: 1.5,
  noticeable: 0.25,
  apply(parameters, severity) {
    parameters.strainerBar += 0.0018 * severity;
  },
};
