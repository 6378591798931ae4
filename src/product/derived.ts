import type { ConditionChecker } from './checkers.ts';
import type { SourceDocument } from './document.ts';
import { signalNameProblem, titleFromName } from './names.ts';
import type { DerivedSpec, SignalSpec } from './pack.ts';
import { derivedSchema } from './schema.ts';
import { readShape } from './shape.ts';
import { unitProblem } from './units.ts';

const derivedMax = 100;
/** Calculated from calculated ones: so deep at most, so that people can follow. */
const depthMax = 8;

export interface DerivedContext {
  readonly document: SourceDocument;
  readonly value: unknown;
  /** Those that devices send. */
  readonly signals: readonly SignalSpec[];
  readonly unsureSignals: readonly string[];
  readonly faultCodes: readonly string[];
  readonly checkCondition: ConditionChecker;
  readonly maxAgeMs: number;
}

export interface ParsedDerived {
  /** Each after those that it is calculated from. */
  readonly specs: readonly DerivedSpec[];
  /** Named, but with a problem. */
  readonly unsure: readonly string[];
}

interface Entry {
  readonly is: string;
  readonly title: string;
  readonly unit: string | undefined;
}

/** Reads the calculated signals: types and units come from their calculations. */
export function parseDerived(context: DerivedContext): ParsedDerived {
  const { document, value } = context;
  if (value === undefined) return { specs: [], unsure: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    document.atKey(['derived'], "'derived' has keys and values: one entry a calculated signal");
    return { specs: [], unsure: [] };
  }
  const names = Object.keys(value);
  if (names.length > derivedMax) document.atKey(['derived'], `at most ${derivedMax} entries`);
  const entries = new Map<string, Entry>();
  for (const [name, item] of Object.entries(value).slice(0, derivedMax)) {
    const entry = readEntry(context, name, item);
    if (entry) entries.set(name, entry);
  }
  const specs: DerivedSpec[] = [];
  const sent = new Set([...context.signals.map((signal) => signal.name), ...context.unsureSignals]);
  const unsure = new Set(names.filter((name) => !sent.has(name)));
  for (const name of inOrder(context, entries)) {
    const spec = specOf({ ...context, signals: [...context.signals, ...specs] }, [...unsure], name, entries);
    if (spec === undefined) continue;
    specs.push(spec);
    unsure.delete(name);
  }
  return { specs, unsure: [...unsure] };
}

function readEntry(
  { document, signals, unsureSignals }: DerivedContext,
  name: string,
  item: unknown,
): Entry | undefined {
  const path = ['derived', name];
  const isSent = signals.some((signal) => signal.name === name) || unsureSignals.includes(name);
  const problem = isSent ? `there is a signal '${name}' that devices send` : signalNameProblem(name);
  if (problem !== undefined) document.atKey(path, problem);
  const input = readShape(document, path, derivedSchema, item);
  if (input === undefined || problem !== undefined) return undefined;
  const unit = input.unit === undefined ? undefined : unitProblem(input.unit);
  if (unit !== undefined) document.atValue([...path, 'unit'], unit);
  return { is: input.is, title: input.title ?? titleFromName(name), unit: input.unit };
}

/** Each after those that it is calculated from; those that go round in a circle are told and left out. */
function inOrder({ document }: DerivedContext, entries: ReadonlyMap<string, Entry>): readonly string[] {
  const depths = new Map<string, number>();
  const broken = new Set<string>();
  const visit = (name: string, above: readonly string[]): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    if (above.includes(name)) {
      const circle = [...above.slice(above.indexOf(name)), name];
      if (!circle.some((part) => broken.has(part))) {
        document.atKey(['derived', name], `'${name}' is calculated from itself: ${circle.join(' → ')}`);
      }
      for (const part of circle) broken.add(part);
      return 0;
    }
    const inner = partsOf(name, entries).map((part) => visit(part, [...above, name]));
    const depth = 1 + Math.max(0, ...inner);
    if (depth === depthMax + 1)
      document.atKey(['derived', name], `'${name}' is calculated in more than ${depthMax} steps`);
    if (depth > depthMax) broken.add(name);
    depths.set(name, depth);
    return depth;
  };
  for (const name of entries.keys()) visit(name, []);
  return [...depths.keys()].filter((name) => !broken.has(name));
}

/** Calculated signals that a calculation names, texts in quotes aside. */
function partsOf(name: string, entries: ReadonlyMap<string, Entry>): string[] {
  const written = withoutTexts(entries.get(name)?.is ?? '');
  return [...new Set(written.match(/[A-Za-z_]\w*/g))].filter((word) => entries.has(word));
}

/** Of the same length, so that places in it stay what they are. */
function withoutTexts(written: string): string {
  return written.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (text) => ' '.repeat(text.length));
}

function specOf(
  context: DerivedContext,
  unsure: readonly string[],
  name: string,
  entries: ReadonlyMap<string, Entry>,
): DerivedSpec | undefined {
  const { document, signals, unsureSignals, faultCodes, checkCondition, maxAgeMs } = context;
  const entry = entries.get(name);
  if (entry === undefined) return undefined;
  const path = ['derived', name];
  const others = unsure.filter((other) => other !== name);
  const asksParent = /\bparent\s*\./.exec(withoutTexts(entry.is));
  if (asksParent) {
    const text = "a calculated signal is made of the device's own; ask for the parent's in the condition itself";
    document.inText([...path, 'is'], asksParent.index, text);
    return undefined;
  }
  const unsureOnes = [...unsureSignals, ...others];
  const check = checkCondition({ signals, unsureSignals: unsureOnes, faultCodes, parent: undefined });
  const checked = check.value(entry.is);
  for (const { offset, text } of checked.problems) document.inText([...path, 'is'], offset, text);
  if (checked.type === undefined) return undefined;
  const { title, is } = entry;
  const unit = entry.unit ?? checked.unit;
  if (unit !== undefined && checked.type !== 'number') {
    document.atKey([...path, 'unit'], `'${name}' is no number and has no unit`);
  } else if (checked.unit !== undefined && checked.unit !== unit) {
    document.atValue([...path, 'unit'], `its calculation is in ${checked.unit}, not ${unit}`);
  }
  const kind = checked.type === 'number' ? 'gauge' : 'state';
  const absent = { values: undefined, range: undefined, watch: [] };
  return { name, title, kind, unit, type: checked.type, maxAgeMs, is, ...absent };
}
