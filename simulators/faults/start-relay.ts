import { dayMs } from '../../src/base/index.ts';
import type { ProductFault } from '../fault.ts';
import type { FridgeParameters } from '../models/cold-fridge.ts';

/**
 * The contacts of the start relay burn: the start winding gets its current later and through more resistance, starts
 * draw more and ever more of them fail. After a failed one the overload protector opens for two minutes.
 */
export const startRelayWear: ProductFault<FridgeParameters> = {
  id: 'start-relay-wear',
  kind: 'product',
  failureMode: 'start-relay',
  alsoFits: ['cooling-loss'],
  onsetMs: [20 * dayMs, 60 * dayMs],
  curve: 2,
  noticeable: 0.3,
  apply(parameters, severity) {
    parameters.startFails = severity;
    parameters.startCurrentA *= 1 + 0.4 * severity;
  },
};
