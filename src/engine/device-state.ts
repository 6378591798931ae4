import type { FindingEvent } from '../findings/index.ts';
import type { RulesState } from '../rules/index.ts';
import type { WatcherState } from './watcher.ts';

/** A finding that holds: its last event and how many events it has had. */
export interface OpenFinding {
  readonly events: number;
  readonly last: FindingEvent;
}

/** All that the engine remembers of a device: plain data that survives JSON unchanged. */
export interface DeviceState {
  /** Version of this layout; a state of another version starts afresh. */
  readonly format: 1;
  readonly product: string;
  /** Pack version that `rules` and `watchers` belong to; 0 before the first report. */
  packVersion: number;
  rules: RulesState | undefined;
  /** By `${kind}:${signal}`. */
  readonly watchers: Record<string, { readonly params: string; state: WatcherState }>;
  /** By source. */
  readonly open: Record<string, OpenFinding>;
  /** Event time of the newest judged report. */
  watermark: number | undefined;
  /** Since when it should be heard: its last message, or its installation; undefined before both. Service time. */
  heardAt: number | undefined;
  /** The service's own down-time, all in all, as it was at `heardAt`. */
  downMsAtHeard: number;
  /** Last band kept for charts, by signal. */
  readonly bands: Record<string, { at: number; low: number; high: number }>;
}

export function newDeviceState(product: string): DeviceState {
  return {
    format: 1,
    product,
    packVersion: 0,
    rules: undefined,
    watchers: {},
    open: {},
    watermark: undefined,
    heardAt: undefined,
    downMsAtHeard: 0,
    bands: {},
  };
}
