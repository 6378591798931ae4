import { minuteMs } from '../../src/base/index.ts';
import type { ProductFault } from '../fault.ts';
import type { PumpParameters } from '../models/water-pump.ts';

/** The well runs empty: the pump draws air and turns dry. Nothing cools the seal, so this goes by minutes. */
export const dryRun: ProductFault<PumpParameters> = {
  id: 'dry-run',
  kind: 'product',
  failureMode: 'dry-run',
  alsoFits: ['clogging'],
  onsetMs: [30 * minuteMs, 90 * minuteMs],
  curve: 1,
  noticeable: 0.3,
  apply(parameters, severity) {
    parameters.supplyBar -= 0.9 * severity;
    parameters.airShare = Math.min(1, Math.max(0, (severity - 0.2) / 0.3));
  },
};
