import { TypeError as CelTypeError, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import {
  type ConditionProblem,
  type ConditionVocabulary,
  didYouMean,
  type ParentVocabulary,
} from '../product/index.ts';

/** How each function of the condition language is written. */
export const usage = {
  avg: 'avg(signal, "15m")',
  sum: 'sum(signal, "1h")',
  min: 'min(signal, "15m")',
  max: 'max(signal, "15m")',
  median: 'median(signal, "15m")',
  spread: 'spread(signal, "15m")',
  slope: 'slope(signal, "6h")',
  delta: 'delta(signal, "1h")',
  count: 'count(signal, "1h") or count(condition, "1h")',
  rate: 'rate(signal, "1h")',
  ago: 'ago(signal, "24h")',
  previous: 'previous(signal)',
  held: 'held(condition)',
  since: 'since(fault("E21")) or since(condition)',
  silent: 'silent()',
  fault: 'fault("E21")',
  age: 'age(signal)',
} as const;

type SignalFunction = keyof typeof usage;

export function isSignalFunction(name: string): name is SignalFunction {
  return Object.hasOwn(usage, name);
}

const plannedFunctions = new Set(['cohort']);
export const usageOfParent = 'write parent.<signal>: what the parent of the device last told';
const celFunctions = new Set('duration timestamp size int uint double string bool bytes type dyn has'.split(' '));
const otherLanguages: Readonly<Record<string, string>> = {
  and: '&&',
  or: '||',
  not: '!',
  '&': '&&',
  '|': '||',
  '=': '==',
  '=>': '>=',
};

/** What CEL says of a condition, in the words of packs and with the place inside the condition. */
export function problemOf(error: unknown, condition: string, vocabulary: ConditionVocabulary): ConditionProblem {
  if (!(error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError)) throw error;
  const offset = error.range?.start ?? 0;
  // A word or sign of another language is told as such, whatever CEL made of it.
  const written = /^(?:\w+|=>|[&|=])/.exec(condition.slice(offset))?.[0] ?? '';
  const meant = error instanceof ParseError ? otherLanguages[written] : undefined;
  if (meant !== undefined) return { text: `write ${meant} for '${written}'`, offset };
  return { text: textOf(error, vocabulary), offset };
}

function textOf(error: ParseError | CelTypeError | EvaluationError, vocabulary: ConditionVocabulary): string {
  const { code, summary } = error;
  switch (code) {
    case 'usage':
      return summary;
    case 'fault_code':
      return `the pack lists no fault code '${summary}'${didYouMean(summary, vocabulary.faultCodes)}`;
    case 'unknown_variable':
      return unknownWord(summary.replace('Unknown variable: ', ''), vocabulary);
    case 'no_such_key':
      return vocabulary.parent
        ? unknownOfParent(summary.replace('No such key: ', ''), vocabulary.parent)
        : lowerFirst(summary);
    case 'no_matching_overload':
      return wrongCall(error.node);
    case 'no_such_overload':
      return wrongTypes(summary);
    case 'invalid_logical_operand':
      return `&& and || join conditions, not ${typeWord(quoted(summary))}`;
    case 'unexpected_character':
      return `unexpected ${quote(summary.replace('Unexpected character: ', ''))}`;
    case 'unexpected_token':
    case 'expected_token':
      return summary.endsWith('EOF') ? 'the condition ends early' : 'this does not belong here';
    default:
      if (summary.startsWith('Invalid duration')) return 'duration() takes h, m and s: duration("24h")';
      return lowerFirst(summary);
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function quote(text: string): string {
  return text.startsWith("'") ? text : `'${text}'`;
}

function unknownWord(word: string, vocabulary: ConditionVocabulary): string {
  const meant = otherLanguages[word];
  if (meant !== undefined) return `write ${meant} for '${word}'`;
  if (word === 'parent')
    return "name the product of the devices' parents at the top of the pack first: parent: <product>";
  if (isSignalFunction(word)) return `'${word}' is a function: ${usage[word]}`;
  const known = [...vocabulary.signals.map((signal) => signal.name), ...vocabulary.unsureSignals];
  return `there is no signal '${word}'${didYouMean(word, known)}`;
}

/** Nothing else in a condition has names behind a point. */
function unknownOfParent(name: string, { product, signals = [], derived }: ParentVocabulary): string {
  if (derived.includes(name)) return `${product} sends no '${name}': it is calculated`;
  const names = signals.map((signal) => signal.name);
  return `${product} has no signal '${name}'${didYouMean(name, names)}`;
}

function wrongCall(node: { readonly op?: string; readonly args?: unknown } | undefined): string {
  const name = node?.op === 'call' && Array.isArray(node.args) ? String(node.args[0]) : undefined;
  if (name === undefined) return 'there is no such method for this type';
  if (isSignalFunction(name)) return `write it ${usage[name]}`;
  if (plannedFunctions.has(name)) return `${name}() is not supported yet`;
  if (celFunctions.has(name)) return `${name}() does not take this`;
  return `there is no function '${name}'${didYouMean(name, [...Object.keys(usage), ...celFunctions])}`;
}

function wrongTypes(summary: string): string {
  const binary = /^no such overload: (\S+) (\S+) (\S+)$/.exec(summary);
  if (binary !== null) {
    const [, left = '', operator = '', right = ''] = binary;
    return `'${operator}' does not go between ${typeWord(left)} and ${typeWord(right)}`;
  }
  const unary = /^no such overload: ([!-])(\S+)$/.exec(summary);
  return unary === null ? summary : `'${unary[1]}' does not go before ${typeWord(unary[2] ?? '')}`;
}

function quoted(summary: string): string {
  return /'([^']+)'/.exec(summary)?.[1] ?? '';
}

function typeWord(type: string): string {
  if (type === 'double' || type === 'int' || type === 'uint') return 'a number';
  if (type === 'bool') return 'true or false';
  if (type === 'string') return 'a text';
  if (type === 'google.protobuf.Duration') return 'a length of time';
  return type === 'google.protobuf.Timestamp' ? 'a time' : `a ${type}`;
}
