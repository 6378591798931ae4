import {
  emptyFold,
  type FoldFunction,
  type FoldState,
  foldBefore,
  foldIn,
  foldOut,
  foldValue,
  olderFolds,
} from './folds.ts';
import type { Series } from './series.ts';
import { medianOf, putSorted, type Sorted, takeSorted } from './sorted.ts';

/**
 * What windows over the readings of the last while say. A window is the readings in (t − length, t]. The cost of
 * a reading does not grow with the length: each window is a queue of two stacks (aggregates of the older part are kept
 * from every element to its end, the newer part is one aggregate), so nothing is ever subtracted and an outlier leaves
 * no trace in the sum when it has left the window. A window's state is plain data that survives JSON.
 */
export type WindowFunction = TotalFunction | FoldFunction | 'count' | 'median' | 'change' | 'ago';

/** Made of one total of what is inside; `rate` and `rise` of the steps between readings. */
type TotalFunction = 'avg' | 'sum' | 'min' | 'max' | 'held' | 'rate' | 'rise';

/** Different windows of one pack: with the readings, this bounds what one device may cost. */
export const windowsMax = 400;

export interface WindowState {
  /** Number of the oldest reading inside. */
  start: number;
  /** Aggregates from each older element to the end of the older part; the last one covers all of it. */
  front: number[];
  /** Aggregate of the newer part; null when it is empty. */
  back: number | null;
  /** Of functions whose aggregates are several numbers, in place of front and back. */
  fold?: FoldState | undefined;
  /** Of `median`: what is inside, in order. */
  sorted?: Sorted | undefined;
}

export interface WindowSpec {
  readonly key: string;
  readonly fn: WindowFunction;
  readonly series: string;
  readonly lengthMs: number;
  /** Of `ago`: how long a reading holds. */
  readonly maxAgeMs?: number;
}

/** A window over a series that may hold readings already. */
export function openWindow(spec: WindowSpec, series: Series): WindowState {
  return reopenWindow(spec, series, series.first, 0);
}

/** How many readings the older part covers: with where the window starts, all that there is to know of one. */
export function olderReadings({ fn }: WindowSpec, { fold, front }: WindowState): number {
  return isFold(fn) && fold ? olderFolds(fn, fold) : front.length;
}

/** The window over these readings that started there and had an older part of this size, to the last bit. */
export function reopenWindow({ fn }: WindowSpec, series: Series, start: number, older: number): WindowState {
  // One shape for all: what reads them stays fast.
  const fold = isFold(fn) ? emptyFold() : undefined;
  const window: WindowState = { start, front: [], back: null, fold, sorted: fn === 'median' ? [] : undefined };
  const first = start + offsetOf(fn);
  fillFront(fn, window, series, { first, end: first + older });
  for (let number = first + older; number < series.end; number++) takeIn(fn, window, series, number);
  return window;
}

/** Adds a reading to a series and to every window over it. `at` is not before the last one's. */
export function pushReading(
  series: Series,
  windows: readonly { readonly spec: WindowSpec; readonly state: WindowState }[],
  at: number,
  value: number,
): void {
  for (const { spec, state } of windows) advanceWindow(spec, state, series, at);
  if (series.isFull) {
    const { first } = series;
    for (const { spec, state } of windows) if (state.start === first) evictOldest(spec.fn, state, series);
  }
  series.push(at, value);
  const number = series.end - 1;
  let oldest = number;
  for (const { spec, state } of windows) {
    if (number >= state.start + offsetOf(spec.fn)) takeIn(spec.fn, state, series, number);
    oldest = Math.min(oldest, state.start);
  }
  series.letGo(oldest);
}

/** Lets the readings at or before `at − length` leave. Event time only goes on, so this is never undone. */
export function advanceWindow(spec: WindowSpec, window: WindowState, series: Series, at: number): void {
  const { end } = series;
  const leaving = at - spec.lengthMs;
  // What held so long ago stays until the reading after it is old enough.
  const kept = spec.fn === 'ago' ? 1 : 0;
  while (window.start + kept < end && series.at(window.start + kept) <= leaving) {
    evictOldest(spec.fn, window, series);
  }
}

/**
 * What the window says at `at`; undefined (unknown) when no reading is inside, for `rate` and `slope` when fewer than two
 * times are, for `change` and `rise` when fewer than two readings are. `held` counts the ones of a series of conditions,
 * `rate` is the rise a second with resets and disorder seen through; `ago` is what held a window's length before.
 */
export function windowValue(spec: WindowSpec, window: WindowState, series: Series, at: number): number | undefined {
  advanceWindow(spec, window, series, at);
  const { fn } = spec;
  const count = series.end - window.start;
  if (count === 0) return undefined;
  if (fn === 'count') return count;
  if (fn === 'median') return medianOf(window.sorted ?? [], count);
  if (fn === 'change') return change(window, series);
  if (fn === 'ago') return valueAgo(spec, window, series, at);
  if (isFold(fn)) return window.fold && foldValue(fn, window.fold);
  return totalValue(fn, window, series, count);
}

function totalValue(fn: TotalFunction, window: WindowState, series: Series, count: number): number | undefined {
  const total = combine(fn, window.front.at(-1) ?? null, window.back);
  if (total === null) return undefined;
  if (fn === 'avg') return total / count;
  // A counter never turns back; all that a window may hold of it is the step to an overtaken reading.
  if (fn === 'rise') return Math.max(0, total);
  if (fn !== 'rate') return total;
  const spanMs = series.at(series.end - 1) - series.at(window.start);
  return spanMs > 0 ? (Math.max(0, total) * 1_000) / spanMs : undefined;
}

function change({ start }: WindowState, series: Series): number | undefined {
  const { end } = series;
  return end - start < 2 ? undefined : finite(series.value(end - 1) - series.value(start));
}

function valueAgo(
  { lengthMs, maxAgeMs = Number.POSITIVE_INFINITY }: WindowSpec,
  { start }: WindowState,
  series: Series,
  at: number,
): number | undefined {
  const ageMs = at - lengthMs - series.at(start);
  return ageMs >= 0 && ageMs <= maxAgeMs ? series.value(start) : undefined;
}

/** Whether a reading would still be inside at `at`; changes nothing. */
export function windowHolds(spec: WindowSpec, series: Series, at: number): boolean {
  // What held so long ago depends on gaps of that time.
  if (spec.fn === 'ago') return false;
  const { first, end } = series;
  return end > first && series.at(end - 1) > at - spec.lengthMs;
}

/** The readings inside as they stand, oldest first, at most the `limit` newest. */
export function windowReadings(
  window: WindowState,
  series: Series,
  limit: number,
): { readonly at: number; readonly value: number }[] {
  const first = Math.max(window.start, series.end - limit);
  return Array.from({ length: series.end - first }, (_, index) => {
    return { at: series.at(first + index), value: series.value(first + index) };
  });
}

/** A rate is made of steps between readings: its first element is the step to the second reading. */
function offsetOf(fn: WindowFunction): number {
  return isOfSteps(fn) ? 1 : 0;
}

function isOfSteps(fn: WindowFunction): boolean {
  return fn === 'rate' || fn === 'rise';
}

function isFold(fn: WindowFunction): fn is FoldFunction {
  return fn === 'spread' || fn === 'slope';
}

/** Nothing is made of what is inside; it is counted, or read where it lies. */
function isPlain(fn: WindowFunction): boolean {
  return fn === 'count' || fn === 'change' || fn === 'ago';
}

function takeIn(fn: WindowFunction, window: WindowState, series: Series, number: number): void {
  if (isPlain(fn)) return;
  if (window.fold === undefined && window.sorted === undefined) {
    window.back = combine(fn, window.back, elementAt(fn, series, number));
    return;
  }
  const value = series.value(number);
  if (window.sorted) putSorted(window.sorted, value);
  else if (window.fold && isFold(fn)) foldIn(fn, window.fold, series.at(number), value);
}

function elementAt(fn: WindowFunction, series: Series, number: number): number {
  const value = series.value(number);
  if (!isOfSteps(fn)) return value;
  const before = series.value(number - 1);
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
  return finite(a + b);
}

/** Infinity would not survive JSON. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

function evictOldest(fn: WindowFunction, window: WindowState, series: Series): void {
  const first = window.start + offsetOf(fn);
  const { end } = series;
  if (first < end && !isPlain(fn)) {
    if (window.sorted) takeSorted(window.sorted, series.value(first));
    else if (window.fold && isFold(fn)) letGo(fn, window, window.fold, series);
    else {
      if (window.front.length === 0) {
        fillFront(fn, window, series, { first, end });
        window.back = null;
      }
      window.front.pop();
    }
  }
  window.start += 1;
}

function letGo(fn: FoldFunction, window: WindowState, fold: FoldState, series: Series): void {
  if (fold.front.length === 0) {
    fillFront(fn, window, series, { first: window.start, end: series.end });
    fold.back = [];
  }
  foldOut(fn, fold);
}

interface Inside {
  readonly first: number;
  readonly end: number;
}

/** Aggregates of the readings from `first` to before `end`, each to the end. */
function fillFront(fn: WindowFunction, window: WindowState, series: Series, { first, end }: Inside): void {
  let total: number | null = null;
  for (let number = end - 1; number >= first; number--) {
    if (isFold(fn)) {
      if (window.fold) foldBefore(fn, window.fold, series.at(number), series.value(number));
    } else {
      total = combine(fn, elementAt(fn, series, number), total);
      window.front.push(total ?? 0);
    }
  }
}
