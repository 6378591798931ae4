import { canonicalJson } from '../base/index.ts';
import { SourceDocument } from './document.ts';

/** One difference between two texts of a pack, as its author would tell it. */
export interface PackChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** What it is about, by names: `rules.warm-cabinet.for`. */
  readonly path: string;
  /** Undefined for what was added. */
  readonly before: string | undefined;
  /** Undefined for what was removed. */
  readonly after: string | undefined;
}

/** Items of lists are known by one of these, not by their place: moving a rule changes nothing. */
const names = ['id', 'code', 'kind', 'name'] as const;

/** What `after` changes of `before`, in the order of `after`, removals last. Comments and formatting are no changes. */
export function packChanges(before: string, after: string): readonly PackChange[] {
  const changes: PackChange[] = [];
  compareBoth(contentOf(before), contentOf(after), '', changes);
  return changes;
}

/** One line of a readable difference. */
export function formatPackChange({ change, path, before, after }: PackChange): string {
  if (change === 'added') return `+ ${path}: ${after}`;
  if (change === 'removed') return `- ${path}: ${before}`;
  return `~ ${path}: ${before} → ${after}`;
}

function contentOf(source: string): unknown {
  return new SourceDocument('pack', source).value ?? {};
}

function compare(before: unknown, after: unknown, path: string, changes: PackChange[]): void {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return;
  if (before === undefined) changes.push({ change: 'added', path, before: undefined, after: shown(after) });
  else if (after === undefined) changes.push({ change: 'removed', path, before: shown(before), after: undefined });
  else compareBoth(before, after, path, changes);
}

function compareBoth(before: unknown, after: unknown, path: string, changes: PackChange[]): void {
  const [old, now] = [partsOf(before), partsOf(after)];
  if (old === undefined || now === undefined) {
    changes.push({ change: 'changed', path, before: shown(before), after: shown(after) });
    return;
  }
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const [key, value] of now) compare(old.get(key), value, below(key), changes);
  for (const [key, value] of old) if (!now.has(key)) compare(value, undefined, below(key), changes);
}

/** Named parts; undefined for what is compared as a whole. */
function partsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value)) return itemsByName(value);
  return isRecord(value) ? new Map(Object.entries(value)) : undefined;
}

function itemsByName(list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const parts = new Map<string, unknown>();
  for (const item of list) {
    const name = nameOf(item);
    if (name === undefined || parts.has(name)) return undefined;
    parts.set(name, item);
  }
  return parts;
}

function nameOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item;
  if (!isRecord(item)) return undefined;
  const found = names.map((key) => item[key]).find((name) => typeof name === 'string');
  return typeof found === 'string' ? found : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
