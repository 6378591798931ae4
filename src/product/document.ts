import { isAlias, isCollection, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, Scalar } from 'yaml';
import type { PackProblem } from './pack.ts';

/** Where something stands in a pack file: keys and list indexes from the top. */
export type Path = readonly (string | number)[];

/** At most so many problems are told of one file. */
export const problemsMax = 100;
export const packBytesMax = 1_000_000;
const aliasesMax = 100;
/** Deeper than any pack, and far below where the YAML reader's own recursion becomes slow. */
const depthMax = 60;
/** Beyond so many, more are not even placed. */
const recordedMax = 10 * problemsMax;

/** `file:line:col: text`, as `aftercare check` prints it. */
export function formatProblem(problem: PackProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.text}`;
}

/** A YAML or JSON file with the place of everything in it, and the problems found so far. */
export class SourceDocument {
  readonly file: string;
  /** The content as plain data; undefined when the text cannot be read at all. */
  readonly value: unknown;
  readonly #source: string;
  readonly #lines = new LineCounter();
  readonly #problems: PackProblem[] = [];
  #contents: Node | null = null;
  #resolve: (node: Node) => Node | undefined = () => undefined;

  constructor(file: string, source: string) {
    this.file = file;
    // A byte order mark is not content; editors on some systems put one at the start.
    this.#source = source.startsWith('\uFEFF') ? source.slice(1) : source;
    this.value = this.#read();
  }

  /** All problems, in the order of the file. */
  problems(): readonly PackProblem[] {
    const sorted = [...this.#problems].sort((a, b) => a.line - b.line || a.column - b.column);
    return sorted.slice(0, problemsMax);
  }

  get hasProblems(): boolean {
    return this.#problems.length > 0;
  }

  /** A problem of the value at the path. */
  atValue(path: Path, text: string): void {
    if (this.#isFull()) return;
    this.#add(this.#find(path).value, text);
  }

  /** A problem of the key itself: misspelt, forbidden, or lacking something inside. */
  atKey(path: Path, text: string): void {
    if (this.#isFull()) return;
    this.#add(this.#find(path).key, text);
  }

  /** A problem inside a text, `offset` characters into it as it was read: quotes, escapes and folds are followed back. */
  inText(path: Path, offset: number, text: string): void {
    if (this.#isFull()) return;
    const { node, value } = this.#find(path);
    this.#add(node === undefined ? value : value + sourceOffset(this.#source, node, offset), text);
  }

  line(path: Path): number {
    return this.#lines.linePos(this.#find(path).value).line;
  }

  #isFull(): boolean {
    return this.#problems.length >= recordedMax;
  }

  #add(offset: number, text: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#problems.push({ file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), text });
  }

  #read(): unknown {
    if (this.#source.length > packBytesMax) {
      this.#add(0, `the file is larger than ${packBytesMax / 1_000_000} MB`);
      return undefined;
    }
    if (isNestedBeyond(this.#source, depthMax)) {
      this.#add(0, 'nested too deeply');
      return undefined;
    }
    const options = { lineCounter: this.#lines, prettyErrors: false, stringKeys: true, logLevel: 'silent' } as const;
    const document = parseDocument(this.#source, options);
    let readable = true;
    for (const error of document.errors) {
      // A key written twice is a mistake of one place; everything else leaves the rest of the file in doubt.
      if (error.code !== 'DUPLICATE_KEY') readable = false;
      if (error.code === 'RESOURCE_EXHAUSTION') {
        this.#add(error.pos[0], 'nested too deeply');
        break;
      }
      this.#add(error.pos[0], error.code === 'DUPLICATE_KEY' ? 'this key is here twice' : lowerFirst(error.message));
    }
    for (const warning of document.warnings) this.#add(warning.pos[0], lowerFirst(warning.message));
    this.#contents = document.contents;
    this.#resolve = (node) => (isAlias(node) ? node.resolve(document) : node);
    if (!readable) return undefined;
    try {
      return document.toJS({ maxAliasCount: aliasesMax });
    } catch (error) {
      this.#add(0, error instanceof Error ? lowerFirst(error.message) : 'the file cannot be read');
      return undefined;
    }
  }

  /** Source offsets of the key and of the value at the path, or of the nearest thing around it that exists. */
  #find(path: Path): { key: number; value: number; node: Scalar | undefined } {
    let node: Node | undefined = this.#contents ?? undefined;
    let key = node?.range?.[0] ?? 0;
    let value = key;
    for (const segment of path) {
      const inside: Node | undefined = node === undefined ? undefined : this.#resolve(node);
      const child = inside === undefined ? undefined : childOf(inside, segment);
      if (child === undefined) return { key, value, node: undefined };
      node = child.value;
      value = child.value?.range?.[0] ?? child.key?.range?.[0] ?? value;
      key = child.key?.range?.[0] ?? value;
    }
    return { key, value, node: isScalar(node) ? node : undefined };
  }
}

function childOf(node: Node, segment: string | number): { key: Node | undefined; value: Node | undefined } | undefined {
  if (isMap<Node, Node | null>(node)) {
    const pair: Pair<Node, Node | null> | undefined = node.items.find(
      (item) => isScalar(item.key) && String(item.key.value) === String(segment),
    );
    return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? undefined };
  }
  if (!isCollection(node) || typeof segment !== 'number') return undefined;
  const item = node.items[segment] as Node | undefined;
  return item === undefined ? undefined : { key: undefined, value: item };
}

/** How far into its source text the `offset`th character of a scalar's value stands. */
function sourceOffset(source: string, node: Scalar, offset: number): number {
  const start = node.range?.[0] ?? 0;
  const raw = source.slice(start, node.range?.[1] ?? start);
  const value = String(node.value);
  const block = node.type === Scalar.BLOCK_FOLDED || node.type === Scalar.BLOCK_LITERAL;
  const quoted = node.type === Scalar.QUOTE_SINGLE || node.type === Scalar.QUOTE_DOUBLE;
  let position = block ? raw.indexOf('\n') + 1 : quoted ? 1 : 0;
  for (let index = 0; index <= offset; index++) {
    const character = value.charAt(index);
    const isSpace = character === ' ' || character === '\n';
    // Indentation and folded line ends stand in the source only.
    while (!isSpace && index < value.length && /\s/.test(raw.charAt(position))) position += 1;
    if (index === offset) return position;
    if (isSpace && !/\s/.test(raw.charAt(position))) continue;
    position += writtenLength(raw, position, node.type);
  }
  return position;
}

const escapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function writtenLength(raw: string, position: number, type: Scalar['type']): number {
  if (type === Scalar.QUOTE_SINGLE && raw.startsWith("''", position)) return 2;
  if (type !== Scalar.QUOTE_DOUBLE || raw.charAt(position) !== '\\') return 1;
  return escapeLengths[raw.charAt(position + 1)] ?? 2;
}

/** An upper bound from the text alone: brackets that open, and list items inside list items on one line. */
function isNestedBeyond(source: string, depthLimit: number): boolean {
  let depth = 0;
  for (let index = 0; index < source.length; index++) {
    const character = source.charAt(index);
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > depthLimit) return true;
  }
  return new RegExp(`^[ \\t]*(?:[-?][ \\t]+){${depthLimit}}`, 'm').test(source);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
