import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { assert, parseDurationMs } from '../base/index.ts';
import type { ConditionProblem, ConditionVocabulary, SignalSpec } from '../product/index.ts';
import type { SignalValue } from '../telemetry/index.ts';
import { isSignalFunction, problemOf, usage, usageOfParent } from './condition-errors.ts';
import { type FactName, factTypes, isFactName } from './facts.ts';
import {
  type Checker,
  checkWindowSignal,
  faultCodeArgument,
  lengthArgument,
  type Macro,
  refuseParent,
  registerMixedNumbers,
  signalArgument,
  type WindowName,
  windowFunction,
  windowKeyOf,
  windowNames,
} from './macros.ts';
import { conditionReader, valueReader } from './reader.ts';
import { type Condition, ConditionReads, type Derived, type SeriesSource } from './reads.ts';
import { parentSignal, signalNode, walk, writtenText } from './syntax.ts';
import { unitMismatch, unitOf } from './unit-check.ts';
import { type ConditionUses, joinUses } from './uses.ts';

/** Thrown for an unknown value. One instance: CEL absorbs it on one side of && and ||, and a stack would cost more. */
class UnknownValue extends Error {}
const unknown: Error = new UnknownValue('unknown');

function known<T>(value: T | undefined): T {
  if (value === undefined) throw unknown;
  return value;
}

export type CheckedValue =
  | { readonly problem: ConditionProblem }
  | { readonly problem?: undefined; readonly type: SignalSpec['type']; readonly unit: string | undefined };

const limits = { maxAstNodes: 500, maxDepth: 40, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 8 };

/**
 * The condition language of one pack: CEL with the pack's signals as typed variables and the window functions as macros.
 * Not reentrant: one condition is evaluated at a time, against the inputs set before.
 */
export class ConditionLanguage extends ConditionReads {
  readonly #vocabulary: ConditionVocabulary;
  readonly #environment: Environment;
  readonly #context: object;
  readonly #derived = new Map<string, Derived>();
  readonly #duration: { fromMilliseconds(ms: number): object };

  constructor(vocabulary: ConditionVocabulary) {
    super(vocabulary);
    this.#vocabulary = vocabulary;
    this.#environment = this.#buildEnvironment();
    this.#context = this.#buildContext();
    // The library does not export its duration type; a value of it leads there.
    this.#duration = this.#environment.evaluate('duration("0s")').constructor;
  }

  /** The type check stops at the first problem. */
  compile(
    text: string,
  ): { readonly condition: Condition; readonly problem?: undefined } | { readonly problem: ConditionProblem } {
    const checked = this.#check(text);
    if ('problem' in checked) return checked;
    if (checked.type !== 'bool' && checked.type !== 'dyn') {
      return { problem: { text: 'a condition is true or false; compare it with something', offset: 0 } };
    }
    const { ast } = checked;
    return { condition: { text, ast, uses: this.#uses(ast), holds: conditionReader(ast, this) } };
  }

  /** What a calculation comes to. */
  checkValue(text: string): CheckedValue {
    const checked = this.#check(text);
    if ('problem' in checked) return checked;
    const type = valueTypes[checked.type];
    return type === undefined
      ? { problem: { text: 'a calculated signal is a number, true or false, or a text', offset: 0 } }
      : { type, unit: unitOf(checked.ast, this.signals) };
  }

  #check(text: string): { readonly ast: ASTNode; readonly type: string } | { readonly problem: ConditionProblem } {
    let parsed: ParseResult;
    try {
      parsed = this.#environment.parse(text);
    } catch (error) {
      return { problem: problemOf(error, text, this.#vocabulary) };
    }
    const misuse = this.#vocabulary.parent && parentProblem(parsed.ast);
    if (misuse) return { problem: misuse };
    const checked = parsed.check();
    if (!checked.valid) return { problem: problemOf(checked.error, text, this.#vocabulary) };
    const problem = this.#constantProblem(parsed.ast) ?? unitMismatch(parsed.ast, this.signals);
    return problem === undefined ? { ast: parsed.ast, type: String(checked.type) } : { problem };
  }

  /** A part of a sound condition, as something that can be evaluated by itself; undefined is unknown. */
  part(node: ASTNode): () => unknown {
    const parsed = this.#environment.parse(writtenText(node));
    parsed.check();
    return () => this.#evaluate(parsed);
  }

  /** The key under which the window of a checked call is known. */
  windowKey(node: ASTNode & { op: 'call' }): string {
    const [name, [subject, length]] = node.args;
    const lengthMs = length?.op === 'value' ? parseDurationMs(String(length.args)) : undefined;
    return subject === undefined ? name : windowKeyOf(name, this.#sourceKey(subject), lengthMs ?? 0);
  }

  /** The key of the condition whose duration a checked call asks for. */
  spellKey(node: ASTNode & { op: 'call' }): string {
    const [, [subject]] = node.args;
    return subject === undefined ? '' : this.#sourceKey(subject);
  }

  /** A calculated signal; undefined for one that devices send. */
  derived(name: string): Derived | undefined {
    const known = this.#derived.get(name);
    const spec = this.signal(name);
    if (known !== undefined || spec?.is === undefined) return known;
    const checked = this.#check(spec.is);
    assert(!('problem' in checked), 'calculated signals are checked before they are used');
    const made = { spec, uses: this.#uses(checked.ast), read: valueReader(checked.ast, this) };
    this.#derived.set(name, made);
    return made;
  }

  /** The last value of a signal, sent or calculated. */
  lastValue(name: string): SignalValue | undefined {
    const derived = this.derived(name);
    return derived ? derived.read() : this.inputs?.value(this.slotOf(name));
  }

  /** An expression with all that it is calculated from: two of one meaning are alike. */
  #meaningOf(text: string, derived: Iterable<string>): string {
    const where = [...derived].sort().map((name) => `${name} = ${this.signal(name)?.is}`);
    return [text, ...where].join(' where ');
  }

  codeIndex(code: string): number {
    return this.#vocabulary.faultCodes.indexOf(code);
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
    const own = {
      signals: new Set<string>(),
      windows: new Set<string>(),
      ages: new Set<string>(),
      codes: new Set<string>(),
      spells: new Set<string>(),
      derived: new Set<string>(),
      facts: new Set<FactName>(),
      silent: false,
    };
    const inner: ConditionUses[] = [];
    walk(ast, (node) => {
      const signal = signalNode(node);
      if (signal !== undefined) {
        const derived = this.derived(signal);
        if (isFactName(signal)) own.facts.add(signal);
        else if (derived) {
          own.derived.add(signal);
          inner.push(derived.uses);
        } else if (this.signals.has(signal)) own.signals.add(signal);
        return 'past';
      }
      if (node.op !== 'call') return 'into';
      const [name, args] = node.args;
      if (!isSignalFunction(name)) return 'into';
      const [first] = args;
      if (name === 'silent') own.silent = true;
      else if (name === 'fault' && first?.op === 'value') own.codes.add(String(first.args));
      else if (name === 'age' && first?.op === 'id') own.ages.add(first.args);
      else if (name === 'previous' && first?.op === 'id') own.signals.add(first.args);
      else if (name === 'held' || name === 'since') {
        const key = this.spellKey(node);
        own.spells.add(key);
        const condition = this.spells.get(key);
        if (condition) inner.push(condition.uses);
      } else own.windows.add(this.windowKey(node));
      return 'past';
    });
    return inner.reduce(joinUses, own);
  }

  #buildEnvironment(): Environment {
    const environment = new Environment({ limits });
    for (const { name, type } of this.#vocabulary.signals) environment.registerVariable(name, celTypes[type]);
    for (const name of this.#vocabulary.unsureSignals) {
      if (!isFactName(name)) environment.registerVariable(name, 'dyn');
    }
    for (const [name, type] of factTypes) environment.registerVariable(name, celTypes[type]);
    this.#registerParent(environment);
    registerMixedNumbers(environment);
    for (const name of windowNames) {
      this.#macro(environment, `${name}(ast, ast): double`, (macro, checker, context) => {
        const key = this.#window(name, macro, checker, context);
        const index = this.windowIndex(key);
        const isFlag = name === 'ago' && this.#isFlagSeries(key);
        macro.read = () => {
          const value = known(this.inputs?.window(index));
          return isFlag ? value === 1 : value;
        };
        return isFlag ? 'bool' : 'double';
      });
    }
    for (const name of ['held', 'since'] as const) {
      this.#macro(environment, `${name}(ast): google.protobuf.Duration`, (macro, checker, context) => {
        const index = this.spellIndex(this.#spell(name, macro, checker, context));
        const read = () => (name === 'held' ? this.inputs?.heldMs(index) : this.inputs?.sinceMs(index));
        macro.read = () => this.#duration.fromMilliseconds(known(read()));
        return undefined;
      });
    }
    this.#macro(environment, 'previous(ast): dyn', (macro, checker) => {
      const name = this.#sentSignal('previous', macro, checker);
      this.remembered.add(name);
      const slot = this.slotOf(name);
      macro.read = () => known(this.inputs?.before(slot));
      const type = this.signal(name)?.type;
      return type && celTypes[type];
    });
    this.#macro(environment, 'fault(ast): bool', (macro, checker) => {
      const index = this.codeIndex(faultCodeArgument(macro, checker, this.#vocabulary));
      macro.read = () => known(this.inputs?.fault(index));
      return undefined;
    });
    this.#macro(environment, 'age(ast): google.protobuf.Duration', (macro, checker) => {
      const slot = this.slotOf(this.#sentSignal('age', macro, checker));
      macro.read = () => this.#duration.fromMilliseconds(known(this.inputs?.ageMs(slot)));
      return undefined;
    });
    environment.registerFunction('silent(): bool', () => known(this.inputs?.silent()), { async: false });
    return environment;
  }

  /** Of a parent whose pack is not at hand everything may be asked, and nothing is known. */
  #registerParent(environment: Environment): void {
    const { parent } = this.#vocabulary;
    if (parent === undefined) return;
    if (parent.signals !== undefined) {
      const fields = Object.fromEntries(parent.signals.map(({ name, type }) => [name, celTypes[type]]));
      environment.registerType(parentType, { ctor: ParentReadings, fields });
    }
    environment.registerVariable('parent', parent.signals === undefined ? 'dyn' : parentType);
  }

  /**
   * Registers a function that sees its arguments as syntax. `check` throws the checker's errors and sets `read`; it may
   * return a type of its own.
   */
  #macro(
    environment: Environment,
    signature: string,
    check: (macro: Macro, checker: Checker, context: unknown) => string | undefined,
  ): void {
    const type = signature.slice(signature.lastIndexOf(': ') + 2);
    environment.registerFunction(signature, ({ args }: { args: readonly ASTNode[] }) => ({
      args,
      async: false,
      read: () => unknown,
      typeCheck: (checker: Checker, macro: Macro, context: unknown) => {
        return checker.getType(check(macro, checker, context) ?? type);
      },
      evaluate: (_evaluator: unknown, macro: Macro) => macro.read(),
    }));
  }

  /** Checks the arguments of a window function and makes its window known; returns the window's key. */
  #window(name: WindowName, macro: Macro, checker: Checker, context: unknown): string {
    const [subject, length] = macro.args;
    if (subject === undefined || length === undefined) throw checker.createError('usage', usage[name], macro.args[0]);
    const lengthMs = lengthArgument(name, length, checker);
    checker.check(subject, context);
    refuseParent(name, subject, checker);
    if (subject.op === 'id' && this.#isSignal(subject.args)) {
      const signal = this.signal(subject.args);
      if (signal) checkWindowSignal(name, signal, subject, checker);
      return this.addWindow(name, windowFunction(name, signal), this.#signalSource(subject.args), lengthMs);
    }
    if (name !== 'count') throw checker.createError('usage', `${name}() takes a signal: ${usage[name]}`, subject);
    const condition = this.#inner(name, subject, checker);
    return this.addWindow(name, 'held', { key: this.#sourceKey(subject), kind: 'condition', condition }, lengthMs);
  }

  #signalSource(name: string): SeriesSource {
    const derived = this.derived(name);
    const key = this.#nameKey(name);
    return derived ? { key, kind: 'derived', derived } : { key, kind: 'signal', signal: name };
  }

  /** Checks a condition whose duration is asked for and makes it known; returns its key. */
  #spell(name: 'held' | 'since', macro: Macro, checker: Checker, context: unknown): string {
    const [subject] = macro.args;
    if (subject === undefined) throw checker.createError('usage', usage[name], subject);
    if (!['bool', 'dyn'].includes(checker.check(subject, context).name)) {
      throw checker.createError('usage', `${name}() takes a condition: ${usage[name]}`, subject);
    }
    const key = this.#sourceKey(subject);
    if (!this.spells.has(key)) this.addSpell(key, this.#inner(name, subject, checker));
    return key;
  }

  /** A condition inside another. */
  #inner(name: 'count' | 'held' | 'since', subject: ASTNode, checker: Checker): Condition {
    const result = this.compile(writtenText(subject));
    if (result.problem) throw checker.createError('usage', result.problem.text, subject);
    // Silence goes by the service's time, everything here by the device's.
    if (result.condition.uses.silent) {
      const text = name === 'count' ? 'count() cannot count silence' : `${name}() cannot time silence; use for`;
      throw checker.createError('usage', text, subject);
    }
    return result.condition;
  }

  #sourceKey(subject: ASTNode): string {
    if (subject.op === 'id' && this.#isSignal(subject.args)) return this.#nameKey(subject.args);
    return `(${this.#meaningOf(writtenText(subject), this.#uses(subject).derived)})`;
  }

  /** Of a calculated signal with its calculation: what is known of another one is of no use. */
  #nameKey(name: string): string {
    const derived = this.derived(name);
    return derived ? this.#meaningOf(name, [name, ...derived.uses.derived]) : name;
  }

  #isFlagSeries(windowKey: string): boolean {
    const source = this.series.get(this.windows.get(windowKey)?.series ?? '');
    return this.signalOf(source)?.type === 'boolean';
  }

  /** A signal that devices send: a calculated one has no readings of its own. */
  #sentSignal(name: 'age' | 'previous', macro: Macro, checker: Checker): string {
    const signal = signalArgument(name, macro, checker);
    if (this.signal(signal)?.is !== undefined) {
      throw checker.createError(
        'usage',
        `${name}() takes a signal that devices send; ${signal} is calculated`,
        macro.args[0],
      );
    }
    if (!this.#isSignal(signal)) throw checker.createError('unknown_variable', signal, macro.args[0]);
    return signal;
  }

  #isSignal(name: string): boolean {
    return this.signal(name) !== undefined || this.#vocabulary.unsureSignals.includes(name);
  }

  /** A context whose properties read the inputs as they are when CEL asks for them. */
  #buildContext(): object {
    const context = Object.create(null);
    const parent = new ParentReadings();
    for (const name of this.signals.keys()) {
      const get = () => known(this.lastValue(name));
      const own = parentSignal(name);
      Object.defineProperty(own === undefined ? context : parent, own ?? name, { enumerable: true, get });
    }
    if (this.#vocabulary.parent) context.parent = parent;
    for (const [name] of factTypes) {
      Object.defineProperty(context, name, { enumerable: true, get: () => known(this.inputs?.fact(name)) });
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
        this.#environment.evaluate(writtenText(node));
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

/** What is known of the parent, as CEL sees it. */
class ParentReadings {}
const parentType = 'Parent';

/** The parent is no value by itself. */
function parentProblem(ast: ASTNode): ConditionProblem | undefined {
  let problem: ConditionProblem | undefined;
  walk(ast, (node) => {
    if (signalNode(node) === undefined) return 'into';
    if (node.op === 'id' && node.args === 'parent') problem ??= { text: usageOfParent, offset: node.start };
    return 'past';
  });
  return problem;
}

const valueTypes: Readonly<Record<string, SignalSpec['type']>> = {
  double: 'number',
  int: 'number',
  dyn: 'number',
  bool: 'boolean',
  string: 'string',
};

const celTypes = { number: 'double', boolean: 'bool', string: 'string' } as const;
