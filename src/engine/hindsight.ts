import { dayMs, type JsonParts, minuteMs } from '../base/index.ts';
import { correctionHorizonMs, type Report } from '../telemetry/index.ts';
import type { DeviceState } from './device-state.ts';
import { StateCopy } from './state-copy.ts';

/** A report's place in its device's event time; reports that share a stamp follow one another in log order. */
export interface Position {
  readonly at: number;
  readonly offset: number;
  readonly index: number;
}

/** What the engine knew of a device when it had judged everything up to and with `position`. */
export interface Snapshot {
  /** Undefined: before its first report. */
  readonly position: Position | undefined;
  /** Made when it is asked for first: most never are. */
  readonly text: string;
}

/** The snapshot with which an event-day begins. */
export interface DaySnapshot extends Snapshot {
  readonly device: string;
  /** By {@link dayOf}. */
  readonly day: number;
}

/** One that was taken just now. */
export interface DayTaken extends DaySnapshot {
  /** What its text is made of, for who has it made elsewhere. */
  readonly parts: JsonParts;
}

/** Nearly all late reports are late by less than this: the newest snapshots lie at least so far apart… */
const latenessMs = 10 * minuteMs;
/** …and at least so many reports, so that taking them costs little beside judging. */
const reportsApart = 128;
const newestKept = 2;
/** Of all devices together. */
const bytesMax = 64 * 1024 * 1024;

export function positionOf({ at, offset, index }: Position): Position {
  return { at, offset, index };
}

/** The place right behind: what begins there is not yet known at `position`. */
export function nextTo({ at, offset, index }: Position): Position {
  return { at, offset, index: index + 1 };
}

/** Below 0 when `a` comes first. */
export function comparePositions(a: Position, b: Position): number {
  return a.at - b.at || a.offset - b.offset || a.index - b.index;
}

/** Whether it comes behind `from`; everything comes behind undefined, the place before a device's first report. */
export function isBehind(position: Position, from: Position | undefined): boolean {
  return from === undefined || comparePositions(position, from) > 0;
}

/** Each device's days begin at an hour of its own, so that not all of them begin at once. */
function dayOf(device: string, at: number): number {
  let hash = 0;
  for (let index = 0; index < device.length; index += 1) hash = (Math.imul(hash, 31) + device.charCodeAt(index)) | 0;
  return Math.floor((at + ((hash >>> 0) % dayMs)) / dayMs);
}

/** Whether a report behind what was judged can still change it. */
export function isCorrectable(state: DeviceState, at: number): boolean {
  const { judgedTo } = state;
  return judgedTo !== undefined && judgedTo.at - at <= correctionHorizonMs;
}

/** Tells the reports at the end of a stretch: only before these are snapshots worth taking, since the newest are kept. */
export function nearEnd(reports: readonly Report[]): (report: Report) => boolean {
  const byCount = reports.at(-(newestKept + 1) * reportsApart)?.at ?? Number.NEGATIVE_INFINITY;
  const byTime = (reports.at(-1)?.at ?? 0) - (newestKept + 1) * latenessMs;
  const from = Math.min(byCount, byTime);
  return ({ at }) => at >= from;
}

class RecentSnapshot implements Snapshot {
  readonly position: Position;
  readonly #copy: StateCopy;

  constructor(state: DeviceState, position: Position) {
    this.position = position;
    this.#copy = new StateCopy(state);
  }

  get bytes(): number {
    return this.#copy.bytes;
  }

  get text(): string {
    return this.#copy.text;
  }
}

/** Snapshots of the last minutes, from which most corrections start. Bounded; not part of a checkpoint. */
export class Hindsight {
  readonly #devices = new Map<string, { snapshots: RecentSnapshot[]; reports: number }>();
  #bytes = 0;

  /** To be called before a report is judged; gives the snapshot when an event-day begins with it. */
  before(device: string, state: DeviceState, report: Report, isRecent: boolean): DayTaken | undefined {
    if (isRecent) this.#keepRecent(device, state, report);
    const day = dayOf(device, report.at);
    // A late report of the day before belongs behind the snapshot that it is judged from.
    if (state.day !== undefined && day <= state.day) return undefined;
    state.day = day;
    const copy = new StateCopy(state);
    return {
      device,
      day,
      position: state.judgedTo,
      get text() {
        return copy.text;
      },
      get parts() {
        return copy.parts;
      },
    };
  }

  /** The newest snapshot before the position, if one is kept here. */
  find(device: string, position: Position): Snapshot | undefined {
    return this.#devices.get(device)?.snapshots.findLast((snapshot) => isBehind(position, snapshot.position));
  }

  /** What was kept from the position on is no longer so. */
  forget(device: string, position?: Position): void {
    const known = this.#devices.get(device);
    if (known === undefined) return;
    const kept =
      position === undefined ? [] : known.snapshots.filter((snapshot) => isBehind(position, snapshot.position));
    for (const { bytes } of known.snapshots) this.#bytes -= bytes;
    for (const { bytes } of kept) this.#bytes += bytes;
    if (kept.length === 0) this.#devices.delete(device);
    else known.snapshots = kept;
  }

  #keepRecent(device: string, state: DeviceState, report: Report): void {
    const { judgedTo } = state;
    if (judgedTo === undefined) return;
    let known = this.#devices.get(device);
    if (known === undefined) {
      known = { snapshots: [], reports: 0 };
      this.#devices.set(device, known);
    }
    known.reports += 1;
    const last = known.snapshots.at(-1)?.position;
    // The first of them is not needed: until then the day's beginning is as near.
    if (known.reports < reportsApart || (last !== undefined && report.at - last.at < latenessMs)) return;
    known.reports = 0;
    const snapshot = new RecentSnapshot(state, judgedTo);
    known.snapshots.push(snapshot);
    this.#bytes += snapshot.bytes;
    // Behind all others: room is made from the front.
    this.#devices.delete(device);
    this.#devices.set(device, known);
    if (known.snapshots.length > newestKept) this.#bytes -= known.snapshots.shift()?.bytes ?? 0;
    this.#makeRoom();
  }

  /** Those whose newest was taken longest ago go first: their corrections start from their day. */
  #makeRoom(): void {
    for (const device of this.#devices.keys()) {
      if (this.#bytes <= bytesMax) return;
      this.forget(device);
    }
  }
}
