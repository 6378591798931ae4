import { dayMs, hourMs, minuteMs } from '../base/index.ts';

/** What a condition may ask of a device beside its signals: `weekday` is 1 on Mondays and 7 on Sundays. */
const types = { firmware: 'string', site: 'string', hour: 'number', weekday: 'number' } as const;

export type FactName = keyof typeof types;

export const factTypes = Object.entries(types) as readonly (readonly [FactName, 'string' | 'number'])[];

export function factType(name: FactName): 'string' | 'number' {
  return types[name];
}

export function isFactName(name: string): name is FactName {
  return Object.hasOwn(types, name);
}

/** No zone changes its offset within one. */
const slotMs = 15 * minuteMs;

interface Zone {
  readonly format: Intl.DateTimeFormat | undefined;
  slot: number;
  offsetMs: number;
}

/**
 * Hours and weekdays in the zones of devices. What zones do comes with the program (IANA's data in ICU), so the same
 * instant gives the same hour; the offset is looked up once a quarter of an hour of event time.
 */
export class ZoneClock {
  readonly #zones = new Map<string, Zone>();

  /** 0 to 23. */
  hour(at: number, timezone: string | undefined): number {
    const local = at + this.#offsetMs(at, timezone);
    return Math.floor((local - Math.floor(local / dayMs) * dayMs) / hourMs);
  }

  /** 1 on Mondays, 7 on Sundays. */
  weekday(at: number, timezone: string | undefined): number {
    const days = Math.floor((at + this.#offsetMs(at, timezone)) / dayMs);
    // 1 January 1970 was a Thursday.
    return ((((days + 3) % 7) + 7) % 7) + 1;
  }

  #offsetMs(at: number, timezone: string | undefined): number {
    if (timezone === undefined || timezone === 'UTC') return 0;
    let zone = this.#zones.get(timezone);
    if (zone === undefined) {
      zone = { format: formatOf(timezone), slot: Number.NaN, offsetMs: 0 };
      this.#zones.set(timezone, zone);
    }
    const slot = Math.floor(at / slotMs);
    if (zone.slot !== slot) {
      zone.slot = slot;
      zone.offsetMs = zone.format ? offsetOf(zone.format, slot * slotMs) : 0;
    }
    return zone.offsetMs;
  }
}

/** Undefined for a zone that is not known here: such a device is on UTC. */
function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  } catch {
    return undefined;
  }
}

function offsetOf(format: Intl.DateTimeFormat, at: number): number {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return local - Math.floor(at / minuteMs) * minuteMs;
}
