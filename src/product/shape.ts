import { z } from 'zod';
import type { Path, SourceDocument } from './document.ts';
import { didYouMean } from './names.ts';

/** Words of the pack format that are decided and not built yet. Silence about them would be a rule that never fires. */
const planned = new Set('prognosis schedule schedules cohort upgrade facts'.split(' '));

/**
 * Reads the value at the path by its shape. Every problem goes to the document with its place; undefined is returned
 * when there is one. `value` is the content at that path.
 */
export function readShape<Schema extends z.ZodType>(
  document: SourceDocument,
  path: Path,
  schema: Schema,
  value: unknown,
): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) report({ document, schema, base: path, root: value }, issue, []);
  return undefined;
}

/** Tells of every key that is not known at this place. */
export function refuseUnknownKeys(document: SourceDocument, path: Path, keys: Iterable<string>, known: string[]): void {
  for (const key of keys) {
    if (!known.includes(key)) document.atKey([...path, key], unknownKey(key, known));
  }
}

function unknownKey(key: string, known: Iterable<string>): string {
  if (planned.has(key)) return `'${key}' is not supported yet`;
  const names = [...known];
  if (names.includes(key)) return `'${key}' does not go with the other keys here`;
  return `unknown key '${key}'${didYouMean(key, names)}`;
}

interface Reading {
  readonly document: SourceDocument;
  readonly schema: z.ZodType;
  readonly base: Path;
  readonly root: unknown;
}

function report(reading: Reading, issue: z.core.$ZodIssue, outer: Path): void {
  const { document, base } = reading;
  const inner = [...outer, ...issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)))];
  const path = [...base, ...inner];
  const input = valueAt(reading.root, inner);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) document.atKey([...path, key], unknownKey(key, keysAt(reading.schema, inner)));
    return;
  }
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue.errors);
    if (branch === undefined) document.atValue(path, `expected ${branchWords(issue.errors)}, not ${inWords(input)}`);
    else for (const nested of branch) report(reading, nested, inner);
    return;
  }
  if (input === undefined) document.atKey(path.slice(0, -1), `'${String(inner.at(-1))}' is missing`);
  else document.atValue(path, describe(issue, input));
}

function describe(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'invalid_type') {
    return `expected ${typeWords[issue.expected] ?? issue.expected}, not ${inWords(input)}`;
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const hint = typeof input === 'string' ? didYouMean(input, values) : '';
    return `expected ${listWords(values)}, not ${inWords(input)}${hint}`;
  }
  if (issue.code === 'invalid_format' || issue.code === 'custom') {
    return `${inWords(input)} is not a length of time; write it like 90s, 10m, 1h30m or 14d`;
  }
  if (issue.code === 'too_big') {
    return `at most ${String(issue.maximum)} ${issue.origin === 'string' ? 'characters' : 'entries'}`;
  }
  if (issue.code === 'too_small' && issue.origin === 'string') return 'it cannot be empty';
  if (issue.code === 'too_small') {
    return `at least ${String(issue.minimum)}${issue.origin === 'array' ? ' entries' : ''}`;
  }
  return issue.message;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'keys and values',
  record: 'keys and values',
};

/** The alternative that was meant: the one with the fewest problems, unless none fits even by its type. */
function nearestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const fitting = branches.filter((issues) => !issues.some((issue) => issue.path.length === 0 && isMisfit(issue)));
  const weight = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return fitting.toSorted((a, b) => weight(a) - weight(b))[0];
}

function isMisfit(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function branchWords(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const words = branches.flatMap((issues) =>
    issues.map((issue) => {
      if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ');
      return issue.code === 'invalid_type' ? (typeWords[issue.expected] ?? issue.expected) : '';
    }),
  );
  // A length of time that may be zero is the only alternative with a literal in it.
  if (words.includes('0')) return 'a length of time such as 10m, or 0';
  return listWords(words.filter((word) => word !== ''));
}

function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function inWords(input: unknown): string {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'keys and values';
  return typeof input === 'string' ? `'${input}'` : String(input);
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

/** The keys that the shape knows at the path, of all its alternatives. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  const [segment, ...rest] = path;
  if (schema instanceof z.ZodOptional) return keysAt(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysAt(option as z.ZodType, path));
  if (schema instanceof z.ZodArray) return keysAt(schema.element as z.ZodType, rest);
  if (schema instanceof z.ZodRecord) return keysAt(schema.valueType as z.ZodType, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  if (segment === undefined) return Object.keys(schema.shape);
  const next: unknown = schema.shape[segment];
  return next instanceof z.ZodType ? keysAt(next, rest) : [];
}
