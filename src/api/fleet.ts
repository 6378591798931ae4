import type { z } from 'zod';
import { type DeviceTrouble, type Health, healthOf, healthStates } from '../cases/index.ts';
import type { Device, DeviceQuery } from '../registry/index.ts';
import type { ApiDeps } from './deps.ts';
import { type DeviceItem, deviceItem, type devicesQuery, type fleetShape } from './device-shapes.ts';

/** Devices as the API shows them: the registry's facts, what their messages told, and what is open on them. */
export interface Fleet {
  item(device: Device): Promise<DeviceItem>;
  list(query: z.infer<typeof devicesQuery>): Promise<{ readonly items: DeviceItem[]; readonly next: string | null }>;
  /** Counts every device once; those that are retired stand beside. */
  counts(): Promise<z.infer<typeof fleetShape>>;
}

type FleetDeps = Pick<ApiDeps, 'registry' | 'view' | 'cases'>;

/** Devices read from the registry at a time. */
const readMax = 1_000;

/**
 * Health is worked out anew for each answer, from one look at all that is open and from memory: nothing is kept that
 * could be wrong after a restart, or where a second process writes cases. Counting 5,000 devices with something open on
 * each takes 40 ms, a page of them 15 ms; what is not open costs nothing.
 */
export function createFleet({ registry, view, cases }: FleetDeps): Fleet {
  const healthOfDevice = (device: Device, trouble: DeviceTrouble | undefined): Health =>
    healthOf(device.retired ? 'retired' : view.status(device.id).life, trouble);
  const itemOf = (device: Device, trouble: DeviceTrouble | undefined): DeviceItem =>
    deviceItem(device, { status: view.status(device.id), health: healthOfDevice(device, trouble), trouble });
  const allTroubles = async (): Promise<ReadonlyMap<string, DeviceTrouble>> =>
    new Map((await cases.troubles()).map((trouble) => [trouble.device, trouble]));

  return {
    async item(device) {
      const [trouble] = await cases.troubles(device.id);
      return itemOf(device, trouble);
    },

    async list({ health, retired, ...query }) {
      const troubles = await allTroubles();
      const wanted = (device: Device): boolean =>
        (retired === undefined || String(device.retired) === retired) &&
        (health === undefined || healthOfDevice(device, troubles.get(device.id)) === health);
      const found: Device[] = [];
      for await (const device of devicesOf(registry, query)) {
        if (wanted(device)) found.push(device);
        if (found.length > query.limit) break;
      }
      const items = found.slice(0, query.limit).map((device) => itemOf(device, troubles.get(device.id)));
      return { items, next: found.length > query.limit ? (items.at(-1)?.id ?? null) : null };
    },

    async counts() {
      const troubles = await allTroubles();
      const health = { good: 0, watch: 0, degraded: 0, failing: 0, silent: 0, unknown: 0 } satisfies Record<
        Health,
        number
      >;
      let retired = 0;
      for await (const device of devicesOf(registry, { limit: readMax })) {
        if (device.retired) retired += 1;
        else health[healthOfDevice(device, troubles.get(device.id))] += 1;
      }
      return { health, devices: healthStates.reduce((sum, state) => sum + health[state], 0), retired };
    },
  };
}

/** By id, from behind the cursor to the end. Begins with as many as are asked for: most lists want no more. */
async function* devicesOf(registry: FleetDeps['registry'], query: DeviceQuery): AsyncGenerator<Device, void, void> {
  let { cursor } = query;
  for (let limit = Math.min(query.limit + 1, readMax); ; limit = readMax) {
    const page = await registry.devices({ ...query, cursor, limit });
    yield* page.items;
    if (page.next === null) return;
    cursor = page.next;
  }
}
