import { type Maintenance, type MaintenanceQuery, maintenanceKeys } from '../api/model.ts';
import { epoch, shortMomentWords } from '../words/times.ts';

export const keyWords: Readonly<Record<keyof MaintenanceQuery, string>> = {
  product: 'Product',
  site: 'Site',
  firmware: 'Firmware',
  device: 'Device',
  customer: 'Customer',
  parent: 'Parent',
};

/** "Site Oslo, firmware 2.1": the devices for which all of it is so. */
export function queryWords(query: MaintenanceQuery): string {
  const parts = maintenanceKeys.flatMap((key) =>
    query[key] === null ? [] : [`${keyWords[key].toLowerCase()} ${query[key]}`],
  );
  const text = parts.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "21 Nov, 14:00 to 21 Nov, 16:00", and what became of it. */
export function timeWords(item: Maintenance, now: number): string {
  const words = (time: string): string => shortMomentWords(epoch(time), now);
  if (item.endedAt === null) return `${words(item.from)} to ${words(item.to)}`;
  if (epoch(item.endedAt) <= epoch(item.from)) return `Called off by ${item.endedBy} on ${words(item.endedAt)}`;
  return `${words(item.from)} to ${words(item.overAt)}, when ${item.endedBy} ended it`;
}

/** The local time as a field of the browser holds it: "2025-11-21T14:00". */
export function fieldTime(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Epoch ms of what such a field holds; null when it is empty. */
export function timeOfField(text: string): number | null {
  const at = new Date(text).getTime();
  return text === '' || Number.isNaN(at) ? null : at;
}
