import type { ASTNode } from '@marcbachmann/cel-js';
import { isSignalFunction } from './condition-errors.ts';
import type { ConditionLanguage } from './language.ts';
import { signalNode, writtenText } from './syntax.ts';

/** A condition as people read it: what is compared with what, joined by and, or. Negations are carried inwards. */
export type Term =
  | { readonly kind: 'all'; readonly terms: readonly Term[] }
  | { readonly kind: 'any'; readonly terms: readonly Term[] }
  | {
      readonly kind: 'comparison';
      readonly node: ASTNode;
      readonly negated: boolean;
      readonly left: Operand;
      readonly op: Comparison;
      readonly right: Operand;
    }
  | { readonly kind: 'flag'; readonly signal: string; readonly expected: boolean }
  | { readonly kind: 'fault'; readonly code: string; readonly expected: boolean }
  | { readonly kind: 'silent'; readonly expected: boolean }
  | { readonly kind: 'other'; readonly node: ASTNode; readonly text: string; readonly expected: boolean };

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

export type Operand =
  | { readonly kind: 'literal'; readonly value: number | boolean | string }
  | { readonly kind: 'length'; readonly text: string }
  | { readonly kind: 'signal'; readonly signal: string; readonly node: ASTNode }
  | { readonly kind: 'age'; readonly signal: string; readonly node: ASTNode }
  | { readonly kind: 'previous'; readonly signal: string; readonly node: ASTNode }
  | { readonly kind: 'held' | 'since'; readonly node: ASTNode; readonly condition: Term }
  | { readonly kind: 'window'; readonly key: string; readonly node: ASTNode; readonly condition: Term | undefined }
  | { readonly kind: 'expression'; readonly text: string; readonly node: ASTNode };

const opposite: Readonly<Record<Comparison, Comparison>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
};
const mirrored: Readonly<Record<Comparison, Comparison>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

/** With `expected` false the term is that of the condition's negation. */
export function termOf(node: ASTNode, language: ConditionLanguage, expected = true): Term {
  if (node.op === '&&' || node.op === '||') {
    const kind = (node.op === '&&') === expected ? 'all' : 'any';
    const terms = node.args.flatMap((part) => {
      const term = termOf(part, language, expected);
      return term.kind === kind ? term.terms : [term];
    });
    return { kind, terms };
  }
  if (node.op === '!_') return termOf(node.args, language, !expected);
  const signal = signalNode(node);
  if (signal !== undefined && isFlag(signal, language)) return { kind: 'flag', signal, expected };
  if (node.op === 'call') {
    const [name, [first]] = node.args;
    if (name === 'silent') return { kind: 'silent', expected };
    if (name === 'fault' && first?.op === 'value') return { kind: 'fault', code: String(first.args), expected };
  }
  if (isComparison(node)) return comparisonOf(node, node.op, language, expected);
  return { kind: 'other', node, text: writtenText(node), expected };
}

type ComparisonNode = ASTNode & { readonly op: Comparison; readonly args: readonly [ASTNode, ASTNode] };

function isComparison(node: ASTNode): node is ComparisonNode {
  return Object.hasOwn(opposite, node.op);
}

function comparisonOf(node: ComparisonNode, written: Comparison, language: ConditionLanguage, expected: boolean): Term {
  const op = expected ? written : opposite[written];
  const left = operandOf(node.args[0], language);
  const right = operandOf(node.args[1], language);
  if (left.kind === 'signal' && isFlag(left.signal, language) && right.kind === 'literal') {
    return { kind: 'flag', signal: left.signal, expected: (op === '==') === right.value };
  }
  if (left.kind === 'literal' || left.kind === 'length') {
    return { kind: 'comparison', node, negated: !expected, left: right, op: mirrored[op], right: left };
  }
  return { kind: 'comparison', node, negated: !expected, left, op, right };
}

function isFlag(name: string, language: ConditionLanguage): boolean {
  return language.signal(name)?.type === 'boolean';
}

function operandOf(node: ASTNode, language: ConditionLanguage): Operand {
  if (node.op === 'value' && (typeof node.args === 'number' || typeof node.args === 'bigint')) {
    return { kind: 'literal', value: Number(node.args) };
  }
  if (node.op === 'value' && (typeof node.args === 'string' || typeof node.args === 'boolean')) {
    return { kind: 'literal', value: node.args };
  }
  if (node.op === '-_') {
    const inner = operandOf(node.args, language);
    if (inner.kind === 'literal' && typeof inner.value === 'number') return { kind: 'literal', value: -inner.value };
  }
  const signal = signalNode(node);
  if (signal !== undefined) return { kind: 'signal', signal, node };
  if (node.op === 'call') {
    const [name, [first]] = node.args;
    if (name === 'duration' && first?.op === 'value') return { kind: 'length', text: String(first.args) };
    if (name === 'age' && first?.op === 'id') return { kind: 'age', signal: first.args, node };
    if (name === 'previous' && first?.op === 'id') return { kind: 'previous', signal: first.args, node };
    if ((name === 'held' || name === 'since') && first !== undefined) {
      return { kind: name, node, condition: termOf(first, language) };
    }
    if (isSignalFunction(name) && first !== undefined && name !== 'fault') {
      const condition = first.op === 'id' ? undefined : termOf(first, language);
      return { kind: 'window', key: language.windowKey(node), node, condition };
    }
  }
  return { kind: 'expression', text: writtenText(node), node };
}
