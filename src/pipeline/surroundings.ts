import type { Cover, Surroundings } from '../cases/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { Catalogue, KnownDevice } from '../product/index.ts';
import { isInMaintenance, isMaintained, maintenanceEnd } from '../telemetry/index.ts';

/** What is known at one place of the log. */
export interface KnownThere {
  readonly offset: number;
  readonly catalogue: Catalogue;
  /** As the device's newest report says. */
  readonly firmware: (device: string) => string | undefined;
  /** The service's own down-time until then. */
  readonly downMs: number;
}

/** As many as the registry allows. */
const aboveMax = 16;

/** What the log says around a finding's event: the maintenance that it falls into, and what it may be explained by. */
export function surroundingsOf(event: FindingEvent, known: KnownThere): Surroundings {
  const { catalogue, offset, downMs } = known;
  const device = catalogue.device(event.device);
  const coversOf = (one: KnownDevice | undefined): Cover[] => (one ? coversAt(one, event.openedAt, known) : []);
  return {
    offset,
    covers: coversOf(device),
    above: event.bySilence ? aboveOf(device, catalogue).map((one) => ({ device: one.id, covers: coversOf(one) })) : [],
    silentAfterMs: catalogue.pack(event.product)?.pack.reports.silentAfterMs ?? 0,
    downMs,
  };
}

/** Ids of the maintenance that is not over. */
export function maintenanceAt(catalogue: Catalogue, now: number): string[] {
  return [...catalogue.maintenance()].filter((item) => now < maintenanceEnd(item)).map(({ id }) => id);
}

/** That which ends last first. */
function coversAt(device: KnownDevice, at: number, { catalogue, firmware }: KnownThere): Cover[] {
  return [...catalogue.maintenance()]
    .filter((item) => isInMaintenance(item, at) && isMaintained(item, device, firmware(device.id)))
    .sort((a, b) => maintenanceEnd(b) - maintenanceEnd(a) || (a.id < b.id ? -1 : 1))
    .map(({ id, owner, reason }) => ({ id, owner, reason }));
}

function aboveOf(device: KnownDevice | undefined, catalogue: Catalogue): KnownDevice[] {
  const found: KnownDevice[] = [];
  for (let id = device?.parent; id !== undefined && found.length < aboveMax; ) {
    const one = catalogue.device(id);
    if (one === undefined || one.id === device?.id) break;
    found.push(one);
    id = one.parent;
  }
  return found;
}
