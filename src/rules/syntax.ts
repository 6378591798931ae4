import type { ASTNode } from '@marcbachmann/cel-js';

/** Visits a condition's nodes from the top; `past` leaves out what is below a node. */
export function walk(node: ASTNode, visit: (node: ASTNode) => 'into' | 'past'): void {
  if (visit(node) === 'past') return;
  for (const child of childrenOf(node)) walk(child, visit);
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  if (node.op === 'value' || node.op === 'id') return [];
  if (node.op === '.' || node.op === '.?') return [node.args[0]];
  if (node.op === 'call') return node.args[1];
  if (node.op === 'rcall') return [node.args[1], ...node.args[2]];
  if (node.op === 'map') return node.args.flat();
  if (node.op === '!_' || node.op === '-_') return [node.args];
  return node.args;
}

const parentPrefix = 'parent.';

/** The name under which a condition knows a signal of the device's parent: as it is written. */
export function ofParent(signal: string): string {
  return parentPrefix + signal;
}

/** The parent's signal of such a name; undefined for the device's own. */
export function parentSignal(name: string): string | undefined {
  return name.startsWith(parentPrefix) ? name.slice(parentPrefix.length) : undefined;
}

/** The signal that a node reads the last value of: `temp`, `parent.temp`; undefined for other nodes. */
export function signalNode(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  return node.op === '.' && node.args[0].op === 'id' && node.args[0].args === 'parent'
    ? ofParent(node.args[1])
    : undefined;
}

/** Texts and comments: parentheses in them join nothing. */
const quoted = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|\/\/[^\n]*/g;

/**
 * A part of a condition as it was written, so that it can be read by itself. The place of a part knows nothing of
 * parentheses around what it begins or ends with: those that lack their other half get it.
 */
export function writtenText({ input, start, end }: ASTNode): string {
  const text = input.slice(start, end);
  let missing = 0;
  let open = 0;
  for (const sign of text.replaceAll(quoted, '').match(/[()]/g) ?? []) {
    if (sign === '(') open += 1;
    else if (open > 0) open -= 1;
    else missing += 1;
  }
  return '('.repeat(missing) + oneLine(text) + ')'.repeat(open);
}

function oneLine(text: string): string {
  const texts: string[] = [];
  const marked = text.replaceAll(quoted, (found) => {
    texts.push(found.startsWith('//') ? ' ' : found);
    return '\0';
  });
  return marked.replaceAll(/\s+/g, ' ').replaceAll('\0', () => texts.shift() ?? '');
}
