import { dayMs, hourMs } from '../src/base/index.ts';
import { hash, mix, type Random } from './random.ts';

/** Where a device stands: its clock, its weather, and who uses it. */
export interface Place {
  readonly site: string;
  /** IANA zone, one without summer time. */
  readonly timezone: string;
  readonly usage: Usage;
  /** Hours since local midnight, 0 up to 24. */
  hour(at: number): number;
  /** 0 is Sunday. */
  weekday(at: number): number;
  /** Air temperature outside and in the room, °C: season, hour and weather. */
  outdoor(at: number): number;
  indoor(at: number): number;
}

export type Usage = 'household' | 'shop';

interface Climate {
  readonly site: string;
  readonly timezone: string;
  readonly offsetHours: number;
  /** °C: mean of the year, half of the difference between summer and winter, and between day and night. */
  readonly mean: number;
  readonly season: number;
  readonly day: number;
  /** Day of the year that is the warmest on average. */
  readonly warmestDay: number;
}

const climates: readonly [Climate, ...Climate[]] = [
  { site: 'Reykjavik', timezone: 'Atlantic/Reykjavik', offsetHours: 0, mean: 5, season: 6, day: 2, warmestDay: 205 },
  { site: 'Tokyo', timezone: 'Asia/Tokyo', offsetHours: 9, mean: 16, season: 11, day: 4, warmestDay: 215 },
  { site: 'Dubai', timezone: 'Asia/Dubai', offsetHours: 4, mean: 28, season: 8, day: 5, warmestDay: 210 },
  { site: 'Lagos', timezone: 'Africa/Lagos', offsetHours: 1, mean: 27, season: 1.5, day: 4, warmestDay: 75 },
  { site: 'Bogota', timezone: 'America/Bogota', offsetHours: -5, mean: 14, season: 0.7, day: 6, warmestDay: 80 },
  { site: 'Brisbane', timezone: 'Australia/Brisbane', offsetHours: 10, mean: 20, season: 5, day: 6, warmestDay: 20 },
];

const warmestHour = 15;
/** Spread of the weather about its season, °C. */
const weatherSpread = 2.5;
const yearDays = 365.25;

export function placeFor(random: Random): Place {
  const climate = random.pick(climates);
  const usage: Usage = random.chance(0.5) ? 'household' : 'shop';
  const offsetMs = climate.offsetHours * hourMs;
  const heatedTo = random.between(20, 23);
  const salt = random.uint32();
  const regional = hash(climate.site, 7);

  const outdoor = (at: number): number => {
    const local = at + offsetMs;
    const day = local / dayMs;
    const season = Math.cos(((day - climate.warmestDay) / yearDays) * 2 * Math.PI);
    const hour = Math.cos((day - warmestHour / 24) * 2 * Math.PI);
    return climate.mean + climate.season * season + climate.day * hour + weatherSpread * weather(day, regional);
  };
  return {
    site: climate.site,
    timezone: climate.timezone,
    usage,
    hour: (at) => ((at + offsetMs) % dayMs) / hourMs,
    // 1 January 1970 was a Thursday.
    weekday: (at) => (Math.floor((at + offsetMs) / dayMs) + 4) % 7,
    outdoor,
    indoor: (at) => {
      const wall = 0.3 * (outdoor(at) - 18);
      const people = 0.6 * weather((at / dayMs) * 4, salt);
      return heatedTo + Math.max(-4, Math.min(8, wall)) + people;
    },
  };
}

/** Between −1.7 and 1.7, smooth from day to day, and the same for all devices of a region. */
function weather(day: number, salt: number): number {
  const whole = Math.floor(day);
  const share = day - whole;
  const smooth = share * share * (3 - 2 * share);
  return dayDraw(whole, salt) * (1 - smooth) + dayDraw(whole + 1, salt) * smooth;
}

function dayDraw(day: number, salt: number): number {
  return (mix(day ^ salt) / 0x1_0000_0000 - 0.5) * 3.4;
}
