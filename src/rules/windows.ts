/**
 * Readings of the last while, and what windows over them say. A window is the readings in (t − length, t]. The cost of
 * a reading does not grow with the length: each window is a queue of two stacks (aggregates of the older part are kept
 * from every element to its end, the newer part is one aggregate), so nothing is ever subtracted and an outlier leaves
 * no trace in the sum when it has left the window. All of it is plain data that survives JSON.
 */
export type WindowFunction = 'avg' | 'min' | 'max' | 'count' | 'held' | 'rate';

/** At most so many readings are kept of a signal; the oldest goes first and is counted in `dropped`. */
export const seriesReadingsMax = 10_000;
/** Different windows of one pack: with the readings, this bounds what one device may cost. */
export const windowsMax = 400;
const compactAbove = 256;

export interface SeriesState {
  /** Number of the first element of the arrays; readings are numbered from 0 as they come. */
  base: number;
  /** Index of the oldest reading that any window still needs. */
  head: number;
  at: number[];
  value: number[];
  dropped: number;
}

export interface WindowState {
  /** Number of the oldest reading inside. */
  start: number;
  /** Aggregates from each older element to the end of the older part; the last one covers all of it. */
  front: number[];
  /** Aggregate of the newer part; null when it is empty. */
  back: number | null;
}

export interface WindowSpec {
  readonly key: string;
  readonly fn: WindowFunction;
  readonly series: string;
  readonly lengthMs: number;
}

export function emptySeries(): SeriesState {
  return { base: 0, head: 0, at: [], value: [], dropped: 0 };
}

/** A window over a series that may hold readings already. */
export function openWindow(spec: WindowSpec, series: SeriesState): WindowState {
  const window: WindowState = { start: series.base + series.head, front: [], back: null };
  if (spec.fn === 'count') return window;
  const end = endOf(series);
  for (let number = window.start + offsetOf(spec.fn); number < end; number++) {
    window.back = combine(spec.fn, window.back, elementAt(spec.fn, series, number));
  }
  return window;
}

/** How many readings the older part covers: with where the window starts, all that there is to know of one. */
export function olderReadings(window: WindowState): number {
  return window.front.length;
}

/** The window over these readings that started there and had an older part of this size, to the last bit. */
export function reopenWindow(spec: WindowSpec, series: SeriesState, start: number, older: number): WindowState {
  const window: WindowState = { start, front: [], back: null };
  if (spec.fn === 'count') return window;
  const first = start + offsetOf(spec.fn);
  fillFront(window, series, { fn: spec.fn, first, end: first + older });
  for (let number = first + older; number < endOf(series); number++) {
    window.back = combine(spec.fn, window.back, elementAt(spec.fn, series, number));
  }
  return window;
}

/** Adds a reading to a series and to every window over it. `at` is not before the last one's. */
export function pushReading(
  series: SeriesState,
  windows: readonly { readonly spec: WindowSpec; readonly state: WindowState }[],
  at: number,
  value: number,
): void {
  for (const { spec, state } of windows) advanceWindow(spec, state, series, at);
  if (series.at.length - series.head >= seriesReadingsMax) {
    const oldest = series.base + series.head;
    for (const { spec, state } of windows) if (state.start === oldest) evictOldest(spec.fn, state, series);
    series.dropped += 1;
  }
  series.at.push(at);
  // Minus zero would not survive JSON.
  series.value.push(value + 0);
  const number = endOf(series) - 1;
  let oldest = number;
  for (const { spec, state } of windows) {
    if (spec.fn !== 'count' && number >= state.start + offsetOf(spec.fn)) {
      state.back = combine(spec.fn, state.back, elementAt(spec.fn, series, number));
    }
    oldest = Math.min(oldest, state.start);
  }
  series.head = oldest - series.base;
  if (series.head > compactAbove && series.head * 2 > series.at.length) compact(series);
}

/** Lets the readings at or before `at − length` leave. Event time only goes on, so this is never undone. */
export function advanceWindow(spec: WindowSpec, window: WindowState, series: SeriesState, at: number): void {
  const end = endOf(series);
  const leaving = at - spec.lengthMs;
  while (window.start < end && (series.at[window.start - series.base] ?? 0) <= leaving) {
    evictOldest(spec.fn, window, series);
  }
}

/**
 * What the window says at `at`; undefined (unknown) when no reading is inside, for `rate` when fewer than two times are.
 * `held` counts the ones of a series of conditions, `rate` is the rise a second with resets and disorder seen through.
 */
export function windowValue(
  spec: WindowSpec,
  window: WindowState,
  series: SeriesState,
  at: number,
): number | undefined {
  advanceWindow(spec, window, series, at);
  const count = endOf(series) - window.start;
  if (count === 0) return undefined;
  if (spec.fn === 'count') return count;
  const total = combine(spec.fn, window.front.at(-1) ?? null, window.back);
  if (total === null) return undefined;
  if (spec.fn === 'avg') return total / count;
  if (spec.fn !== 'rate') return total;
  const spanMs = (series.at.at(-1) ?? 0) - (series.at[window.start - series.base] ?? 0);
  // A counter never turns back; all that a window may hold of it is the step to an overtaken reading.
  return spanMs > 0 ? (Math.max(0, total) * 1_000) / spanMs : undefined;
}

/** Whether a reading would still be inside at `at`; changes nothing. */
export function windowHolds(spec: WindowSpec, series: SeriesState, at: number): boolean {
  const newest = series.at.at(-1);
  return newest !== undefined && newest > at - spec.lengthMs;
}

/** The readings inside as they stand, oldest first, at most the `limit` newest. */
export function windowReadings(
  window: WindowState,
  series: SeriesState,
  limit: number,
): { readonly at: number; readonly value: number }[] {
  const first = Math.max(window.start - series.base, series.at.length - limit);
  return series.at.slice(first).map((at, index) => ({ at, value: series.value[first + index] ?? 0 }));
}

function endOf(series: SeriesState): number {
  return series.base + series.at.length;
}

/** A rate is made of steps between readings: its first element is the step to the second reading. */
function offsetOf(fn: WindowFunction): number {
  return fn === 'rate' ? 1 : 0;
}

function elementAt(fn: WindowFunction, series: SeriesState, number: number): number {
  const value = series.value[number - series.base] ?? 0;
  if (fn !== 'rate') return value;
  const before = series.value[number - 1 - series.base] ?? 0;
  if (value >= before) return Math.min(value - before, Number.MAX_VALUE);
  // A counter that falls far was reset: it has risen from zero to its value since. One that falls by less than half was
  // overtaken on its way and misdated; the step back takes away what the next one rises too much.
  return 2 * value > before ? value - before : value;
}

function combine(fn: WindowFunction, a: number | null, b: number | null): number | null {
  if (a === null) return b;
  if (b === null) return a;
  if (fn === 'min') return Math.min(a, b);
  if (fn === 'max') return Math.max(a, b);
  // Infinity would not survive JSON.
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, a + b));
}

function evictOldest(fn: WindowFunction, window: WindowState, series: SeriesState): void {
  const first = window.start + offsetOf(fn);
  const end = endOf(series);
  if (fn !== 'count' && first < end) {
    if (window.front.length === 0) {
      fillFront(window, series, { fn, first, end });
      window.back = null;
    }
    window.front.pop();
  }
  window.start += 1;
}

/** Aggregates of the readings from `first` to before `end`, each to the end. */
function fillFront(
  window: WindowState,
  series: SeriesState,
  { fn, first, end }: { readonly fn: WindowFunction; readonly first: number; readonly end: number },
): void {
  let total: number | null = null;
  for (let number = end - 1; number >= first; number--) {
    total = combine(fn, elementAt(fn, series, number), total);
    window.front.push(total ?? 0);
  }
}

function compact(series: SeriesState): void {
  series.at.splice(0, series.head);
  series.value.splice(0, series.head);
  series.base += series.head;
  series.head = 0;
}
