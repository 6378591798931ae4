import { assert } from '../../../src/base/index.ts';
import type { Credential, Device, DeviceQuery, PackVersion, Registry } from '../../../src/registry/index.ts';
import { changeDevice, type Fact, type Maintenance, maintenanceState } from '../../../src/telemetry/index.ts';
import { atOnce, type Passage } from './passage.ts';

/** What lives on when the process dies. */
export interface HeldRegistry {
  cursor: number;
  readonly devices: Map<string, Device>;
  /** As published first, by product and version. */
  readonly packs: Map<string, PackVersion>;
  readonly maintenance: Map<string, Maintenance>;
  readonly credentials: Map<string, Credential>;
}

export const noRegistry = (): HeldRegistry => ({
  cursor: 0,
  devices: new Map(),
  packs: new Map(),
  maintenance: new Map(),
  credentials: new Map(),
});

export function memoryRegistry(held: HeldRegistry, pass: Passage = atOnce): Registry {
  return {
    apply: (facts, next) =>
      pass(() => {
        if (next <= held.cursor) return held.cursor;
        for (const { offset } of facts) assert(offset < next, 'the cursor lies behind the facts that it covers');
        for (const { offset, fact } of facts) if (offset >= held.cursor) follow(held, fact);
        held.cursor = next;
        return next;
      }),
    devices: (query) =>
      pass(() => {
        const found = [...held.devices.values()]
          .filter((device) => isAsked(device, query))
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        const items = found.slice(0, query.limit);
        return { items, next: found.length > items.length ? (items.at(-1)?.id ?? null) : null };
      }),
    packs: (product) =>
      pass(() => {
        const all = [...held.packs.values()].sort(
          (a, b) => (a.product === b.product ? 0 : a.product < b.product ? -1 : 1) || a.version - b.version,
        );
        if (product !== undefined) return all.filter((pack) => pack.product === product);
        return all.filter((pack, index) => all[index + 1]?.product !== pack.product);
      }),
    maintenance: (query) =>
      pass(() => {
        const { id, state, now, cursor, limit } = query;
        const placeOf = (item: Maintenance) => `${item.from}_${item.id}`;
        const all = [...held.maintenance.values()].sort((a, b) => b.from - a.from || (a.id < b.id ? 1 : -1));
        const behind = cursor === undefined ? all : all.slice(all.findIndex((item) => placeOf(item) === cursor) + 1);
        const found = behind.filter(
          (item) => (id === undefined || item.id === id) && (!state || maintenanceState(item, now) === state),
        );
        const items = found.slice(0, limit);
        const last = items.at(-1);
        return { items, next: found.length > items.length && last !== undefined ? placeOf(last) : null };
      }),
    credential: (kind, key, now) =>
      pass(() => {
        const found = held.credentials.get(`${kind}\n${key}`);
        return found?.expiresAt !== undefined && found.expiresAt <= now ? undefined : found;
      }),
    saveCredential: (credential, remove = false) =>
      pass(() => {
        const place = `${credential.kind}\n${credential.key}`;
        if (remove) held.credentials.delete(place);
        else held.credentials.set(place, credential);
      }),
    close: async () => undefined,
  };
}

function follow({ devices, packs, maintenance }: HeldRegistry, fact: Fact): void {
  if (fact.type === 'device-registered') {
    if (devices.has(fact.device.id)) return;
    devices.set(fact.device.id, { ...fact.device, retired: false, registeredAt: fact.at });
  } else if (fact.type === 'pack-published') {
    const { product, version, file, source, at: publishedAt } = fact;
    const place = `${product}\n${version}`;
    if (!packs.has(place)) packs.set(place, { product, version, publishedAt, file, source });
  } else if (fact.type === 'maintenance-planned') {
    const nobody = { endedAt: undefined, endedBy: undefined };
    maintenance.set(fact.plan.id, { ...fact.plan, plannedAt: fact.at, ...nobody });
  } else if (fact.type === 'maintenance-ended') {
    const known = maintenance.get(fact.id);
    if (known) maintenance.set(fact.id, { ...known, endedAt: fact.at, endedBy: fact.by });
  } else if (fact.type === 'device-changed' || fact.type === 'device-retired') {
    const known = devices.get(fact.id);
    if (known === undefined) return;
    const change = fact.type === 'device-retired' ? { retired: true } : changeDevice(known, fact.changes);
    devices.set(fact.id, { ...known, ...change });
  }
}

function isAsked(device: Device, query: DeviceQuery): boolean {
  for (const name of ['id', 'product', 'site', 'parent'] as const) {
    if (query[name] !== undefined && device[name] !== query[name]) return false;
  }
  if (query.cursor !== undefined && device.id <= query.cursor) return false;
  const text = [device.id, device.serial, device.site, device.customer].join('\n').toLowerCase();
  return (query.q ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
