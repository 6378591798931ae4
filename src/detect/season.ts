import { hourMs } from '../base/index.ts';
import { clip } from './level.ts';

/**
 * What a signal usually is at this hour of the day and of the week (UTC), learned from the means of whole hours, and
 * whether knowing that helps: every hour is first predicted with and without it. Plain data of at most 800 characters.
 */
export interface SeasonState {
  /** The hour that is being gathered, as hours since the epoch; its readings' sum and number. */
  hour: number;
  sum: number;
  count: number;
  /** Hours learned. */
  hours: number;
  /** Profiles are kept as whole steps of this size away from this value: see {@link stepAt}. */
  origin: number;
  step: number;
  /** 24 and, relative to them, 168 values. */
  day: string;
  week: string;
  /** How far off the next hour's mean was that was expected with each kind of knowledge, and what was left of it. */
  readonly plain: Forecast;
  readonly daily: Forecast;
  readonly weekly: Forecast;
  /** What explains the signal best. */
  period: Period;
  /** Of the day's profile. */
  mean: number;
}

export type Period = 'none' | 'day' | 'week';

interface Forecast {
  /** Typical error. */
  error: number;
  /** Recent mean of what the profile leaves over: the next hour is expected to keep it. */
  rest: number;
  /** Hours forecast. */
  hours: number;
}

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

/** Two characters a value: 0 for a bin never seen, else the step plus {@link middle}. */
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const codesOf: readonly number[] = Array.from({ length: 128 }, (_, char) =>
  Math.max(0, letters.indexOf(String.fromCharCode(char))),
);
const base = letters.length;
const middle = (base * base) / 2;
const stepMax = middle - 1;

export function seasonInit(): SeasonState {
  const forecast = (): Forecast => ({ error: 0, rest: 0, hours: 0 });
  return {
    hour: -1,
    sum: 0,
    count: 0,
    hours: 0,
    origin: 0,
    step: 0,
    day: 'AA'.repeat(dayHours),
    week: '',
    plain: forecast(),
    daily: forecast(),
    weekly: forecast(),
    period: 'none',
    mean: 0,
  };
}

/** What the profile in use expects at this time; undefined where there is none or it has not seen this hour. */
export function seasonAt(state: SeasonState, at: number): number | undefined {
  return state.step === 0 || state.hours < dayHours ? undefined : profileAt(state, at, state.period === 'week');
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
  return state.origin + (day + week) * state.step;
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
  if (hour !== state.hour) {
    if (state.count > 0) finishHour(state, state.sum / state.count, lesson);
    state.hour = hour;
    state.sum = 0;
    state.count = 0;
  }
  state.sum += lesson.value;
  state.count += 1;
}

function finishHour(state: SeasonState, mean: number, { spread, open }: SeasonLesson): void {
  fitSteps(state, mean, spread);
  const { hour } = state;
  const daily = hourValue(state, hour, false);
  const weekly = state.hours > weekHours ? hourValue(state, hour, true) : undefined;
  forecast(state.plain, mean);
  if (daily !== undefined) forecast(state.daily, mean - daily);
  if (weekly !== undefined) forecast(state.weekly, mean - weekly);
  choose(state);
  const rate = open ? openRate : 1;
  learnBins(state, mean, rate);
  state.hours += 1;
}

function forecast(known: Forecast, left: number): void {
  const rate = 1 / Math.min(known.hours + 1, errorMemory);
  if (known.hours === 0) known.rest = left;
  else known.error += rate * (Math.abs(left - known.rest) - known.error);
  known.rest += restRate * (left - known.rest);
  known.hours += 1;
}

function choose(state: SeasonState): void {
  const { plain, daily, weekly } = state;
  const dayError = daily.hours < forecastsMin ? Number.MAX_VALUE : daily.error;
  const weekError = weekly.hours < forecastsMin ? Number.MAX_VALUE : weekly.error;
  const needed = state.period === 'none' ? shareTaken : shareKept;
  if (Math.min(dayError, weekError) >= needed * plain.error) state.period = 'none';
  else state.period = weekError < shareWeek * dayError ? 'week' : 'day';
}

function learnBins(state: SeasonState, mean: number, rate: number): void {
  const dayBin = modulo(state.hour, dayHours);
  const weekBin = modulo(state.hour, weekHours);
  const target = (mean - state.origin) / state.step;
  const pull = (pullErrors * Math.max(state.daily.error, state.plain.error)) / state.step;
  const day = stepAt(state.day, dayBin);
  const days = Math.min(Math.floor(state.hours / dayHours), daysMemory);
  const settled = day === undefined ? target : day + (rate / (days + 1)) * clip(target - day, pull);
  state.day = withStep(state.day, dayBin, settled);
  state.mean = meanOf(state);
  if (state.hours < dayHours) return;
  if (state.week === '') state.week = 'AA'.repeat(weekHours);
  const weeks = Math.min(Math.floor(state.hours / weekHours), weeksMemory);
  const week = stepAt(state.week, weekBin) ?? 0;
  const left = target - (day ?? target) - week;
  state.week = withStep(state.week, weekBin, week + (rate / (weeks + 1)) * clip(left, pull));
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
  return state.origin + (known === 0 ? 0 : sum / known) * state.step + 0;
}

/** Keeps the steps as fine as the signal asks for and its hours within their reach. */
function fitSteps(state: SeasonState, mean: number, spread: number): void {
  const wanted = Math.max(spread / stepsOfSpread, Math.abs(mean) * 1e-12, 1e-300);
  if (state.step === 0) {
    state.origin = mean;
    state.step = wanted;
    return;
  }
  const reach = Math.abs(mean - state.origin) / (stepMax / 2);
  const step = Math.max(wanted, reach);
  if (step < 4 * state.step && step > state.step / 8) return;
  const scale = state.step / step;
  state.day = rescaled(state.day, scale);
  state.week = rescaled(state.week, scale);
  state.step = step;
}

function rescaled(text: string, scale: number): string {
  let result = '';
  for (let bin = 0; bin < text.length / 2; bin += 1) {
    const value = stepAt(text, bin);
    result += value === undefined ? 'AA' : code(value * scale);
  }
  return result;
}

function stepAt(text: string, bin: number): number | undefined {
  const high = codesOf[text.charCodeAt(2 * bin)] ?? 0;
  const low = codesOf[text.charCodeAt(2 * bin + 1)] ?? 0;
  const value = high * base + low;
  return value === 0 ? undefined : value - middle;
}

function withStep(text: string, bin: number, step: number): string {
  return text.slice(0, 2 * bin) + code(step) + text.slice(2 * bin + 2);
}

function code(step: number): string {
  const value = Math.round(Math.max(-stepMax, Math.min(stepMax, step))) + middle;
  return letters.charAt(Math.floor(value / base)) + letters.charAt(value % base);
}

function modulo(value: number, size: number): number {
  return ((value % size) + size) % size;
}
