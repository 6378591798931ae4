import { z } from 'zod';
import { formatInstant } from '../base/index.ts';
import type { DeviceStatus } from '../pipeline/index.ts';
import type { Device } from '../registry/index.ts';
import { bodyInstant, filter, instant, instantOrNull, orNull, pageQuery, timeOrNull } from './shapes.ts';

/** The registry judges the facts, all at once; here only their types. `null` says the same as leaving one out. */
export const registerBody = z.strictObject({
  id: z.string(),
  product: z.string(),
  serial: z.string().nullish(),
  site: z.string().nullish(),
  customer: z.string().nullish(),
  timezone: z.string().nullish().describe('IANA zone like Europe/Oslo'),
  parent: z.string().nullish().describe('Id of the gateway or machine that it belongs to'),
  batch: z.string().nullish(),
  installedAt: bodyInstant.nullish(),
});

/** What is left out stays; `null` forgets. */
export const changeBody = registerBody.omit({ id: true, product: true });

export const devicesQuery = z.strictObject({ ...pageQuery, product: filter, site: filter, parent: filter, q: filter });

export const deviceParams = z.object({ id: z.string() });

export const deviceShape = z
  .object({
    id: z.string(),
    product: z.string(),
    serial: z.string().nullable(),
    site: z.string().nullable(),
    customer: z.string().nullable(),
    timezone: z.string().nullable(),
    parent: z.string().nullable(),
    batch: z.string().nullable(),
    installedAt: instantOrNull,
    registeredAt: instant,
    life: z.enum(['registered', 'active', 'retired']),
    online: z.boolean(),
    lastSeenAt: instantOrNull.describe('Arrival of its last message'),
    watermark: instantOrNull.describe('Event time of its newest report'),
    firmware: z.string().nullable(),
    clockSuspect: z
      .object({ rawAt: instant, receivedAt: instant })
      .nullable()
      .describe('The last stamp of its clock that was not believed'),
  })
  .meta({ id: 'Device' });

export const deviceWithSecretShape = deviceShape
  .extend({ secret: z.string().describe('Its MQTT password, shown only now') })
  .meta({ id: 'DeviceWithSecret' });

export const secretShape = z.object({ id: z.string(), secret: z.string() });

export function deviceItem(device: Device, status: DeviceStatus): z.infer<typeof deviceShape> {
  const { clockSuspect } = status;
  return {
    id: device.id,
    product: device.product,
    serial: orNull(device.serial),
    site: orNull(device.site),
    customer: orNull(device.customer),
    timezone: orNull(device.timezone),
    parent: orNull(device.parent),
    batch: orNull(device.batch),
    installedAt: timeOrNull(device.installedAt),
    registeredAt: formatInstant(device.registeredAt),
    life: device.retired ? 'retired' : status.life,
    online: status.online,
    lastSeenAt: timeOrNull(status.lastSeenAt),
    watermark: timeOrNull(status.watermark),
    firmware: orNull(status.firmware),
    clockSuspect: clockSuspect
      ? { rawAt: rawInstant(clockSuspect.rawAt), receivedAt: formatInstant(clockSuspect.receivedAt) }
      : null,
  };
}

const earliestMs = Date.parse('0001-01-01T00:00:00Z');
const latestMs = Date.parse('9999-12-31T23:59:59.999Z');

/** What a broken clock said may lie outside of RFC 3339's four-digit years: then the nearest time within. */
function rawInstant(rawAt: number): string {
  return formatInstant(Math.min(Math.max(rawAt, earliestMs), latestMs));
}
