import { type Cells, cellCount, cellsAt, hourMs } from '../base/index.ts';
import { clip } from './level.ts';

const cell = {
  /** The hour that is being gathered, as hours since the epoch; its readings' sum and number. */
  hour: 0,
  sum: 1,
  count: 2,
  /** Hours learned. */
  hours: 3,
  /** Profiles are kept as whole steps of this size away from this value: see {@link stepAt}. */
  origin: 4,
  step: 5,
  /** Of the day's profile. */
  mean: 6,
  /** What explains the signal best: see {@link periods}. */
  period: 7,
} as const;

/** How well the next hour's mean is told with one kind of knowledge. */
const forecastCell = {
  /** Typical error. */
  error: 0,
  /** Recent mean of what the profile leaves over: the next hour is expected to keep it. */
  rest: 1,
  /** Hours forecast. */
  hours: 2,
} as const;

type Forecast = Cells<typeof forecastCell>;

/**
 * What a signal usually is at this hour of the day and of the week (UTC), learned from the means of whole hours, and
 * whether knowing that helps: every hour is first predicted with and without it.
 */
export interface SeasonState {
  readonly own: Cells<typeof cell>;
  readonly plain: Forecast;
  readonly daily: Forecast;
  readonly weekly: Forecast;
  /** 24 and, relative to them, 168 values: see {@link stepAt}. */
  readonly day: Float64Array;
  readonly week: Float64Array;
}

/** What the hour is known from. */
export const periods = { none: 0, day: 1, week: 2 } as const;

const dayHours = 24;
const weekHours = 168;
/** A bin follows this many of its last days or weeks. */
const daysMemory = 14;
const weeksMemory = 6;
const errorMemory = weekHours;
const restRate = 0.25;
/** Forecasts needed before a profile is used, and the share of the plain error that its own must stay below. */
const forecastsMin = 3 * dayHours;
const shareTaken = 0.5;
/** The same while it is in use, and of the week's error compared with the day's. */
const shareKept = 0.75;
const shareWeek = 0.9;
/** A profile is as fine as this many steps a spread. */
const stepsOfSpread = 16;
/** An hour pulls a bin at most as far as one this many typical errors off would. */
const pullErrors = 5;
const openRate = 0.1;

/** Four values of twelve bits a number: 0 for a bin never seen, else the step plus {@link middle}. */
const stepsACell = 4;
const base = 4096;
const middle = base / 2;
const stepMax = middle - 1;
const scales = [1, base, base ** 2, base ** 3] as const;

const dayCells = dayHours / stepsACell;
const weekCells = weekHours / stepsACell;
export const seasonCells = cellCount(cell) + 3 * cellCount(forecastCell) + dayCells + weekCells;

export function seasonAt(numbers: Float64Array, from: number): SeasonState {
  const forecasts = from + cellCount(cell);
  const size = cellCount(forecastCell);
  const day = forecasts + 3 * size;
  return {
    own: cellsAt(cell, numbers, from),
    plain: cellsAt(forecastCell, numbers, forecasts),
    daily: cellsAt(forecastCell, numbers, forecasts + size),
    weekly: cellsAt(forecastCell, numbers, forecasts + 2 * size),
    day: numbers.subarray(day, day + dayCells),
    week: numbers.subarray(day + dayCells, day + dayCells + weekCells),
  };
}

/** All cells are zero before. */
export function seasonInit({ own }: SeasonState): void {
  own[cell.hour] = -1;
}

export function seasonPeriod({ own }: SeasonState): number {
  return own[cell.period];
}

/** Mean of the day's profile. */
export function seasonMean({ own }: SeasonState): number {
  return own[cell.mean];
}

/** By how much hours are usually told wrong with what is in use. */
export function seasonError({ own, plain, daily, weekly }: SeasonState): number {
  const { none, day } = periods;
  const inUse = own[cell.period] === none ? plain : own[cell.period] === day ? daily : weekly;
  return inUse[forecastCell.error];
}

/** What the profile in use expects at this time; undefined where there is none or it has not seen this hour. */
export function seasonExpects(state: SeasonState, at: number): number | undefined {
  return state.own[cell.step] === 0 || state.own[cell.hours] < dayHours
    ? undefined
    : profileAt(state, at, state.own[cell.period] === periods.week);
}

function profileAt(state: SeasonState, at: number, weekly: boolean): number | undefined {
  const position = at / hourMs - 0.5;
  const hour = Math.floor(position);
  const share = position - hour;
  const before = hourValue(state, hour, weekly);
  const after = hourValue(state, hour + 1, weekly);
  if (before === undefined || after === undefined) return share < 0.5 ? before : after;
  return before + share * (after - before);
}

function hourValue(state: SeasonState, hour: number, weekly: boolean): number | undefined {
  const day = stepAt(state.day, modulo(hour, dayHours));
  if (day === undefined) return undefined;
  const week = weekly ? (stepAt(state.week, modulo(hour, weekHours)) ?? 0) : 0;
  return state.own[cell.origin] + (day + week) * state.own[cell.step];
}

export interface SeasonLesson {
  readonly at: number;
  readonly value: number;
  /** Spread of the signal: how fine the profile should be. */
  readonly spread: number;
  readonly open: boolean;
}

/** Takes a reading in; an hour is learned when the first reading of a later one comes. */
export function seasonLearn(state: SeasonState, lesson: SeasonLesson): void {
  const hour = Math.floor(lesson.at / hourMs);
  if (hour !== state.own[cell.hour]) {
    if (state.own[cell.count] > 0) finishHour(state, state.own[cell.sum] / state.own[cell.count], lesson);
    state.own[cell.hour] = hour;
    state.own[cell.sum] = 0;
    state.own[cell.count] = 0;
  }
  state.own[cell.sum] += lesson.value;
  state.own[cell.count] += 1;
}

function finishHour(state: SeasonState, mean: number, { spread, open }: SeasonLesson): void {
  fitSteps(state, mean, spread);
  const hour = state.own[cell.hour];
  const daily = hourValue(state, hour, false);
  const weekly = state.own[cell.hours] > weekHours ? hourValue(state, hour, true) : undefined;
  forecast(state.plain, mean);
  if (daily !== undefined) forecast(state.daily, mean - daily);
  if (weekly !== undefined) forecast(state.weekly, mean - weekly);
  choose(state);
  const rate = open ? openRate : 1;
  learnBins(state, mean, rate);
  state.own[cell.hours] += 1;
}

function forecast(known: Forecast, left: number): void {
  const rate = 1 / Math.min(known[forecastCell.hours] + 1, errorMemory);
  if (known[forecastCell.hours] === 0) known[forecastCell.rest] = left;
  else known[forecastCell.error] += rate * (Math.abs(left - known[forecastCell.rest]) - known[forecastCell.error]);
  known[forecastCell.rest] += restRate * (left - known[forecastCell.rest]);
  known[forecastCell.hours] += 1;
}

function choose({ own, plain, daily, weekly }: SeasonState): void {
  const { error, hours } = forecastCell;
  const dayError = daily[hours] < forecastsMin ? Number.MAX_VALUE : daily[error];
  const weekError = weekly[hours] < forecastsMin ? Number.MAX_VALUE : weekly[error];
  const needed = own[cell.period] === periods.none ? shareTaken : shareKept;
  if (Math.min(dayError, weekError) >= needed * plain[error]) own[cell.period] = periods.none;
  else own[cell.period] = weekError < shareWeek * dayError ? periods.week : periods.day;
}

function learnBins(state: SeasonState, mean: number, rate: number): void {
  const dayBin = modulo(state.own[cell.hour], dayHours);
  const weekBin = modulo(state.own[cell.hour], weekHours);
  const target = (mean - state.own[cell.origin]) / state.own[cell.step];
  const error = Math.max(state.daily[forecastCell.error], state.plain[forecastCell.error]);
  const pull = (pullErrors * error) / state.own[cell.step];
  const day = stepAt(state.day, dayBin);
  const days = Math.min(Math.floor(state.own[cell.hours] / dayHours), daysMemory);
  const settled = day === undefined ? target : day + (rate / (days + 1)) * clip(target - day, pull);
  setStep(state.day, dayBin, settled);
  state.own[cell.mean] = meanOf(state);
  if (state.own[cell.hours] < dayHours) return;
  const weeks = Math.min(Math.floor(state.own[cell.hours] / weekHours), weeksMemory);
  const week = stepAt(state.week, weekBin) ?? 0;
  const left = target - (day ?? target) - week;
  setStep(state.week, weekBin, week + (rate / (weeks + 1)) * clip(left, pull));
}

function meanOf(state: SeasonState): number {
  let sum = 0;
  let known = 0;
  for (let bin = 0; bin < dayHours; bin += 1) {
    const step = stepAt(state.day, bin);
    if (step === undefined) continue;
    sum += step;
    known += 1;
  }
  return state.own[cell.origin] + (known === 0 ? 0 : sum / known) * state.own[cell.step] + 0;
}

/** Keeps the steps as fine as the signal asks for and its hours within their reach. */
function fitSteps(state: SeasonState, mean: number, spread: number): void {
  const wanted = Math.max(spread / stepsOfSpread, Math.abs(mean) * 1e-12, 1e-300);
  if (state.own[cell.step] === 0) {
    state.own[cell.origin] = mean;
    state.own[cell.step] = wanted;
    return;
  }
  const reach = Math.abs(mean - state.own[cell.origin]) / (stepMax / 2);
  const step = Math.max(wanted, reach);
  if (step < 4 * state.own[cell.step] && step > state.own[cell.step] / 8) return;
  const scale = state.own[cell.step] / step;
  rescale(state.day, scale);
  rescale(state.week, scale);
  state.own[cell.step] = step;
}

function rescale(steps: Float64Array, scale: number): void {
  for (let bin = 0; bin < steps.length * stepsACell; bin += 1) {
    const step = stepAt(steps, bin);
    if (step !== undefined) setStep(steps, bin, step * scale);
  }
}

function codeAt(steps: Float64Array, bin: number): number {
  const packed = steps[Math.floor(bin / stepsACell)] ?? 0;
  return Math.floor(packed / (scales[bin % stepsACell] ?? 1)) % base;
}

function stepAt(steps: Float64Array, bin: number): number | undefined {
  const code = codeAt(steps, bin);
  return code === 0 ? undefined : code - middle;
}

function setStep(steps: Float64Array, bin: number, step: number): void {
  const code = Math.round(clip(step, stepMax)) + middle;
  const place = Math.floor(bin / stepsACell);
  steps[place] = (steps[place] ?? 0) + (code - codeAt(steps, bin)) * (scales[bin % stepsACell] ?? 1);
}

function modulo(value: number, size: number): number {
  return ((value % size) + size) % size;
}
