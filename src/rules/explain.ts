import type { RuleSpec } from '../product/index.ts';
import type { Severity } from '../telemetry/index.ts';
import { isFactName } from './facts.ts';
import type { ConditionLanguage } from './language.ts';
import type { Operand, Term } from './terms.ts';
import {
  asSentence,
  durationWords,
  elapsedWords,
  inPassing,
  inPerfect,
  inPresent,
  isDuration,
  type Leaf,
  listOf,
  numberWords,
  timeWords,
  unitOf,
  withUnit,
} from './wording.ts';

/** Enough for every sensor; a reading is shown as it came. */
const readingDigits = 9;
/** A mean is not known better than this. */
const windowDigits = 4;

/** What is known when a sentence is made: the inputs stand at the moment that it speaks of. */
export interface Moment {
  /** Event time. */
  readonly at: number;
  /** How long the condition has held. */
  readonly heldMs: number;
  /** Event time of a signal's last reading. */
  readonly readAt: (signal: string) => number | undefined;
}

/** The sentence of one condition: prepared once, spoken at each transition. */
export class Explanation {
  /** The signal that the condition is mainly about. */
  readonly mainSignal: string | undefined;
  readonly #language: ConditionLanguage;
  readonly #term: Term;
  readonly #parts = new Map<unknown, () => unknown>();

  constructor(term: Term, language: ConditionLanguage) {
    this.#term = term;
    this.#language = language;
    this.#prepare(term);
    const leaves = leavesOf(term);
    const main = leaves.find(isOfNumbers) ?? leaves[0];
    this.mainSignal = main === undefined ? undefined : signalOf(main, language);
  }

  /**
   * "The 15-minute average of cabinet temperature has been above 8 °C for 10 minutes (9.4 °C at 12:03 UTC) with the
   * door not open." Of alternatives, the ones that hold are told.
   */
  sentence(moment: Moment): string {
    const leaves = this.#holding(this.#term);
    const main = leaves.find(isOfNumbers) ?? leaves[0];
    if (main === undefined) return asSentence(inPresent(this.#term, this.#language));
    const value = this.#value(main, moment);
    const told =
      moment.heldMs >= 1_000
        ? `${inPerfect(main, this.#language)} for ${elapsedWords(moment.heldMs)}`
        : inPresent(main, this.#language);
    const beside = leaves.filter((leaf) => leaf !== main).map((leaf) => this.#besideWords(leaf, moment));
    const words = [
      told,
      value === undefined ? '' : `(${value})`,
      beside.length === 0 ? '' : `with ${listOf(beside, 'and')}`,
    ];
    return asSentence(words.filter((part) => part !== '').join(' '));
  }

  #besideWords(leaf: Leaf, moment: Moment): string {
    const value = this.#value(leaf, moment);
    return `${inPassing(leaf, this.#language)}${value === undefined ? '' : ` (${value})`}`;
  }

  /** "9.4 °C at 12:03 UTC": the left side of a comparison of numbers. */
  #value(leaf: Leaf, moment: Moment): string | undefined {
    if (leaf.kind !== 'comparison' || leaf.left.kind === 'literal' || leaf.left.kind === 'length') return undefined;
    const value = this.#parts.get(leaf.left)?.();
    const at = leaf.left.kind === 'signal' ? (moment.readAt(leaf.left.signal) ?? moment.at) : moment.at;
    if (isDuration(leaf.left)) {
      return value === undefined ? undefined : `${elapsedWords(Number(value))} at ${timeWords(at)}`;
    }
    if (typeof value !== 'number') return undefined;
    const limit = leaf.right.kind === 'literal' ? leaf.right.value : this.#parts.get(leaf.right)?.();
    const digits = leaf.left.kind === 'signal' ? readingDigits : windowDigits;
    const number = numberWords(value, typeof limit === 'number' ? limit : undefined, digits);
    return `${withUnit(number, unitOf(leaf.left, this.#language))} at ${timeWords(at)}`;
  }

  #holding(term: Term): Leaf[] {
    if (term.kind === 'all') return term.terms.flatMap((part) => this.#holding(part));
    if (term.kind !== 'any') return [term];
    const holding = term.terms.find((part) => this.#holds(part)) ?? term.terms[0];
    return holding === undefined ? [] : this.#holding(holding);
  }

  #holds(term: Term): boolean {
    switch (term.kind) {
      case 'all':
        return term.terms.every((part) => this.#holds(part));
      case 'any':
        return term.terms.some((part) => this.#holds(part));
      case 'comparison':
      case 'other':
        return this.#parts.get(term)?.() === (term.kind === 'comparison' ? !term.negated : term.expected);
      case 'flag':
        return this.#language.lastValue(term.signal) === term.expected;
      case 'fault':
        return this.#language.inputs?.fault(this.#language.codeIndex(term.code)) === term.expected;
      case 'silent':
        return this.#language.inputs?.silent() === term.expected;
    }
  }

  #prepare(term: Term): void {
    if (term.kind === 'all' || term.kind === 'any') {
      for (const part of term.terms) this.#prepare(part);
      return;
    }
    if (term.kind === 'comparison' || term.kind === 'other') this.#parts.set(term, this.#language.part(term.node));
    if (term.kind !== 'comparison') return;
    for (const operand of [term.left, term.right]) {
      if ('node' in operand) this.#parts.set(operand, this.#language.part(operand.node));
    }
  }
}

function isOfNumbers(leaf: Leaf): boolean {
  return leaf.kind === 'comparison' && !(leaf.right.kind === 'literal' && typeof leaf.right.value === 'string');
}

function leavesOf(term: Term): Leaf[] {
  return term.kind === 'all' || term.kind === 'any' ? term.terms.flatMap(leavesOf) : [term];
}

function signalOf(leaf: Leaf, language: ConditionLanguage): string | undefined {
  if (leaf.kind === 'flag') return leaf.signal;
  if (leaf.kind !== 'comparison') return undefined;
  return operandSignal(leaf.left, language) ?? operandSignal(leaf.right, language);
}

function operandSignal(operand: Operand, language: ConditionLanguage): string | undefined {
  if (operand.kind === 'signal') return isFactName(operand.signal) ? undefined : operand.signal;
  if (operand.kind === 'age' || operand.kind === 'previous') return operand.signal;
  if (operand.kind === 'held' || operand.kind === 'since') return termSignal(operand.condition, language);
  if (operand.kind !== 'window') return undefined;
  const source = language.series.get(language.windows.get(operand.key)?.series ?? '');
  if (source?.kind === 'signal') return source.signal;
  if (source?.kind === 'derived') return source.derived.spec.name;
  return operand.condition && termSignal(operand.condition, language);
}

function termSignal(term: Term, language: ConditionLanguage): string | undefined {
  return leavesOf(term)
    .map((leaf) => signalOf(leaf, language))
    .find((signal) => signal !== undefined);
}

const stageWords: Readonly<Record<RuleSpec['stage'], string>> = {
  live: 'opens',
  shadow: 'would open (shadow)',
  draft: 'is to open (draft, not judged)',
  retired: 'opened (retired, not judged)',
};

/**
 * "When the 15-minute average of cabinet temperature is above 8 °C and the door is not open for 10 minutes, opens
 * 'Loss of cooling' (major). Clears when … for 30 minutes."
 */
export function ruleSentences(
  rule: RuleSpec,
  terms: {
    readonly when: Term;
    readonly clear: Term | undefined;
    /** The worst first. */
    readonly escalations: readonly { readonly severity: Severity; readonly term: Term }[];
  },
  modeTitle: string,
  language: ConditionLanguage,
): string {
  const forWords = rule.forMs === 0 ? '' : ` for ${durationWords(rule.forMs)}`;
  const safety = rule.safety ? ', safety' : '';
  const opens = `${stageWords[rule.stage]} '${modeTitle}' (${rule.severity}${safety})`;
  const worse = terms.escalations.map(({ severity, term }) => ` It is ${severity} while ${inPresent(term, language)}.`);
  const sentence = `When ${inPresent(terms.when, language)}${forWords}, ${opens}.${worse.join('')}`;
  if (terms.clear === undefined && rule.clearForMs === 0) return sentence;
  const clearFor = rule.clearForMs === 0 ? '' : ` for ${durationWords(rule.clearForMs)}`;
  const clear = terms.clear === undefined ? 'that is no longer so' : inPresent(terms.clear, language);
  return `${sentence} Clears when ${clear}${clearFor}.`;
}
