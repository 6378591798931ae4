import { dayMs } from '../../src/base/index.ts';
import type { ProductFault } from '../fault.ts';
import type { FridgeParameters } from '../models/cold-fridge.ts';

/** The gasket hardens and tears: warm, moist air leaks in all the time, and the moisture freezes on the evaporator. */
export const doorSealWear: ProductFault<FridgeParameters> = {
  id: 'door-seal-wear',
  kind: 'product',
  failureMode: 'door-seal',
  alsoFits: ['cooling-loss'],
  onsetMs: [15 * dayMs, 60 * dayMs],
  curve: 1,
  noticeable: 0.25,
  apply(parameters, severity) {
    const spareWPerK = (parameters.coolingW - parameters.neededW) / parameters.roomAboveK;
    parameters.leakageWPerK += 1.25 * severity * spareWPerK;
    parameters.frostPerHour *= 1 + 6 * severity;
  },
};
