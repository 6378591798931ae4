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
