import { z } from 'zod';
import { formatInstant } from '../base/index.ts';
import {
  type Maintenance,
  maintenanceEnd,
  maintenanceKeys,
  maintenanceState,
  maintenanceStates,
} from '../telemetry/index.ts';
import { findingShape } from './case-shapes.ts';
import { bodyInstant, filter, instant, instantOrNull, pageOf, pageQuery, timeOrNull } from './shapes.ts';

const word = z.string().nullish();

/** The registry judges what is said, all at once; here only its types. */
export const planBody = z.strictObject({
  query: z
    .strictObject({ product: word, site: word, firmware: word, device: word, customer: word, parent: word })
    .describe('Which devices: all that is given must be so, and something is given'),
  owner: word.describe('Who answers for it; absent = who plans it'),
  reason: z.string(),
  from: bodyInstant.nullish().describe('Inclusive; absent = now'),
  to: bodyInstant.describe('Exclusive; at most 90 days later'),
});

export const maintenanceQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(maintenanceStates).optional().describe('Absent = all'),
  device: filter.describe('Only what is about this device as it is now; pages may then be short, and go on'),
});

export const maintenanceDetailQuery = z.strictObject(pageQuery);

export const maintenanceParams = z.object({ id: z.string() });

const named = z.string().nullable();

export const maintenanceShape = z
  .object({
    id: z.string(),
    state: z.enum(maintenanceStates),
    query: z.object({
      product: named,
      site: named,
      firmware: named,
      device: named,
      customer: named,
      parent: named,
    }),
    owner: z.string(),
    reason: z.string(),
    from: instant,
    to: instant,
    overAt: instant.describe('When it is over: `to`, or when somebody ended it'),
    plannedAt: instant,
    endedAt: instantOrNull.describe('When somebody ended it, or called it off'),
    endedBy: z.string().nullable(),
  })
  .meta({ id: 'Maintenance' });

export const maintenanceDetailShape = maintenanceShape
  .extend({ findings: pageOf(findingShape).describe('What it hid, oldest first; `case` tells what has opened since') })
  .meta({ id: 'MaintenanceDetail' });

export function maintenanceItem(item: Maintenance, now: number): z.infer<typeof maintenanceShape> {
  const { product = null, site = null, firmware = null, device = null, customer = null, parent = null } = item.query;
  return {
    id: item.id,
    state: maintenanceState(item, now),
    query: { product, site, firmware, device, customer, parent },
    owner: item.owner,
    reason: item.reason,
    from: formatInstant(item.from),
    to: formatInstant(item.to),
    overAt: formatInstant(maintenanceEnd(item)),
    plannedAt: formatInstant(item.plannedAt),
    endedAt: timeOrNull(item.endedAt),
    endedBy: item.endedBy ?? null,
  };
}

/** What the body names. */
export function queryOf(query: z.infer<typeof planBody>['query']) {
  return Object.fromEntries(maintenanceKeys.flatMap((key) => (query[key] == null ? [] : [[key, query[key]]])));
}
