import type { FindingEvent } from '../findings/index.ts';
import type { RulesState } from '../rules/index.ts';
import {
  type DeviceMemory,
  type MemorySnapshot,
  memoryOf,
  memorySnapshot,
  nothingRemembered,
} from './device-memory.ts';
import type { Judge } from './judge.ts';

/** A finding that holds: its last event and how many events it has had. */
export interface OpenFinding {
  readonly events: number;
  readonly last: FindingEvent;
  /** Of a finding that several watchers of a signal may share, by source: those that had a part in it hold it or not. */
  readonly holders?: Readonly<Record<string, boolean>>;
}

/** All that the engine remembers of a device. */
export interface DeviceState {
  readonly product: string;
  /** What `rules` and `memory` are ready for; undefined before the first report, and after a restart. */
  judge: Judge | undefined;
  rules: RulesState | undefined;
  /** What the detectors know. */
  memory: DeviceMemory;
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
}

export function newDeviceState(product: string): DeviceState {
  return {
    product,
    judge: undefined,
    rules: undefined,
    memory: nothingRemembered,
    open: {},
    watermark: undefined,
    heardAt: undefined,
    seen: false,
    downMsAtHeard: 0,
  };
}

/** As text: everything but what is made again from the pack. */
export function deviceStateToText(state: DeviceState): string {
  const { judge: _judge, memory, ...plain } = state;
  return JSON.stringify({ ...plain, memory: memorySnapshot(memory) });
}

export function deviceStateFromText(text: string): DeviceState {
  // A snapshot is from `deviceStateToText`, of this version of ours or of an earlier one that kept less.
  const { memory, ...plain } = JSON.parse(text) as Omit<DeviceState, 'memory'> & { memory?: MemorySnapshot };
  return { ...newDeviceState(plain.product), ...plain, memory: memory ? memoryOf(memory) : nothingRemembered };
}
