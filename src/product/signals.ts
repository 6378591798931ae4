import type { WatchChecker } from './checkers.ts';
import type { Path, SourceDocument } from './document.ts';
import { signalNameProblem, titleFromName } from './names.ts';
import type { FailureMode, SignalSpec, WatchSpec } from './pack.ts';
import { type SignalInput, signalSchema, type WatchInput } from './schema.ts';
import { readShape } from './shape.ts';
import { unitProblem } from './units.ts';

const signalsMax = 200;

export interface SignalsContext {
  readonly document: SourceDocument;
  readonly value: unknown;
  readonly defaultMaxAgeMs: number;
  readonly checkWatch: WatchChecker;
  /** Looks a failure mode up and tells of it when there is none. */
  readonly mode: (path: Path, id: string) => FailureMode | undefined;
}

export interface ParsedSignals {
  readonly specs: readonly SignalSpec[];
  /** Named, but with a broken description. */
  readonly unsure: readonly string[];
  /** False when the section is missing or no section at all: then nothing can be said of conditions. */
  readonly readable: boolean;
}

export function parseSignals(context: SignalsContext): ParsedSignals {
  const { document, value } = context;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (value === undefined) document.atKey([], "'signals' is missing");
    else document.atKey(['signals'], "'signals' has keys and values: one entry a signal");
    return { specs: [], unsure: [], readable: false };
  }
  const entries = Object.entries(value);
  if (entries.length === 0) document.atKey(['signals'], 'a product has at least one signal');
  if (entries.length > signalsMax) document.atKey(['signals'], `at most ${signalsMax} signals`);
  const specs: SignalSpec[] = [];
  const unsure: string[] = [];
  for (const [name, entry] of entries.slice(0, signalsMax)) {
    const problem = signalNameProblem(name);
    if (problem !== undefined) document.atKey(['signals', name], problem);
    checkUnit(document, ['signals', name, 'unit'], entry);
    const input = readShape(document, ['signals', name], signalSchema, entry);
    if (input === undefined) unsure.push(name);
    else if (problem === undefined) specs.push(signalSpec(context, name, input));
  }
  return { specs, unsure, readable: true };
}

/** Before the shape, so that another mistake in the entry does not hide this one. */
function checkUnit(document: SourceDocument, path: Path, entry: unknown): void {
  if (typeof entry !== 'object' || entry === null || !('unit' in entry) || typeof entry.unit !== 'string') return;
  const problem = unitProblem(entry.unit);
  if (problem !== undefined) document.atValue(path, problem);
}

function signalSpec(context: SignalsContext, name: string, input: SignalInput): SignalSpec {
  const path: Path = ['signals', name];
  const { document } = context;
  const type = typeOf(document, path, input);
  if (input.range !== undefined && !(input.range[0] < input.range[1])) {
    document.atValue([...path, 'range'], 'a range is [low, high], low below high');
  }
  if (input.range !== undefined && input.kind !== 'gauge') {
    document.atKey([...path, 'range'], `'range' belongs to a gauge, not a ${input.kind}`);
  }
  if (input.watch !== undefined && type !== 'number') {
    document.atKey([...path, 'watch'], "'watch' needs a signal of numbers");
  }
  const watch = (input.watch ?? []).flatMap((entry, index) => {
    const spec = watchSpec(context, [...path, 'watch', index], entry, input);
    return spec === undefined ? [] : [spec];
  });
  return {
    name,
    title: input.title ?? titleFromName(name),
    kind: input.kind,
    unit: input.unit,
    type,
    values: input.values,
    range: input.range,
    maxAgeMs: input.maxAge ?? context.defaultMaxAgeMs,
    watch,
  };
}

function typeOf(document: SourceDocument, path: Path, input: SignalInput): SignalSpec['type'] {
  if (input.kind !== 'state') {
    if (input.values !== undefined)
      document.atKey([...path, 'values'], `'values' belongs to a state, not a ${input.kind}`);
    return 'number';
  }
  const types = new Set((input.values ?? [true]).map((value) => typeof value));
  if (types.size > 1) document.atValue([...path, 'values'], 'all values of a state are of one type');
  if (new Set(input.values).size < (input.values?.length ?? 0)) {
    document.atValue([...path, 'values'], 'a value is here twice');
  }
  if (types.has('number')) return 'number';
  return types.has('string') ? 'string' : 'boolean';
}

/** Undefined for an entry with problems. */
function watchSpec(context: SignalsContext, path: Path, entry: WatchInput, signal: SignalInput): WatchSpec | undefined {
  const { document } = context;
  const {
    kind,
    failureMode: modeId,
    severity,
    safety,
    ...params
  } = typeof entry === 'string' ? { kind: entry } : entry;
  const problems = kind === 'range' ? rangeProblems(signal, params) : context.checkWatch(kind, params);
  for (const problem of problems) document.atValue(path, problem);
  const failureMode = modeId ?? (kind === 'range' ? 'sensor-fault' : 'anomaly');
  const mode = context.mode([...path, 'failureMode'], failureMode);
  if (problems.length > 0) return undefined;
  return {
    kind,
    failureMode,
    severity: severity ?? mode?.severity ?? 'minor',
    safety: safety ?? mode?.safety ?? false,
    params,
  };
}

/** `range` watches whatever has one; an entry for it only says what its findings are. */
function rangeProblems(signal: SignalInput, params: Readonly<Record<string, unknown>>): readonly string[] {
  if (signal.range === undefined) return ["'range' needs the signal's range: [low, high]"];
  return Object.keys(params).map((name) => `range has no setting '${name}'; it follows the signal's range`);
}
