import { minuteMs } from './fixture.ts';

/** One report of a fridge, as its firmware writes it. */
export interface FridgeReport {
  readonly at: number;
  readonly boot: string;
  readonly seq: number;
  readonly signals: Readonly<Record<string, number | boolean>>;
}

export interface WarmingFridge {
  /** Event time of the first report, a whole minute. */
  readonly firstAt: number;
  readonly reports: readonly FridgeReport[];
  /** Which report was the first at which the mean of 15 minutes was above 8 °C: the condition of `warm-cabinet`. */
  readonly began: number;
  /** Which report satisfied the rule's `for` of 10 minutes. */
  readonly opened: number;
}

const windowReadings = 15;
const forMinutes = 10;
const warmAbove = 8;

/** Minute by minute: cold for 20 reports, then warm. All of it lies in the past. */
export function warmingFridge(now: number, options: { reports?: number; boot?: string } = {}): WarmingFridge {
  const { reports: count = 60, boot = 'b1' } = options;
  const firstAt = Math.floor(now / minuteMs) * minuteMs - (count + 30) * minuteMs;
  const temperatures = Array.from({ length: count }, (_, index) => (index < 20 ? 4 : 9) + (index % 3) / 10);
  const began = temperatures.findIndex((_, index) => meanBefore(temperatures, index) > warmAbove);
  const reports = temperatures.map((cabinet_temp, seq) => ({
    at: firstAt + seq * minuteMs,
    boot,
    seq,
    signals: { cabinet_temp, door_open: false },
  }));
  return { firstAt, reports, began, opened: began + forMinutes };
}

/** The mean that the rule looks at when a report comes. */
export function meanBefore(values: readonly number[], index: number): number {
  const window = values.slice(Math.max(0, index + 1 - windowReadings), index + 1);
  return window.reduce((sum, value) => sum + value, 0) / window.length;
}
