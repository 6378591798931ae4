import { dayMs } from '../../src/base/index.ts';
import type { ProductFault } from '../fault.ts';
import type { FridgeParameters } from '../models/cold-fridge.ts';

/** The evaporator fan's bearing dries out: it turns slower and then not at all, and the cold stays at the evaporator. */
export const fanStall: ProductFault<FridgeParameters> = {
  id: 'fan-stall',
  kind: 'product',
  failureMode: 'fan-stall',
  alsoFits: ['cooling-loss'],
  onsetMs: [3 * dayMs, 15 * dayMs],
  curve: 1.5,
  noticeable: 0.25,
  apply(parameters, severity) {
    parameters.fanShare *= severity < 1 ? 1 - 0.6 * severity : 0;
  },
};
