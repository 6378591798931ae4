import type { DeviceFacts } from './device.ts';

export const maintenanceKeys = ['product', 'site', 'firmware', 'device', 'customer', 'parent'] as const;

/** Which devices are in maintenance: those for which all that is given is so. At least one is given. */
export type MaintenanceQuery = { readonly [Key in (typeof maintenanceKeys)[number]]?: string | undefined };

/** Work on devices that was announced: findings of that time are its doing, and open no case. */
export interface MaintenancePlan {
  readonly id: string;
  readonly query: MaintenanceQuery;
  /** Who answers for it. */
  readonly owner: string;
  readonly reason: string;
  /** Epoch ms: from the first, and up to the second but not with it. */
  readonly from: number;
  readonly to: number;
}

export interface Maintenance extends MaintenancePlan {
  readonly plannedAt: number;
  /** When somebody ended it before its time; before `from` it was called off. */
  readonly endedAt: number | undefined;
  readonly endedBy: string | undefined;
}

export const maintenanceStates = ['planned', 'active', 'past'] as const;

export type MaintenanceState = (typeof maintenanceStates)[number];

/** When it is over: at its end, or when somebody ended it. */
export function maintenanceEnd({ to, endedAt }: Pick<Maintenance, 'to' | 'endedAt'>): number {
  return endedAt === undefined ? to : Math.min(to, endedAt);
}

export function maintenanceState(item: Maintenance, now: number): MaintenanceState {
  if (now >= maintenanceEnd(item)) return 'past';
  return now < item.from ? 'planned' : 'active';
}

/** Whether the time lies in it. */
export function isInMaintenance(item: Maintenance, at: number): boolean {
  return at >= item.from && at < maintenanceEnd(item);
}

/** Whether it is about a device with these facts and this firmware. */
export function isMaintained(
  { query }: Pick<Maintenance, 'query'>,
  facts: Pick<DeviceFacts, 'id' | 'product' | 'site' | 'customer' | 'parent'>,
  firmware: string | undefined,
): boolean {
  const { id: device, product, site, customer, parent } = facts;
  const known = { product, site, firmware, device, customer, parent };
  return maintenanceKeys.every((key) => query[key] === undefined || query[key] === known[key]);
}
