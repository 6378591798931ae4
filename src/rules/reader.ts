import type { ASTNode } from '@marcbachmann/cel-js';
import { isSignalFunction } from './condition-errors.ts';
import { factType, isFactName } from './facts.ts';
import type { ConditionLanguage } from './language.ts';
import { signalNode } from './syntax.ts';

/** Reads a value from the inputs as they stand; undefined is unknown. */
type Read<T> = () => T | undefined;

/** A part of a condition as a closure. Durations are milliseconds; `whole`: CEL counts in integers here, not in doubles. */
type Reader =
  | { readonly type: 'boolean'; readonly read: Read<boolean> }
  | { readonly type: 'string'; readonly read: Read<string> }
  | { readonly type: 'number' | 'duration'; readonly read: Read<number>; readonly whole?: true };

type Comparable = number | string | boolean;

/**
 * A checked condition as closures over the language's inputs: what it asks for has places and types that are known, so
 * nothing need be looked up when it is judged. What is not covered here is evaluated by CEL itself, as the smallest
 * condition around it: both say the same of every condition.
 */
export function conditionReader(node: ASTNode, language: ConditionLanguage): Read<boolean> {
  if (node.op === '&&' || node.op === '||') {
    const [left, right] = node.args;
    const join = node.op === '&&' ? both : either;
    return join(conditionReader(left, language), conditionReader(right, language));
  }
  if (node.op === '!_') return not(conditionReader(node.args, language));
  const reader = readerOf(node, language);
  if (reader?.type === 'boolean') return reader.read;
  const evaluate = language.part(node);
  return () => {
    const value = evaluate();
    return typeof value === 'boolean' ? value : undefined;
  };
}

/** A checked calculation likewise. */
export function valueReader(node: ASTNode, language: ConditionLanguage): Read<Comparable> {
  const reader = readerOf(node, language);
  if (reader !== undefined && reader.type !== 'duration') return finite(reader.read);
  const evaluate = language.part(node);
  return finite(() => {
    const value = evaluate();
    if (typeof value === 'bigint') return Number(value);
    return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : undefined;
  });
}

/** A division by zero is no value of a signal. */
function finite(read: Read<Comparable>): Read<Comparable> {
  return () => {
    const value = read();
    return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
  };
}

/** An unknown side is of no weight where the other one decides. */
function both(left: Read<boolean>, right: Read<boolean>): Read<boolean> {
  return () => {
    const first = left();
    if (first === false) return false;
    const second = right();
    return second === false ? false : first && second;
  };
}

function either(left: Read<boolean>, right: Read<boolean>): Read<boolean> {
  return () => {
    const first = left();
    if (first === true) return true;
    const second = right();
    if (second === true) return true;
    return first === undefined ? undefined : second;
  };
}

function not(read: Read<boolean>): Read<boolean> {
  return () => {
    const value = read();
    return value === undefined ? undefined : !value;
  };
}

/** Undefined: this is CEL's to evaluate. */
function readerOf(node: ASTNode, language: ConditionLanguage): Reader | undefined {
  if (node.op === 'value') return literal(node.args);
  const signal = signalNode(node);
  if (signal !== undefined) return lastValue(signal, language);
  if (node.op === 'call') return call(node, language);
  if (node.op === '-_') return negative(readerOf(node.args, language));
  if (isCalculation(node)) return calculation(node, language);
  return isComparison(node) ? comparison(node, language) : undefined;
}

function literal(value: unknown): Reader | undefined {
  if (typeof value === 'boolean') return { type: 'boolean', read: () => value };
  if (typeof value === 'string') return { type: 'string', read: () => value };
  if (typeof value === 'number') return { type: 'number', read: () => value };
  if (typeof value !== 'bigint') return undefined;
  const whole = Number(value);
  return Number.isSafeInteger(whole) ? { type: 'number', read: () => whole, whole: true } : undefined;
}

function lastValue(name: string, language: ConditionLanguage): Reader | undefined {
  if (isFactName(name)) {
    return { type: factType(name), read: () => language.inputs?.fact(name) } as Reader;
  }
  const type = language.signal(name)?.type;
  if (type === undefined) return undefined;
  const derived = language.derived(name);
  // The type check made the calculation of this type.
  if (derived) return { type, read: derived.read } as Reader;
  const slot = language.slotOf(name);
  // A state keeps of each signal only what has its type.
  return { type, read: () => language.inputs?.value(slot) } as Reader;
}

function call(node: ASTNode & { op: 'call' }, language: ConditionLanguage): Reader | undefined {
  const [name, [first]] = node.args;
  if (name === 'duration') {
    const evaluate = language.part(node);
    const ms = Number(evaluate());
    return Number.isFinite(ms) ? { type: 'duration', read: () => ms } : undefined;
  }
  if (!isSignalFunction(name)) return undefined;
  if (name === 'silent') return { type: 'boolean', read: () => language.inputs?.silent() };
  if (name === 'fault' && first?.op === 'value') {
    const index = language.codeIndex(String(first.args));
    return { type: 'boolean', read: () => language.inputs?.fault(index) };
  }
  if (name === 'age' && first?.op === 'id') {
    const slot = language.slotOf(first.args);
    return { type: 'duration', read: () => language.inputs?.ageMs(slot) };
  }
  if (name === 'previous' && first?.op === 'id') {
    const slot = language.slotOf(first.args);
    const type = language.signal(first.args)?.type;
    return type && ({ type, read: () => language.inputs?.before(slot) } as Reader);
  }
  if (name === 'held' || name === 'since') {
    const index = language.spellIndex(language.spellKey(node));
    const read = name === 'held' ? () => language.inputs?.heldMs(index) : () => language.inputs?.sinceMs(index);
    return { type: 'duration', read };
  }
  const index = language.windowIndex(language.windowKey(node));
  const read = () => language.inputs?.window(index);
  if (name !== 'ago' || first?.op !== 'id' || language.signal(first.args)?.type !== 'boolean')
    return { type: 'number', read };
  return {
    type: 'boolean',
    read: () => {
      const value = read();
      return value === undefined ? undefined : value === 1;
    },
  };
}

function negative(reader: Reader | undefined): Reader | undefined {
  if (reader?.type !== 'number') return undefined;
  const { read } = reader;
  const negated = () => {
    const value = read();
    return value === undefined ? undefined : -value;
  };
  return { ...reader, read: negated };
}

const calculations = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
} as const;

const comparisons = {
  '<': (a: Comparable, b: Comparable) => a < b,
  '<=': (a: Comparable, b: Comparable) => a <= b,
  '>': (a: Comparable, b: Comparable) => a > b,
  '>=': (a: Comparable, b: Comparable) => a >= b,
  '==': (a: Comparable, b: Comparable) => a === b,
  '!=': (a: Comparable, b: Comparable) => a !== b,
} as const;

type Calculation = ASTNode & { readonly op: keyof typeof calculations };
type Comparison = ASTNode & { readonly op: keyof typeof comparisons };

function isCalculation(node: ASTNode): node is Calculation {
  return Object.hasOwn(calculations, node.op);
}

function isComparison(node: ASTNode): node is Comparison {
  return Object.hasOwn(comparisons, node.op);
}

function calculation({ op, args }: Calculation, language: ConditionLanguage): Reader | undefined {
  const left = readerOf(args[0], language);
  const right = readerOf(args[1], language);
  if (left?.type !== 'number' || right?.type !== 'number' || (left.whole && right.whole)) return undefined;
  return { type: 'number', read: pair(left.read, right.read, calculations[op]) };
}

function comparison({ op, args }: Comparison, language: ConditionLanguage): Reader | undefined {
  const left = readerOf(args[0], language);
  const right = readerOf(args[1], language);
  if (left === undefined || left.type !== right?.type) return undefined;
  return { type: 'boolean', read: pair<Comparable, boolean>(left.read, right.read, comparisons[op]) };
}

function pair<T, R>(left: Read<T>, right: Read<T>, join: (a: T, b: T) => R): Read<R> {
  return () => {
    const first = left();
    const second = right();
    return first === undefined || second === undefined ? undefined : join(first, second);
  };
}
