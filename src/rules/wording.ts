import { dayMs, formatDuration, formatInstant, hourMs, minuteMs, parseDurationMs, secondMs } from '../base/index.ts';
import { titleFromName } from '../product/index.ts';
import { displayUnit, titleInSentence } from '../telemetry/index.ts';
import { type FactName, isFactName } from './facts.ts';
import type { ConditionLanguage } from './language.ts';
import type { SeriesSource } from './reads.ts';
import { parentSignal } from './syntax.ts';
import type { Comparison, Operand, Term } from './terms.ts';
import type { WindowFunction } from './windows.ts';

const relations: Readonly<Record<Comparison, string>> = {
  '<': 'below',
  '<=': 'at or below',
  '>': 'above',
  '>=': 'at or above',
  '==': 'at',
  '!=': 'not at',
};

/** "the 15-minute average of cabinet temperature is above 8 °C" */
export function inPresent(term: Term, language: ConditionLanguage): string {
  if (term.kind === 'all' || term.kind === 'any') {
    const parts = term.terms.map((part) => nested(part, language));
    return listOf(parts, term.kind === 'all' ? 'and' : 'or');
  }
  return `${subjectOf(term, language)} is ${stateOf(term, language)}`;
}

function nested(part: Term, language: ConditionLanguage): string {
  const words = inPresent(part, language);
  return part.kind === 'all' || part.kind === 'any' ? `(${words})` : words;
}

/** "the 15-minute average of cabinet temperature has been above 8 °C" */
export function inPerfect(term: Leaf, language: ConditionLanguage): string {
  return `${subjectOf(term, language)} has been ${stateOf(term, language)}`;
}

/** "the door not open", "compressor current above 2 A": what stands after "with". */
export function inPassing(term: Leaf, language: ConditionLanguage): string {
  return `${subjectOf(term, language)} ${stateOf(term, language)}`;
}

export type Leaf = Exclude<Term, { kind: 'all' | 'any' }>;

function subjectOf(term: Leaf, language: ConditionLanguage): string {
  switch (term.kind) {
    case 'comparison':
      return operandWords(term.left, language);
    case 'flag':
      return flagWords(term.signal, language).subject;
    case 'fault':
      return `fault code ${term.code}`;
    case 'silent':
      return 'the device';
    case 'other':
      return `\`${term.text}\``;
  }
}

function stateOf(term: Leaf, language: ConditionLanguage): string {
  switch (term.kind) {
    case 'comparison': {
      const word = typeof literalOf(term.right) === 'string' ? wordRelations[term.op] : relations[term.op];
      return `${word} ${objectWords(term.right, term.left, language)}`.trim();
    }
    case 'flag': {
      const { state } = flagWords(term.signal, language);
      return state === undefined ? String(term.expected) : `${term.expected ? '' : 'not '}${state}`;
    }
    case 'other':
      return String(term.expected);
    case 'fault':
      return term.expected ? 'active' : 'not active';
    case 'silent':
      return term.expected ? 'silent' : 'not silent';
  }
}

/** What a thing can be, beside what ends in -ed and -ing. */
const states =
  /^(?:open|shut|on|off|up|down|full|empty|active|ready|present|absent|online|offline|low|high|[a-z]+(?:ed|ing))$/;

/** "Door open" is a door that is open, "Running" a device that runs; other names have no state of their own. */
function flagWords(signal: string, language: ConditionLanguage): { subject: string; state: string | undefined } {
  const whose = parentSignal(signal) === undefined ? '' : ' of its parent';
  const words = titleWords(signal, language).split(' ');
  const state = words.at(-1)?.toLowerCase() ?? '';
  if (!states.test(state)) return { subject: signalWords(signal, language), state: undefined };
  const thing = words.slice(0, -1).join(' ');
  if (thing === '') return { subject: whose === '' ? 'the device' : 'its parent', state };
  return { subject: `the ${thing.replace(/^the /i, '')}${whose}`, state };
}

/** A state is "defrost", not at it. */
const wordRelations: Readonly<Record<Comparison, string>> = { ...relations, '==': '', '!=': 'not' };

function literalOf(operand: Operand): number | boolean | string | undefined {
  return operand.kind === 'literal' ? operand.value : undefined;
}

export function operandWords(operand: Operand, language: ConditionLanguage): string {
  switch (operand.kind) {
    case 'literal':
      return String(operand.value);
    case 'length': {
      const lengthMs = parseDurationMs(operand.text);
      return lengthMs === undefined ? operand.text : durationWords(lengthMs);
    }
    case 'signal':
      return signalWords(operand.signal, language);
    case 'age':
      return `the age of ${signalWords(operand.signal, language)}`;
    case 'previous':
      return `the previous ${signalWords(operand.signal, language)}`;
    case 'held':
      return `the time for which ${spellWords(operand.condition, language, 'has been')}`;
    case 'since':
      return `the time since ${spellWords(operand.condition, language, 'became')}`;
    case 'window':
      return windowWords(operand, language);
    case 'expression':
      return `\`${operand.text}\``;
  }
}

/** Of conditions that are lengths of time. */
export function isDuration({ kind }: Operand): boolean {
  return kind === 'age' || kind === 'held' || kind === 'since';
}

/** "fault code E7 became active", "cabinet temperature has been above 8 °C" */
function spellWords(term: Term, language: ConditionLanguage, verb: 'became' | 'has been'): string {
  if (term.kind === 'all' || term.kind === 'any') return `(${inPresent(term, language)}) ${verb} true`;
  return `${subjectOf(term, language)} ${verb} ${stateOf(term, language)}`;
}

function windowWords(operand: Operand & { kind: 'window' }, language: ConditionLanguage): string {
  const window = language.windows.get(operand.key);
  const source = language.series.get(window?.series ?? '');
  if (window === undefined || source === undefined) return `\`${operand.key}\``;
  if (source.kind === 'condition') {
    const held = operand.condition === undefined ? source.key : inPresent(operand.condition, language);
    return `the number of readings in ${durationWords(window.lengthMs)} at which ${held}`;
  }
  const signal = signalWords(sourceName(source), language);
  const { fn, lengthMs } = window;
  if (fn === 'ago') return `${signal} ${durationWords(lengthMs)} before`;
  if (fn === 'count' || fn === 'held') return `the number of ${signal} readings in ${durationWords(lengthMs)}`;
  return `the ${durationAdjective(lengthMs)} ${windowNouns[fn]} of ${signal}`;
}

const windowNouns: Readonly<Record<Exclude<WindowFunction, 'ago' | 'count' | 'held'>, string>> = {
  avg: 'average',
  sum: 'sum',
  min: 'minimum',
  max: 'maximum',
  median: 'median',
  spread: 'spread',
  slope: 'slope',
  change: 'change',
  rise: 'rise',
  rate: 'rate',
};

function sourceName(source: Exclude<SeriesSource, { kind: 'condition' }>): string {
  return source.kind === 'signal' ? source.signal : source.derived.spec.name;
}

function objectWords(operand: Operand, beside: Operand, language: ConditionLanguage): string {
  if (operand.kind !== 'literal' || typeof operand.value !== 'number') return operandWords(operand, language);
  return withUnit(String(operand.value), unitOf(beside, language));
}

/** The unit of an operand, as people write it; empty for none. */
export function unitOf(operand: Operand, language: ConditionLanguage): string {
  if (operand.kind === 'signal' || operand.kind === 'previous') {
    return displayUnit(language.signal(operand.signal)?.unit);
  }
  if (operand.kind !== 'window') return '';
  const window = language.windows.get(operand.key);
  const source = language.series.get(window?.series ?? '');
  if (window === undefined || window.fn === 'count') return '';
  if (source === undefined || source.kind === 'condition') return '';
  const unit = displayUnit(language.signal(sourceName(source))?.unit);
  return window.fn === 'rate' || window.fn === 'slope' ? `${unit}/s` : unit;
}

export function withUnit(number: string, unit: string): string {
  if (unit === '') return number;
  return unit === '%' || unit === '°' || unit.startsWith('/') ? `${number}${unit}` : `${number} ${unit}`;
}

const factWords: Readonly<Record<FactName, string>> = {
  firmware: 'the firmware',
  site: 'the site',
  hour: 'the hour of the day',
  weekday: 'the day of the week',
};

export function signalWords(name: string, language: ConditionLanguage): string {
  if (isFactName(name)) return factWords[name];
  const title = titleWords(name, language);
  return parentSignal(name) === undefined ? title : `the ${title.replace(/^the /i, '')} of its parent`;
}

function titleWords(name: string, language: ConditionLanguage): string {
  const own = parentSignal(name);
  return titleInSentence(language.signal(name)?.title ?? (own === undefined ? name : titleFromName(own)));
}

/**
 * A number for people: as many digits as it needs, and never so few that it seems to stand on another side of `beside`
 * than it does. Whole parts are never rounded.
 */
export function numberWords(value: number, beside: number | undefined, digitsMin: number): string {
  const whole = value === 0 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  for (let digits = Math.max(digitsMin, whole); digits <= 15; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (beside === undefined || Math.sign(rounded - beside) === Math.sign(value - beside)) return String(rounded);
  }
  return String(value);
}

/** "12:03 UTC" */
export function timeWords(at: number): string {
  return `${formatInstant(at).slice(11, 16)} UTC`;
}

const units = [
  ['day', dayMs],
  ['hour', hourMs],
  ['minute', minuteMs],
  ['second', secondMs],
] as const;

/** "10 minutes", "1 hour", "90 minutes"; lengths of no single unit as "1h30m15s". */
export function durationWords(durationMs: number): string {
  for (const [word, ms] of units) {
    if (durationMs % ms === 0 && durationMs >= ms) {
      const amount = durationMs / ms;
      return `${amount} ${word}${amount === 1 ? '' : 's'}`;
    }
  }
  return formatDuration(durationMs);
}

/** A time that has passed, in whole units, rounded down: "10 minutes", "3 days". */
export function elapsedWords(elapsedMs: number): string {
  const [, ms] = units.find(([, unitMs]) => elapsedMs >= 2 * unitMs) ?? units[3];
  return durationWords(Math.max(0, Math.floor(elapsedMs / ms) * ms));
}

/** "15-minute", "1-hour" */
function durationAdjective(durationMs: number): string {
  return durationWords(durationMs).replace(/^(\d+) (\w+?)s?$/, '$1-$2');
}

export function listOf(parts: readonly string[], joint: 'and' | 'or'): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} ${joint} ${parts.at(-1)}`;
}

export function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
