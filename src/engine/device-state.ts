import type { FindingEvent } from '../findings/index.ts';
import { type RulesSnapshot, type RulesSnapshotJson, type RulesState, rulesSnapshotOf } from '../rules/index.ts';
import type { ContextSince } from './context.ts';
import { type DeviceMemory, type MemorySnapshot, memoryOf, nothingRemembered } from './device-memory.ts';
import { nextTo, type Position } from './hindsight.ts';
import type { Judge } from './judge.ts';
import type { Told } from './parents.ts';
import type { VersionSince } from './versions.ts';

/** A finding that holds: its last event and how many events it has had. */
export interface OpenFinding {
  readonly events: number;
  readonly last: FindingEvent;
  /** The reports that raised it and that changed it last. */
  readonly raisedBy: Position;
  readonly changedBy: Position;
  /** Its explanation as it was raised, of one whose severity has changed since. */
  readonly reason?: string;
  /** Of a finding that several watchers of a signal may share, by source: those that had a part in it hold it or not. */
  readonly holders?: Readonly<Record<string, boolean>>;
}

/** A finding that ended or was withdrawn: a later correction may change it. */
export type Past = OpenFinding;

/** Ended findings kept for corrections; each is about a kilobyte. */
export const pastMax = 32;

/** The order in which ended findings are kept, wherever judging them again began. */
export function byOpening({ last: a }: OpenFinding, { last: b }: OpenFinding): number {
  return a.openedAt - b.openedAt || (a.finding < b.finding ? -1 : a.finding > b.finding ? 1 : 0);
}

/** Reports that came behind what was judged and are not judged yet. */
export interface Late {
  /** The earliest of them. */
  readonly position: Position;
  /** Log offset of the one that came first. */
  readonly since: number;
  readonly count: number;
}

/** All that the engine remembers of a device. */
export interface DeviceState {
  readonly product: string;
  /** What `rules` and `memory` are ready for; undefined before the first report, and after a restart. */
  judge: Judge | undefined;
  rules: RulesState | undefined;
  /** What the rules knew before the restart, until `rules` has it. */
  rulesBefore: RulesSnapshot | undefined;
  /** What the detectors know. */
  memory: DeviceMemory;
  /** By source. */
  readonly open: Record<string, OpenFinding>;
  past: Past[];
  /** Oldest first; empty while no rule asks for such facts. */
  contexts: readonly ContextSince[];
  /** The newest judged report. */
  judgedTo: Position | undefined;
  /** The event-day that it belongs to, as {@link Hindsight} counts them. */
  day: number | undefined;
  /** Version of the pack that it was judged under. */
  version: Judge['version'] | undefined;
  /** Versions that it was judged under, oldest first, no more than the catalogue keeps. */
  versions: readonly VersionSince[];
  late: Late | undefined;
  /** Reports that came late and could not be judged in their place. */
  uncorrected: number;
  /** What it last told; undefined while no other device's rules may ask for that. */
  told: Told | undefined;
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
    rulesBefore: undefined,
    memory: nothingRemembered,
    open: {},
    past: [],
    contexts: [],
    judgedTo: undefined,
    day: undefined,
    version: undefined,
    versions: [],
    late: undefined,
    uncorrected: 0,
    told: undefined,
    heardAt: undefined,
    seen: false,
    downMsAtHeard: 0,
  };
}

/** What is as plain in JSON. */
export type PlainState = Omit<DeviceState, 'judge' | 'rules' | 'rulesBefore' | 'memory'>;

/** A state as a checkpoint keeps it: plain data, without what is made again from the pack. */
type Saved = PlainState & {
  readonly rules?: RulesSnapshotJson;
  readonly memory?: MemorySnapshot;
  /** Of an earlier version of ours, which judged nothing again from before it: a version came into force behind it. */
  readonly barrier?: Position;
};

export function rulesSnapshot({ judge, rules, rulesBefore }: DeviceState): RulesSnapshot | undefined {
  return judge && rules ? judge.rules.snapshot(rules) : rulesBefore;
}

export function deviceStateFromText(text: string): DeviceState {
  // Of this version of ours, or of an earlier one whose detectors have to start afresh.
  const { rules, memory, barrier, ...plain } = JSON.parse(text) as Saved;
  const state = { ...newDeviceState(plain.product), ...plain, rulesBefore: rules && rulesSnapshotOf(rules) };
  if (barrier && state.version !== undefined) state.versions = [{ version: state.version, from: nextTo(barrier) }];
  return memory ? { ...state, memory: memoryOf(memory) } : state;
}
