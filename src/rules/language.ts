import { type ASTNode, Environment, type ParseResult, serialize } from '@marcbachmann/cel-js';
import { formatDuration, parseDurationMs } from '../base/index.ts';
import type { ConditionProblem, ConditionVocabulary, SignalSpec } from '../product/index.ts';
import type { SignalValue } from '../telemetry/index.ts';
import { isSignalFunction, problemOf, usage } from './condition-errors.ts';
import { conditionReader } from './reader.ts';
import { walk } from './syntax.ts';
import { unitMismatch } from './unit-check.ts';
import type { WindowFunction, WindowSpec } from './windows.ts';

/** What a condition reads while it is evaluated; undefined is unknown. Everything is asked for by its number. */
export interface ConditionInputs {
  /** Last value of a signal that is not older than its maxAge; `slot`: {@link ConditionLanguage.slotOf}. */
  value(slot: number): SignalValue | undefined;
  /** `index`: place in {@link ConditionLanguage.windows}. */
  window(index: number): number | undefined;
  /** Milliseconds of event time since the last reading. */
  ageMs(slot: number): number | undefined;
  /** `index`: place in the vocabulary's fault codes. */
  fault(index: number): boolean;
  silent(): boolean;
}

/** Thrown for an unknown value. One instance: CEL absorbs it on one side of && and ||, and a stack would cost more. */
class UnknownValue extends Error {}
const unknown: Error = new UnknownValue('unknown');

function known<T>(value: T | undefined): T {
  if (value === undefined) throw unknown;
  return value;
}

/** What a condition depends on. */
export interface ConditionUses {
  readonly signals: ReadonlySet<string>;
  readonly windows: ReadonlySet<string>;
  readonly ages: ReadonlySet<string>;
  readonly codes: ReadonlySet<string>;
  readonly silent: boolean;
}

export interface Condition {
  readonly text: string;
  readonly ast: ASTNode;
  readonly uses: ConditionUses;
  /** True, false, or undefined for unknown. */
  holds(): boolean | undefined;
}

/** Readings that windows are made of: those of a signal, or whether a condition held at each reading of its inputs. */
export type SeriesSource =
  | { readonly key: string; readonly kind: 'signal'; readonly signal: string }
  | { readonly key: string; readonly kind: 'condition'; readonly condition: Condition };

const windowMsMax = 31 * 86_400_000;
const limits = { maxAstNodes: 500, maxDepth: 40, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 8 };

interface Macro {
  readonly args: readonly ASTNode[];
  read: () => number | boolean | object;
}

interface Checker {
  check(node: ASTNode, context: unknown): { name: string };
  createError(code: string, message: string, node: ASTNode | undefined): Error;
  getType(name: string): { name: string };
}

/**
 * The condition language of one pack: CEL with the pack's signals as typed variables and the window functions as macros.
 * Not reentrant: one condition is evaluated at a time, against the inputs set before.
 */
export class ConditionLanguage {
  /** In an order in which each needs only those before it. */
  readonly series = new Map<string, SeriesSource>();
  readonly windows = new Map<string, WindowSpec>();
  /** Signals whose last value some condition reads, by the number under which it is asked for. */
  readonly slots: string[] = [];
  inputs: ConditionInputs | undefined;
  readonly #vocabulary: ConditionVocabulary;
  readonly #signals: ReadonlyMap<string, SignalSpec>;
  readonly #environment: Environment;
  readonly #context: object;
  readonly #duration: { fromMilliseconds(ms: number): object };

  constructor(vocabulary: ConditionVocabulary) {
    this.#vocabulary = vocabulary;
    this.#signals = new Map(vocabulary.signals.map((signal) => [signal.name, signal]));
    this.#environment = this.#buildEnvironment();
    this.#context = this.#buildContext();
    // The library does not export its duration type; a value of it leads there.
    this.#duration = this.#environment.evaluate('duration("0s")').constructor;
  }

  /** Every problem of a condition; empty when it is sound. The type check stops at the first. */
  problems(text: string): readonly ConditionProblem[] {
    const result = this.compile(text);
    return 'problem' in result ? [result.problem] : [];
  }

  compile(text: string): { readonly condition: Condition } | { readonly problem: ConditionProblem } {
    let parsed: ParseResult;
    try {
      parsed = this.#environment.parse(text);
    } catch (error) {
      return { problem: problemOf(error, text, this.#vocabulary) };
    }
    const checked = parsed.check();
    if (!checked.valid) return { problem: problemOf(checked.error, text, this.#vocabulary) };
    if (checked.type !== 'bool' && checked.type !== 'dyn') {
      return { problem: { text: 'a condition is true or false; compare it with something', offset: 0 } };
    }
    const problem = this.#constantProblem(parsed.ast) ?? unitMismatch(parsed.ast, this.#signals);
    if (problem !== undefined) return { problem };
    return { condition: this.#condition(text, parsed) };
  }

  /** A part of a sound condition, as something that can be evaluated by itself; undefined is unknown. */
  part(node: ASTNode): () => unknown {
    const parsed = this.#environment.parse(serialize(node));
    parsed.check();
    return () => this.#evaluate(parsed);
  }

  signal(name: string): SignalSpec | undefined {
    return this.#signals.get(name);
  }

  slotOf(signal: string): number {
    const slot = this.slots.indexOf(signal);
    return slot >= 0 ? slot : this.slots.push(signal) - 1;
  }

  windowIndex(key: string): number {
    return [...this.windows.keys()].indexOf(key);
  }

  codeIndex(code: string): number {
    return this.#vocabulary.faultCodes.indexOf(code);
  }

  #condition(text: string, parsed: ParseResult): Condition {
    return { text, ast: parsed.ast, uses: this.#uses(parsed.ast), holds: conditionReader(parsed.ast, this) };
  }

  /** Whatever CEL cannot evaluate (a division by zero, a text that is no number) is unknown, never an answer. */
  #evaluate(parsed: ParseResult): unknown {
    try {
      return parsed(this.#context);
    } catch {
      return undefined;
    }
  }

  #uses(ast: ASTNode): ConditionUses {
    const signals = new Set<string>();
    const windows = new Set<string>();
    const ages = new Set<string>();
    const codes = new Set<string>();
    let silent = false;
    walk(ast, (node) => {
      if (node.op === 'id') {
        if (this.#signals.has(node.args)) signals.add(node.args);
        return 'into';
      }
      if (node.op !== 'call') return 'into';
      const [name, args] = node.args;
      if (!isSignalFunction(name)) return 'into';
      const [first] = args;
      if (name === 'silent') silent = true;
      else if (name === 'fault' && first?.op === 'value') codes.add(String(first.args));
      else if (name === 'age' && first?.op === 'id') ages.add(first.args);
      else windows.add(windowKey(node));
      return 'past';
    });
    return { signals, windows, ages, codes, silent };
  }

  #buildEnvironment(): Environment {
    const environment = new Environment({ limits });
    for (const { name, type } of this.#vocabulary.signals) environment.registerVariable(name, celTypes[type]);
    for (const name of this.#vocabulary.unsureSignals) environment.registerVariable(name, 'dyn');
    environment.registerOperator('double + int: double', (a: number, b: bigint) => a + Number(b));
    environment.registerOperator('double - int: double', (a: number, b: bigint) => a - Number(b));
    environment.registerOperator('double * int: double', (a: number, b: bigint) => a * Number(b));
    environment.registerOperator('double / int: double', (a: number, b: bigint) => a / Number(b));
    environment.registerOperator('int + double: double', (a: bigint, b: number) => Number(a) + b);
    environment.registerOperator('int - double: double', (a: bigint, b: number) => Number(a) - b);
    environment.registerOperator('int * double: double', (a: bigint, b: number) => Number(a) * b);
    environment.registerOperator('int / double: double', (a: bigint, b: number) => Number(a) / b);
    environment.registerOperator('double == int: bool', (a: number, b: bigint) => a === Number(b));
    for (const name of ['avg', 'min', 'max', 'count', 'rate'] as const) {
      this.#macro(environment, `${name}(ast, ast): double`, (macro, checker, context) => {
        const index = this.windowIndex(this.#window(name, macro, checker, context));
        macro.read = () => known(this.inputs?.window(index));
      });
    }
    this.#macro(environment, 'fault(ast): bool', (macro, checker) => {
      const index = this.codeIndex(this.#faultCode(macro, checker));
      macro.read = () => known(this.inputs?.fault(index));
    });
    this.#macro(environment, 'age(ast): google.protobuf.Duration', (macro, checker) => {
      const slot = this.slotOf(signalArgument('age', macro, checker));
      macro.read = () => this.#duration.fromMilliseconds(known(this.inputs?.ageMs(slot)));
    });
    environment.registerFunction('silent(): bool', () => known(this.inputs?.silent()), { async: false });
    return environment;
  }

  /** Registers a function that sees its arguments as syntax. `check` throws the checker's errors and sets `read`. */
  #macro(
    environment: Environment,
    signature: string,
    check: (macro: Macro, checker: Checker, context: unknown) => void,
  ): void {
    const type = signature.slice(signature.lastIndexOf(': ') + 2);
    environment.registerFunction(signature, ({ args }: { args: readonly ASTNode[] }) => ({
      args,
      async: false,
      read: () => unknown,
      typeCheck: (checker: Checker, macro: Macro, context: unknown) => {
        check(macro, checker, context);
        return checker.getType(type);
      },
      evaluate: (_evaluator: unknown, macro: Macro) => macro.read(),
    }));
  }

  /** Checks the arguments of a window function and makes its window known; returns the window's key. */
  #window(name: 'avg' | 'min' | 'max' | 'count' | 'rate', macro: Macro, checker: Checker, context: unknown): string {
    const [subject, length] = macro.args;
    if (subject === undefined || length === undefined) throw checker.createError('usage', usage[name], macro.args[0]);
    const lengthMs =
      length.op === 'value' && typeof length.args === 'string' ? parseDurationMs(length.args) : undefined;
    if (lengthMs === undefined) {
      throw checker.createError('usage', `the window is a length of time in quotes: ${usage[name]}`, length);
    }
    if (lengthMs > windowMsMax) throw checker.createError('usage', 'a window is at most 31d long', length);
    checker.check(subject, context);
    if (subject.op === 'id' && this.#isSignal(subject.args)) {
      this.#checkWindowSignal(name, subject, checker);
      return this.#addWindow(name, { key: subject.args, kind: 'signal', signal: subject.args }, lengthMs);
    }
    if (name !== 'count') throw checker.createError('usage', `${name}() takes a signal: ${usage[name]}`, subject);
    const result = this.compile(serialize(subject));
    if ('problem' in result) throw checker.createError('usage', result.problem.text, subject);
    if (result.condition.uses.silent) throw checker.createError('usage', 'count() cannot count silence', subject);
    const source: SeriesSource = { key: `(${serialize(subject)})`, kind: 'condition', condition: result.condition };
    return this.#addWindow('held', source, lengthMs);
  }

  #addWindow(fn: WindowFunction, source: SeriesSource, lengthMs: number): string {
    const key = keyOf(fn === 'held' ? 'count' : fn, source.key, lengthMs);
    if (!this.series.has(source.key)) this.series.set(source.key, source);
    if (!this.windows.has(key)) this.windows.set(key, { key, fn, series: source.key, lengthMs });
    return key;
  }

  #checkWindowSignal(name: string, subject: ASTNode & { op: 'id' }, checker: Checker): void {
    const signal = this.#signals.get(subject.args);
    if (signal === undefined || name === 'count') return;
    if (signal.type !== 'number') {
      throw checker.createError('usage', `${name}() needs numbers; ${signal.name} is ${signal.type}`, subject);
    }
    if (name === 'rate' && signal.kind !== 'counter') {
      throw checker.createError('usage', `rate() needs a counter; ${signal.name} is a ${signal.kind}`, subject);
    }
  }

  #faultCode(macro: Macro, checker: Checker): string {
    const [argument] = macro.args;
    if (argument?.op !== 'value' || typeof argument.args !== 'string') {
      throw checker.createError('usage', usage.fault, argument ?? macro.args[0]);
    }
    if (!this.#vocabulary.faultCodes.includes(argument.args)) {
      throw checker.createError('fault_code', argument.args, argument);
    }
    return argument.args;
  }

  #isSignal(name: string): boolean {
    return this.#signals.has(name) || this.#vocabulary.unsureSignals.includes(name);
  }

  /** A context whose properties read the inputs as they are when CEL asks for them. */
  #buildContext(): object {
    const context = Object.create(null);
    for (const name of this.#signals.keys()) {
      const get = () => known(this.inputs?.value(this.slotOf(name)));
      Object.defineProperty(context, name, { enumerable: true, get });
    }
    return context;
  }

  /** Calls on literals alone fail now or never: `duration("1d")` would otherwise be unknown for ever. */
  #constantProblem(ast: ASTNode): ConditionProblem | undefined {
    let problem: ConditionProblem | undefined;
    walk(ast, (node) => {
      if (problem !== undefined) return 'past';
      if (node.op === 'rcall') problem = this.#methodProblem(node);
      if (node.op !== 'call' || isSignalFunction(node.args[0])) return 'into';
      if (node.args[1].length === 0 || node.args[1].some((argument) => argument.op !== 'value')) return 'into';
      try {
        this.#environment.evaluate(serialize(node));
      } catch (error) {
        problem = { ...problemOf(error, '', this.#vocabulary), offset: node.start };
      }
      return 'into';
    });
    return problem;
  }

  #methodProblem(node: ASTNode & { op: 'rcall' }): ConditionProblem | undefined {
    const [method, , args] = node.args;
    const [first] = args;
    // A regular expression can take for ever on a text that a device chose.
    if (method === 'matches') return { text: 'matches() is not supported', offset: node.start };
    if (first?.op !== 'id' || !['all', 'exists', 'exists_one', 'map', 'filter'].includes(method)) return undefined;
    return this.#isSignal(first.args)
      ? { text: `'${first.args}' is a signal; choose another name here`, offset: first.start }
      : undefined;
  }
}

const celTypes = { number: 'double', boolean: 'bool', string: 'string' } as const;

/** The key under which the window of a checked call is known. */
export function windowKey(node: ASTNode & { op: 'call' }): string {
  const [name, [subject, length]] = node.args;
  const lengthMs = length?.op === 'value' ? parseDurationMs(String(length.args)) : undefined;
  if (subject === undefined) return name;
  const source = subject.op === 'id' ? subject.args : `(${serialize(subject)})`;
  return keyOf(name, source, lengthMs ?? 0);
}

function keyOf(name: string, source: string, lengthMs: number): string {
  return `${name}(${source}, ${formatDuration(lengthMs)})`;
}

function signalArgument(name: 'age', macro: Macro, checker: Checker): string {
  const [argument] = macro.args;
  if (argument?.op !== 'id') throw checker.createError('usage', usage[name], argument ?? macro.args[0]);
  return argument.args;
}

/** Signals that a condition depends on in any way, windows and counted conditions included. */
export function triggersOf(
  language: ConditionLanguage,
  uses: ConditionUses,
): { readonly signals: ReadonlySet<string>; readonly codes: ReadonlySet<string> } {
  const signals = new Set([...uses.signals, ...uses.ages]);
  const codes = new Set(uses.codes);
  for (const key of uses.windows) {
    const source = language.series.get(language.windows.get(key)?.series ?? '');
    if (source?.kind === 'signal') signals.add(source.signal);
    if (source?.kind !== 'condition') continue;
    const inner = triggersOf(language, source.condition.uses);
    for (const signal of inner.signals) signals.add(signal);
    for (const code of inner.codes) codes.add(code);
  }
  return { signals, codes };
}
