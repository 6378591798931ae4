import { z } from 'zod';
import { formatInstant } from '../base/index.ts';
import { type DeviceTrouble, type Health, healthStates } from '../cases/index.ts';
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

const health = z
  .enum(healthStates)
  .describe('From what is open: critical or safety = failing, major = degraded, less = watch; silent, unknown, good');

export const devicesQuery = z.strictObject({
  ...pageQuery,
  product: filter,
  site: filter,
  parent: filter,
  q: filter,
  health: health.optional(),
  retired: z.enum(['true', 'false']).optional().describe('Absent = both'),
});

export const fleetShape = z
  .object({
    health: z
      .object({
        good: z.int(),
        watch: z.int(),
        degraded: z.int(),
        failing: z.int(),
        silent: z.int(),
        unknown: z.int(),
      })
      .describe('How many devices are in each state'),
    devices: z.int().describe('All of them; retired ones aside'),
    retired: z.int(),
  })
  .meta({ id: 'Fleet' });

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
    health,
    openCases: z.int().describe('Cases that are not resolved'),
    openFindings: z.int().describe('Findings that hold; those of shadow rules aside'),
  })
  .meta({ id: 'Device' });

export type DeviceItem = z.infer<typeof deviceShape>;

export const deviceWithSecretShape = deviceShape
  .extend({ secret: z.string().describe('Its MQTT password, shown only now') })
  .meta({ id: 'DeviceWithSecret' });

/** A deletion that was asked for. */
export const deletionShape = z.object({
  id: z.string(),
  at: instant.describe('What was received by then goes'),
  detail: z.string(),
});

export const secretShape = z.object({ id: z.string(), secret: z.string() });

interface DeviceKnowledge {
  readonly status: DeviceStatus;
  readonly health: Health;
  /** Undefined where nothing is open. */
  readonly trouble: DeviceTrouble | undefined;
}

export function deviceItem(device: Device, { status, health, trouble }: DeviceKnowledge): DeviceItem {
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
      ? { rawAt: formatInstant(clockSuspect.rawAt), receivedAt: formatInstant(clockSuspect.receivedAt) }
      : null,
    health,
    openCases: trouble?.openCases ?? 0,
    openFindings: trouble?.openFindings ?? 0,
  };
}
