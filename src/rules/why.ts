import type { RuleSpec } from '../product/index.ts';
import type { SignalValue } from '../telemetry/index.ts';
import type { ConditionLanguage } from './language.ts';
import type { RulePlan } from './plan.ts';
import type { OpenEpisode, RuleState } from './state.ts';
import { parentSignal } from './syntax.ts';
import { type Operand, type Term, termOf } from './terms.ts';
import {
  elapsedWords,
  inPresent,
  isDuration,
  type Leaf,
  numberWords,
  operandWords,
  unitOf,
  withUnit,
} from './wording.ts';

/** As in the sentence of a finding: a reading as it came, a mean with fewer digits. */
const readingDigits = 9;
const windowDigits = 4;

/** One comparison, or the like, of a condition. */
export interface ConditionPart {
  /** "the 15-minute average of cabinet temperature is above 8 °C" */
  readonly text: string;
  /** Undefined: unknown. */
  readonly holds: boolean | undefined;
  /** What stands on its left side, of an age in ms; undefined when it is not known. */
  readonly value: SignalValue | undefined;
  /** "the 15-minute average of cabinet temperature is 7.2 °C", or that it is not known. */
  readonly told: string;
}

/** A rule as it stands after the last judged report. Times are epoch ms. */
export interface RuleNow {
  readonly rule: RuleSpec;
  /** The episode that holds, if one does. */
  readonly open: OpenEpisode | undefined;
  /** Which condition moves it on: `when` while it is shut, `clear` (else `when` being false) while it is open. */
  readonly asks: 'when' | 'clear';
  /** That condition in words. */
  readonly condition: string;
  /** Whether it holds; undefined: unknown. */
  readonly holds: boolean | undefined;
  /** Since when it holds, and for how long it must; undefined when it does not. */
  readonly since: number | undefined;
  readonly forMs: number;
  readonly parts: readonly ConditionPart[];
  /** The first part that keeps the condition from holding. */
  readonly failing: ConditionPart | undefined;
}

/** What a rule knows and waits for. The language's inputs are those of the moment. */
export function ruleNow(plan: RulePlan, own: RuleState, language: ConditionLanguage): RuleNow {
  const isOpen = own.open !== null;
  const { spec } = plan;
  const condition = isOpen && plan.clear !== undefined ? plan.clear : plan.when;
  const expected = !(isOpen && plan.clear === undefined);
  const reader = new PartReader(language);
  const term = termOf(condition.ast, language, expected);
  const held = condition.holds();
  const failing = reader.failing(term);
  return {
    rule: spec,
    open: own.open ?? undefined,
    asks: isOpen ? 'clear' : 'when',
    condition: inPresent(term, language),
    holds: held === undefined ? undefined : held === expected,
    since: own.since ?? undefined,
    forMs: isOpen ? spec.clearForMs : spec.forMs,
    parts: leavesOf(term).map((leaf) => reader.part(leaf)),
    failing: failing && reader.part(failing),
  };
}

function leavesOf(term: Term): Leaf[] {
  return term.kind === 'all' || term.kind === 'any' ? term.terms.flatMap(leavesOf) : [term];
}

const noParentWords = 'it has none of that product, or that was never seen or too old when the report came';

function isOfParent(operand: Operand): boolean {
  return operand.kind === 'signal' && parentSignal(operand.signal) !== undefined;
}

class PartReader {
  readonly #language: ConditionLanguage;

  constructor(language: ConditionLanguage) {
    this.#language = language;
  }

  part(leaf: Leaf): ConditionPart {
    const value = this.#value(leaf);
    return {
      text: inPresent(leaf, this.#language),
      holds: this.#leafHolds(leaf),
      value,
      told: this.#told(leaf, value),
    };
  }

  /** The first leaf that keeps a term from holding; undefined when it holds. */
  failing(term: Term): Leaf | undefined {
    if (this.#holds(term) === true) return undefined;
    if (term.kind !== 'all' && term.kind !== 'any') return term;
    const part = term.kind === 'all' ? term.terms.find((item) => this.#holds(item) !== true) : term.terms[0];
    return part && this.failing(part);
  }

  #holds(term: Term): boolean | undefined {
    if (term.kind !== 'all' && term.kind !== 'any') return this.#leafHolds(term);
    const decides = term.kind === 'any';
    const held = term.terms.map((part) => this.#holds(part));
    if (held.includes(decides)) return decides;
    return held.includes(undefined) ? undefined : !decides;
  }

  #leafHolds(leaf: Leaf): boolean | undefined {
    const found = this.#found(leaf);
    if (found === undefined) return undefined;
    return found === (leaf.kind === 'comparison' ? !leaf.negated : leaf.expected);
  }

  #found(leaf: Leaf): unknown {
    const { inputs } = this.#language;
    switch (leaf.kind) {
      case 'comparison':
      case 'other':
        return this.#language.part(leaf.node)();
      case 'flag':
        return this.#language.lastValue(leaf.signal);
      case 'fault':
        return inputs?.fault(this.#language.codeIndex(leaf.code));
      case 'silent':
        return inputs?.silent();
    }
  }

  #value(leaf: Leaf): SignalValue | undefined {
    const found = leaf.kind === 'comparison' ? this.#operand(leaf.left) : this.#found(leaf);
    return typeof found === 'number' || typeof found === 'boolean' || typeof found === 'string' ? found : undefined;
  }

  #operand(operand: Operand): unknown {
    if (operand.kind === 'literal') return operand.value;
    if (!('node' in operand)) return operand.text;
    const value = this.#language.part(operand.node)();
    return isDuration(operand) && value !== undefined ? Number(value) : value;
  }

  #told(leaf: Leaf, value: SignalValue | undefined): string {
    if (leaf.kind !== 'comparison') {
      if (value === undefined) {
        const isOfParent = leaf.kind === 'flag' && parentSignal(leaf.signal) !== undefined;
        const reason = isOfParent ? noParentWords : 'never seen, or too old';
        return `whether ${inPresent(leaf, this.#language)} is not known: ${reason}`;
      }
      return inPresent({ ...leaf, expected: value === true }, this.#language);
    }
    const subject = operandWords(leaf.left, this.#language);
    if (value === undefined && isOfParent(leaf.left)) return `${subject} is not known: ${noParentWords}`;
    if (value === undefined) return `${subject} is not known: never seen, too old, or without readings in its window`;
    if (typeof value !== 'number') return `${subject} is ${value}`;
    if (isDuration(leaf.left)) return `${subject} is ${elapsedWords(value)}`;
    const beside = leaf.right.kind === 'literal' && typeof leaf.right.value === 'number' ? leaf.right.value : undefined;
    const digits = leaf.left.kind === 'signal' ? readingDigits : windowDigits;
    return `${subject} is ${withUnit(numberWords(value, beside, digits), unitOf(leaf.left, this.#language))}`;
  }
}
