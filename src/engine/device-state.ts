import type { FindingEvent } from '../findings/index.ts';
import type { RulesState } from '../rules/index.ts';
import type { WatcherState } from './watcher.ts';

/** A finding that holds: its last event and how many events it has had. */
export interface OpenFinding {
  readonly events: number;
  readonly last: FindingEvent;
  /** Of a finding that several watchers of a signal may share, by source: those that had a part in it hold it or not. */
  readonly holders?: Readonly<Record<string, boolean>>;
}

/** All that the engine remembers of a device: plain data that survives JSON unchanged. */
export interface DeviceState {
  readonly product: string;
  /** {@link Judge.layout} that `rules` and `watchers` belong to; empty before the first report. */
  layout: string;
  rules: RulesState | undefined;
  /** By `${kind}:${signal}`. */
  readonly watchers: Record<string, { readonly params: string; state: WatcherState }>;
  /** By source. */
  readonly open: Record<string, OpenFinding>;
  /** Event time of the newest judged report. */
  watermark: number | undefined;
  /** Since when it should be heard: its last message, or its installation; undefined before both. Service time. */
  heardAt: number | undefined;
  /** A message was heard; before that, `heardAt` follows the date of installation. */
  seen: boolean;
  /** The service's own down-time, all in all, as it was at `heardAt`. */
  downMsAtHeard: number;
  /** Last band kept for charts, by signal. */
  readonly bands: Record<string, { at: number; low: number; high: number }>;
}

export function newDeviceState(product: string): DeviceState {
  return {
    product,
    layout: '',
    rules: undefined,
    watchers: {},
    open: {},
    watermark: undefined,
    heardAt: undefined,
    seen: false,
    downMsAtHeard: 0,
    bands: {},
  };
}
