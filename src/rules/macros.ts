import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { dayMs, formatDuration, parseDurationMs } from '../base/index.ts';
import type { ConditionVocabulary, SignalSpec } from '../product/index.ts';
import { usage } from './condition-errors.ts';
import { parentSignal, signalNode } from './syntax.ts';
import type { WindowFunction } from './windows.ts';

const windowMsMax = 31 * dayMs;

export const windowNames = [
  ...(['avg', 'sum', 'min', 'max', 'median', 'spread', 'slope', 'delta'] as const),
  ...(['rate', 'count', 'ago'] as const),
] as const;
export type WindowName = (typeof windowNames)[number];

/** A call that sees its arguments as syntax. */
export interface Macro {
  readonly args: readonly ASTNode[];
  read: () => number | boolean | string | object;
}

export interface Checker {
  check(node: ASTNode, context: unknown): { name: string };
  createError(code: string, message: string, node: ASTNode | undefined): Error;
  getType(name: string): { name: string };
}

/** `temp * 2 > 8` means what it says, though CEL keeps whole numbers and others apart. */
export function registerMixedNumbers(environment: Environment): void {
  environment.registerOperator('double + int: double', (a: number, b: bigint) => a + Number(b));
  environment.registerOperator('double - int: double', (a: number, b: bigint) => a - Number(b));
  environment.registerOperator('double * int: double', (a: number, b: bigint) => a * Number(b));
  environment.registerOperator('double / int: double', (a: number, b: bigint) => a / Number(b));
  environment.registerOperator('int + double: double', (a: bigint, b: number) => Number(a) + b);
  environment.registerOperator('int - double: double', (a: bigint, b: number) => Number(a) - b);
  environment.registerOperator('int * double: double', (a: bigint, b: number) => Number(a) * b);
  environment.registerOperator('int / double: double', (a: bigint, b: number) => Number(a) / b);
  environment.registerOperator('double == int: bool', (a: number, b: bigint) => a === Number(b));
}

export function windowFunction(name: WindowName, signal: SignalSpec | undefined): WindowFunction {
  if (name !== 'delta') return name;
  return signal?.kind === 'counter' ? 'rise' : 'change';
}

export function windowKeyOf(name: string, source: string, lengthMs: number): string {
  return `${name}(${source}, ${formatDuration(lengthMs)})`;
}

export function lengthArgument(name: WindowName, length: ASTNode, checker: Checker): number {
  const lengthMs = length.op === 'value' && typeof length.args === 'string' ? parseDurationMs(length.args) : undefined;
  if (lengthMs === undefined) {
    throw checker.createError('usage', `the window is a length of time in quotes: ${usage[name]}`, length);
  }
  if (lengthMs > windowMsMax) throw checker.createError('usage', 'a window is at most 31d long', length);
  return lengthMs;
}

export function checkWindowSignal(name: WindowName, signal: SignalSpec, node: ASTNode, checker: Checker): void {
  if (name === 'count') return;
  if (name === 'ago') {
    if (signal.type !== 'string') return;
    throw checker.createError('usage', `ago() needs numbers, or true and false; ${signal.name} is a text`, node);
  }
  if (signal.type !== 'number') {
    throw checker.createError('usage', `${name}() needs numbers; ${signal.name} is ${signal.type}`, node);
  }
  if (name === 'rate' && signal.kind !== 'counter') {
    throw checker.createError('usage', `rate() needs a counter; ${signal.name} is a ${signal.kind}`, node);
  }
}

export function faultCodeArgument(macro: Macro, checker: Checker, { faultCodes }: ConditionVocabulary): string {
  const [argument] = macro.args;
  if (argument?.op !== 'value' || typeof argument.args !== 'string') {
    throw checker.createError('usage', usage.fault, argument ?? macro.args[0]);
  }
  if (!faultCodes.includes(argument.args)) throw checker.createError('fault_code', argument.args, argument);
  return argument.args;
}

/** Of a parent only the last value is known, as each report of the device found it. */
export function refuseParent(name: string, node: ASTNode, checker: Checker): void {
  const signal = signalNode(node);
  if (signal === undefined || parentSignal(signal) === undefined) return;
  const text = `${name}() takes the device's own readings; of its parent only the last value is known`;
  throw checker.createError('usage', text, node.op === '.' ? node.args[0] : node);
}

export function signalArgument(name: 'age' | 'previous', macro: Macro, checker: Checker): string {
  const [argument] = macro.args;
  if (argument !== undefined) refuseParent(name, argument, checker);
  if (argument?.op !== 'id') throw checker.createError('usage', usage[name], argument ?? macro.args[0]);
  return argument.args;
}
