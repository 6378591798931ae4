import { formatClock, formatNumber, formatQuantity, titleInSentence } from '../telemetry/index.ts';
import type { EvidenceReading } from './finding.ts';

/** A reading with the band that it was held against. */
export interface JudgedReading {
  readonly at: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What the last `count` readings say together, the one at `at` the newest, with the band that this has. */
export interface Stretch extends JudgedReading {
  readonly count: number;
  /** When it began, where that is known. */
  readonly since: number | undefined;
}

/** What a sentence calls the signal and its unit (UCUM). */
export interface SignalWords {
  readonly title: string;
  readonly unit: string | undefined;
}

const digitsMin = 4;
const digitsMax = 17;

/**
 * Why a detector's finding opened, in a sentence: "Ambient temperature has been outside its expected band for 2 of the
 * last 3 readings: 82.1 °F at 14:00 UTC, expected 68.2–74.9 °F." `readings`: those that the gate looked at, oldest
 * first; the last one is outside its band.
 */
export function explainBand(signal: SignalWords, readings: readonly JudgedReading[]): string {
  const last = readings.at(-1);
  if (!last) return `${capital(signal.title)} is outside its expected band.`;
  const outside = readings.filter((reading) => reading.value < reading.low || reading.value > reading.high).length;
  const share = outside === readings.length ? 'the' : `${outside} of the`;
  const how =
    outside <= 1
      ? 'is far outside its expected band'
      : `has been outside its expected band for ${share} last ${readings.length} readings`;
  return `${capital(signal.title)} ${how}: ${seen(signal, last)}, expected ${band(signal, last)}.`;
}

/**
 * Why a finding opened whose readings need not lie outside their own band, but whose average does: "Ambient temperature
 * is low on average: 60.3 °F over the last 32 readings up to 12:00 UTC, expected 61.2–76.1 °F."
 */
export function explainAverage(signal: SignalWords, stretch: Stretch): string {
  const side = stretch.value < stretch.low ? 'low' : 'high';
  const value = formatQuantity(stretch.value, signal.unit, tellingDigits(stretch));
  const when = `over the last ${stretch.count} readings up to ${formatClock(stretch.at)}`;
  return `${capital(signal.title)} is ${side} on average: ${value} ${when}, expected ${band(signal, stretch)}.`;
}

/**
 * Why a finding of `drift` opened: "Cabinet temperature has drifted up: 5.2 °C on average over 1440 readings since 06:00
 * UTC, expected 3.9–4.6 °C."
 */
export function explainDrift(signal: SignalWords, stretch: Stretch): string {
  const side = stretch.value < stretch.low ? 'down' : 'up';
  const value = formatQuantity(stretch.value, signal.unit, tellingDigits(stretch));
  const when = `over ${stretch.count} readings${sinceWords(stretch)}`;
  return `${capital(signal.title)} has drifted ${side}: ${value} on average ${when}, expected ${band(signal, stretch)}.`;
}

/**
 * Why a finding of `spread` opened: "Pump current varies more than usual: typically by 0.8 A over the last 32 readings
 * up to 12:00 UTC, expected 0.1–0.3 A."
 */
export function explainSpread(signal: SignalWords, stretch: Stretch): string {
  const side = stretch.value < stretch.low ? 'less' : 'more';
  const value = formatQuantity(stretch.value, signal.unit, tellingDigits(stretch));
  const when = `over the last ${stretch.count} readings up to ${formatClock(stretch.at)}`;
  return `${capital(signal.title)} varies ${side} than usual: typically by ${value} ${when}, expected ${band(signal, stretch)}.`;
}

/** Why a finding of `stuck` opened: "Flow rate has not moved from 12.1 L/min for 64 readings since 12:00 UTC, …" */
export function explainStuck(signal: SignalWords, at: { readonly value: number }, stretch: Stretch): string {
  const value = formatQuantity(at.value, signal.unit, digitsMin);
  const usual = `up to ${Math.floor(stretch.high)} are usual`;
  return `${capital(signal.title)} has not moved from ${value} for ${stretch.count} readings${sinceWords(stretch)}; ${usual}.`;
}

function sinceWords({ since }: Stretch): string {
  return since === undefined ? '' : ` since ${formatClock(since)}`;
}

/**
 * Why a finding is withdrawn: "At 14:00 UTC cabinet temperature was 4.1 °C and door open was true, says one of 3 reports that
 * came late. With them, the condition did not hold." `readings`: of one of them, those that the finding is about.
 */
export function explainWithdrawal(
  wordsOf: (signal: string) => SignalWords | undefined,
  readings: readonly EvidenceReading[],
  late: number,
): string {
  const came = late === 1 ? 'a report that came late' : `${late} reports that came late`;
  const [first] = readings;
  if (first === undefined) return `With ${came}, the condition did not hold.`;
  const seen = readings.map((reading) => wasWords(wordsOf(reading.signal), reading)).join(' and ');
  const [said, them] = late === 1 ? [came, 'it'] : [`one of ${came}`, 'them'];
  return `At ${formatClock(first.at)} ${seen}, says ${said}. With ${them}, the condition did not hold.`;
}

function wasWords(words: SignalWords | undefined, { signal, value }: EvidenceReading): string {
  const quantity = typeof value === 'number' ? formatQuantity(value, words?.unit) : value;
  return `${titleInSentence(words?.title ?? signal)} was ${quantity}`;
}

/** Why a `range` finding opened: a value that the signal cannot have. */
export function explainRange(signal: SignalWords, reading: JudgedReading): string {
  const what = `${capital(signal.title)} is outside what its sensor can measure`;
  return `${what}: ${seen(signal, reading)}, possible ${band(signal, reading)}.`;
}

function seen(signal: SignalWords, reading: JudgedReading): string {
  return `${formatQuantity(reading.value, signal.unit, tellingDigits(reading))} at ${formatClock(reading.at)}`;
}

function band(signal: SignalWords, reading: JudgedReading): string {
  const digits = tellingDigits(reading);
  const low = formatNumber(reading.low, digits);
  const dash = reading.low < 0 ? ' to ' : '–';
  return `${low}${dash}${formatQuantity(reading.high, signal.unit, digits)}`;
}

/** Enough digits that rounding does not move a reading that lies outside its band onto the bound or into it. */
function tellingDigits({ value, low, high }: JudgedReading): number {
  const bound = value > high ? high : low;
  let digits = digitsMin;
  while (digits < digitsMax && formatNumber(value, digits) === formatNumber(bound, digits)) digits += 1;
  return digits;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
