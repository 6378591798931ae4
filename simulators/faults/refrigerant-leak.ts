import { dayMs } from '../../src/base/index.ts';
import type { ProductFault } from '../fault.ts';
import type { FridgeParameters } from '../models/cold-fridge.ts';

/** A pinhole in the circuit: less and less refrigerant moves less heat, and the compressor has less to do for it. */
export const refrigerantLeak: ProductFault<FridgeParameters> = {
  id: 'refrigerant-leak',
  kind: 'product',
  failureMode: 'refrigerant-leak',
  alsoFits: ['cooling-loss'],
  onsetMs: [10 * dayMs, 40 * dayMs],
  curve: 1.3,
  noticeable: 0.3,
  apply(parameters, severity) {
    const spareShare = 1 - parameters.neededW / parameters.coolingW;
    parameters.coolingW *= 1 - Math.min(1, 1.35 * spareShare) * severity;
    parameters.runCurrentA *= 1 - 0.4 * severity;
  },
};
