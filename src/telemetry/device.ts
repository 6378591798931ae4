import type { MaintenancePlan } from './maintenance.ts';

/** What is known of one sold unit. These facts are in the log; secrets never are. */
export interface DeviceFacts {
  readonly id: string;
  readonly product: string;
  readonly serial: string | undefined;
  readonly site: string | undefined;
  readonly customer: string | undefined;
  /** IANA zone, for schedules in the device's own time. */
  readonly timezone: string | undefined;
  /** Id of the gateway or machine that it belongs to. */
  readonly parent: string | undefined;
  readonly batch: string | undefined;
  /** Epoch ms. Silence of a device never seen counts only after this is set. */
  readonly installedAt: number | undefined;
}

/** New values of a device's facts. `null` forgets one: an undefined would not survive the log's JSON. */
export type DeviceChanges = {
  readonly [Name in keyof Omit<DeviceFacts, 'id' | 'product'>]?: DeviceFacts[Name] | null;
};

/** A change of what the engine may read. It is appended to the log first; the registry row follows from it. */
export type Fact =
  | { readonly type: 'device-registered'; readonly at: number; readonly device: DeviceFacts }
  | {
      readonly type: 'device-changed';
      readonly at: number;
      readonly id: string;
      readonly changes: DeviceChanges;
    }
  | { readonly type: 'device-retired'; readonly at: number; readonly id: string }
  /** What is stored of the device's reports before this record of the log goes. */
  | { readonly type: 'readings-deleted'; readonly at: number; readonly id: string }
  /** `source` is the pack's text as the operator wrote it, so that a replay compiles the same pack. */
  | {
      readonly type: 'pack-published';
      readonly at: number;
      readonly product: string;
      readonly version: number;
      readonly file: string;
      readonly source: string;
    }
  | { readonly type: 'maintenance-planned'; readonly at: number; readonly plan: MaintenancePlan }
  /** Before its time; before its beginning: called off. */
  | { readonly type: 'maintenance-ended'; readonly at: number; readonly id: string; readonly by: string };

/** A device of which no more than this is known. */
export function deviceFacts(known: Pick<DeviceFacts, 'id' | 'product'> & Partial<DeviceFacts>): DeviceFacts {
  const { serial, site, customer, timezone, parent, batch, installedAt } = known;
  return { id: known.id, product: known.product, serial, site, customer, timezone, parent, batch, installedAt };
}

/** The device that a fact is about; undefined when it is about none, or many. */
export function deviceOfFact(fact: Fact): string | undefined {
  if (fact.type === 'device-registered') return fact.device.id;
  return fact.type === 'device-changed' || fact.type === 'device-retired' ? fact.id : undefined;
}

/** The device after a `device-changed` fact; what `changes` does not name stays. */
export function changeDevice(device: DeviceFacts, changes: DeviceChanges): DeviceFacts {
  const pick = <Value>(change: Value | null | undefined, before: Value): Value | undefined =>
    change === undefined ? before : (change ?? undefined);
  return {
    id: device.id,
    product: device.product,
    serial: pick(changes.serial, device.serial),
    site: pick(changes.site, device.site),
    customer: pick(changes.customer, device.customer),
    timezone: pick(changes.timezone, device.timezone),
    parent: pick(changes.parent, device.parent),
    batch: pick(changes.batch, device.batch),
    installedAt: pick(changes.installedAt, device.installedAt),
  };
}

const devicePattern = /^[A-Za-z0-9._-]{1,64}$/;

/** A device id is a topic level and a client id: 1–64 of `A–Z a–z 0–9 . _ -`. */
export function isDeviceId(text: string): boolean {
  return devicePattern.test(text);
}
