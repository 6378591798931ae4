import {
  type DaySnapshot,
  type Engine,
  type EngineOutput,
  isBehind,
  type Position,
  type Snapshot,
} from '../engine/index.ts';
import type { Timers } from '../intake/index.ts';
import type { Report } from '../telemetry/index.ts';
import { Pauses } from './pauses.ts';

export interface CorrectorOptions {
  readonly engine: Pick<Engine, 'late' | 'correct'>;
  /** The newest snapshot of the device before the position, of those that begin its event-days. */
  readonly daySnapshot: (device: string, position: Position) => Snapshot | undefined;
  /** Stored reports behind the position and before the log offset, by position; undefined when there are too many. */
  readonly readStretch: (query: StretchQuery) => Promise<readonly Report[] | undefined>;
  /** Told before anything of the device is changed. */
  readonly beforeChange: (device: string) => void;
  /** Default: the real ones. Judging a day again takes seconds: others have their turn in between. */
  readonly timers?: Timers | undefined;
}

export interface StretchQuery {
  readonly device: string;
  /** Undefined: from the first report on. */
  readonly behind: Position | undefined;
  /** Log offset, exclusive. */
  readonly before: number;
}

/** Devices corrected with one tick; the others wait for the next. */
const devicesAtOnceMax = 500;

/**
 * Judges stretches of devices again of which reports came late. Ticks say when, at most one run a device and tick: what
 * is corrected is so a function of the log, and may run twice.
 */
export class Corrector {
  readonly #options: CorrectorOptions;

  constructor(options: CorrectorOptions) {
    this.#options = options;
  }

  /** Reports came late since the last run. */
  get isDue(): boolean {
    return this.#options.engine.late().next().done === false;
  }

  async run(tick: { readonly offset: number; readonly at: number }, out: EngineOutput): Promise<void> {
    const { engine, daySnapshot, readStretch, beforeChange, timers } = this.#options;
    const pauses = new Pauses(timers);
    for (const { device, position, base } of [...engine.late()].slice(0, devicesAtOnceMax)) {
      const from = base ?? daySnapshot(device, position);
      const reports = from && (await readStretch({ device, behind: from.position, before: tick.offset }));
      beforeChange(device);
      const steps = engine.correct({ device, base: from, reports, now: tick.at }, out);
      for (const _ of steps) if (pauses.due) await pauses.take();
    }
  }
}

/** Where event-days of a device began: what waits to be saved takes the place of what was saved of the same day. */
export function newestBefore(
  waiting: readonly DaySnapshot[],
  saved: (device: string, position: Position) => DaySnapshot | undefined,
  device: string,
  position: Position,
): DaySnapshot | undefined {
  const byDay = new Map<number, DaySnapshot>();
  for (const snapshot of waiting) if (snapshot.device === device) byDay.set(snapshot.day, snapshot);
  let older = saved(device, position);
  while (older !== undefined && byDay.has(older.day)) {
    older = older.position === undefined ? undefined : saved(device, older.position);
  }
  if (older !== undefined) byDay.set(older.day, older);
  const before = [...byDay.values()].filter((snapshot) => isBehind(position, snapshot.position));
  return before.reduce<DaySnapshot | undefined>((best, item) => (best && best.day > item.day ? best : item), undefined);
}
