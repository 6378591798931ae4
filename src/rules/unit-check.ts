import type { ASTNode } from '@marcbachmann/cel-js';
import type { ConditionProblem, SignalSpec } from '../product/index.ts';
import { signalNode, walk } from './syntax.ts';

const sameUnit = new Set(['+', '-', '<', '<=', '>', '>=', '==', '!=']);

/** Adding and comparing need one unit on both sides. Literals have the other side's; products are not traced. */
export function unitMismatch(ast: ASTNode, signals: ReadonlyMap<string, SignalSpec>): ConditionProblem | undefined {
  let problem: ConditionProblem | undefined;
  walk(ast, (node) => {
    if (problem !== undefined) return 'past';
    if (!isPair(node)) return 'into';
    const [left, right] = node.args;
    const leftUnit = unitOf(left, signals);
    const rightUnit = unitOf(right, signals);
    if (leftUnit !== undefined && rightUnit !== undefined && leftUnit !== rightUnit) {
      const text = `'${node.op}' needs one unit on both sides: ${leftUnit} is not ${rightUnit}`;
      problem = { text, offset: node.start };
    }
    return 'into';
  });
  return problem;
}

type Pair = ASTNode & { readonly args: readonly [ASTNode, ASTNode] };

function isPair(node: ASTNode): node is Pair {
  return sameUnit.has(node.op);
}

const likeItsSignal = new Set(['avg', 'sum', 'min', 'max', 'median', 'spread', 'delta', 'ago', 'previous']);

/** Undefined: none, or one that is not traced. */
export function unitOf(node: ASTNode, signals: ReadonlyMap<string, SignalSpec>): string | undefined {
  const signal = signalNode(node);
  if (signal !== undefined) return signals.get(signal)?.unit;
  if (node.op === '-_') return unitOf(node.args, signals);
  if (node.op === '+' || node.op === '-') return unitOf(node.args[0], signals) ?? unitOf(node.args[1], signals);
  if (node.op !== 'call') return undefined;
  const [name, [subject]] = node.args;
  const unit = subject && unitOf(subject, signals);
  if (name === 'rate' || name === 'slope') return unit && `${unit}/s`;
  return likeItsSignal.has(name) ? unit : undefined;
}
