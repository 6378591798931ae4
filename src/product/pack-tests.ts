import { formatDuration } from '../base/index.ts';
import type { ParentVocabulary } from './checkers.ts';
import type { Path, SourceDocument } from './document.ts';
import { didYouMean } from './names.ts';
import type { PackExpectation, PackTest, SampleRun, SignalSpec } from './pack.ts';
import { type ExpectInput, expectSchema, testHeadSchema } from './schema.ts';
import { readShape } from './shape.ts';

const testsMax = 200;
const expectationsMax = 100;
/** Samples of one signal in one test: over two months of minutes. */
const samplesMax = 100_000;

export interface TestsContext {
  readonly document: SourceDocument;
  readonly value: unknown;
  readonly defaultEveryMs: number;
  readonly signals: readonly SignalSpec[];
  readonly unsureSignals: readonly string[];
  readonly parent: ParentVocabulary | undefined;
  /** The source was published before: its tests are run no more. */
  readonly published: boolean;
  /** Tells of a failure mode that there is not. */
  readonly checkMode: (path: Path, id: string) => void;
}

export function parseTests(context: TestsContext): readonly PackTest[] {
  const { document, value } = context;
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    document.atKey(['tests'], "'tests' is a list: begin each test with '- name: …'");
    return [];
  }
  if (value.length > testsMax) document.atKey(['tests'], `at most ${testsMax} tests`);
  return value.slice(0, testsMax).flatMap((item, index) => {
    const test = packTest(context, ['tests', index], item);
    return test === undefined ? [] : [test];
  });
}

function packTest(context: TestsContext, path: Path, item: unknown): PackTest | undefined {
  const input = readShape(context.document, path, testHeadSchema, item);
  const raw: { signals?: unknown; expect?: unknown } = typeof item === 'object' && item !== null ? item : {};
  const known = { signals: context.signals, unsure: context.unsureSignals, absent: 'there is no signal' };
  const signals = testSignals(context, [...path, 'signals'], raw.signals, known);
  const parent = testParent(context, [...path, 'parent'], item);
  const expect = testExpectations(context, [...path, 'expect'], raw.expect);
  if (input === undefined) return undefined;
  const everyMs = input.every ?? context.defaultEveryMs;
  const faults = (input.faults ?? []).map(({ at, code, active }) => ({ atMs: at, code, active: active ?? true }));
  const lengths = [signals, parent?.signals ?? {}]
    .flatMap(Object.values<readonly SampleRun[]>)
    .map((runs) => runs.reduce((sum, { count }) => sum + count, 0));
  const test: PackTest = {
    name: input.name,
    line: context.document.line(path),
    everyMs,
    samples: Math.min(samplesMax, Math.max(0, ...lengths, ...faults.map(({ atMs }) => Math.round(atMs / everyMs) + 1))),
    signals,
    parent,
    late: (input.late ?? []).map(redelivery),
    duplicate: (input.duplicate ?? []).map(redelivery),
    restartMs: input.restart ?? [],
    faults,
    expect,
  };
  if (!context.published) checkTimes(context.document, path, test);
  return test;
}

/** A time at which nothing was measured would be a test that tests nothing. */
function checkTimes(document: SourceDocument, path: Path, test: PackTest): void {
  const { everyMs, samples } = test;
  if (samples === 0) return;
  const check = (place: Path, atMs: number): void => {
    if (atMs % everyMs === 0 && atMs / everyMs < samples) return;
    const last = formatDuration((samples - 1) * everyMs);
    const every = `one every ${formatDuration(everyMs)}, the last at ${last}`;
    document.atValue(place, `there is no sample at ${formatDuration(atMs)}: ${every}`);
  };
  for (const [index, { atMs }] of test.faults.entries()) check([...path, 'faults', index, 'at'], atMs);
  for (const name of ['late', 'duplicate'] as const) {
    for (const [index, { atMs, arrivesMs }] of test[name].entries()) {
      check([...path, name, index, 'at'], atMs);
      if (arrivesMs >= atMs) continue;
      document.atValue([...path, name, index, 'arrives'], 'a report cannot arrive before it was measured');
    }
  }
}

/** Whose samples they are. */
interface Sampled {
  /** Undefined: they are not known, and a sample is what it looks like. */
  readonly signals: readonly SignalSpec[] | undefined;
  readonly unsure: readonly string[];
  /** Begins the sentence about a signal that there is not. */
  readonly absent: string;
}

function testParent({ parent, ...context }: TestsContext, path: Path, item: unknown): PackTest['parent'] {
  const value = isRecord(item) ? item.parent : undefined;
  if (!isRecord(value)) return undefined;
  if (parent === undefined) {
    context.document.atKey(path, "the pack does not say of which product its devices' parents are: parent: <product>");
    return undefined;
  }
  const { product, signals } = parent;
  const known = { signals, unsure: [], absent: `${product} has no signal` };
  return { signals: testSignals({ parent, ...context }, [...path, 'signals'], value.signals, known) };
}

function testSignals(
  context: TestsContext,
  path: Path,
  value: unknown,
  known: Sampled,
): Record<string, readonly SampleRun[]> {
  const signals: Record<string, readonly SampleRun[]> = {};
  if (!isRecord(value)) {
    context.document.atKey(path, "a test has 'signals' with keys and values: the samples of each signal");
    return signals;
  }
  for (const [name, text] of Object.entries(value)) {
    if (!['string', 'number', 'boolean'].includes(typeof text)) {
      context.document.atValue([...path, name], 'samples are written like "4x20 9x40"');
      continue;
    }
    const signal = known.signals?.find((candidate) => candidate.name === name);
    if (known.signals !== undefined && signal === undefined) {
      const names = known.signals.map((candidate) => candidate.name);
      if (!known.unsure.includes(name)) {
        context.document.atKey([...path, name], `${known.absent} '${name}'${didYouMean(name, names)}`);
      }
      continue;
    }
    const runs = sampleRuns(context, [...path, name], { name, signal, text: String(text) });
    if (runs !== undefined) signals[name] = runs;
  }
  return signals;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function testExpectations(context: TestsContext, path: Path, value: unknown): readonly PackExpectation[] {
  if (!Array.isArray(value) || value.length === 0) {
    context.document.atKey(path, "a test has 'expect' with a list: what is to happen, and when");
    return [];
  }
  if (value.length > expectationsMax) context.document.atKey(path, `at most ${expectationsMax} expectations`);
  return value.slice(0, expectationsMax).flatMap((item, index) => {
    const input = readShape(context.document, [...path, index], expectSchema, item);
    return input === undefined ? [] : [packExpectation(context, [...path, index], input)];
  });
}

function redelivery(input: { at: number; arrives: number }): { atMs: number; arrivesMs: number } {
  return { atMs: input.at, arrivesMs: input.arrives };
}

function packExpectation(context: TestsContext, path: Path, input: ExpectInput): PackExpectation {
  const line = context.document.line(path);
  if ('open' in input) {
    context.checkMode([...path, 'open'], input.open);
    if (input.to < input.from) context.document.atValue([...path, 'to'], "'to' is before 'from'");
    return {
      kind: 'open',
      line,
      fromMs: input.from,
      toMs: input.to,
      failureMode: input.open,
      severity: input.severity,
    };
  }
  if ('retracted' in input) {
    const { retracted, from = 0, to = Number.MAX_SAFE_INTEGER } = input;
    context.checkMode([...path, 'retracted'], retracted);
    if (to < from) context.document.atValue([...path, 'to'], "'to' is before 'from'");
    return { kind: 'retracted', line, fromMs: from, toMs: to, failureMode: retracted };
  }
  if (input.findings === undefined && input.cleared === undefined && input.cases === undefined) {
    context.document.atKey(path, 'nothing is expected here: add findings, cases or cleared');
  }
  return {
    kind: 'count',
    line,
    atMs: input.at,
    findings: input.findings,
    cleared: input.cleared,
    cases: input.cases,
  };
}

/** `4x20 9x40`: 20 samples of 4, then 40 of 9. `_` is a report without this signal. */
function sampleRuns(
  { document }: TestsContext,
  path: Path,
  samples: { readonly name: string; readonly signal: SignalSpec | undefined; readonly text: string },
): readonly SampleRun[] | undefined {
  const { name, signal, text } = samples;
  const runs: SampleRun[] = [];
  let total = 0;
  for (const match of text.matchAll(/\S+/g)) {
    const [, word = '', times] = /^(.+?)(?:x(\d{1,9}))?$/.exec(match[0]) ?? [];
    const value = signal === undefined ? looksLike(word) : sampleValue(signal, word);
    const count = times === undefined ? 1 : Number(times);
    total += count;
    if (value === null) {
      const hint = signal === undefined ? '' : valuesHint(signal);
      document.inText(path, match.index, `'${word}' is not a value of ${name}${hint}`);
    } else if (count === 0) document.inText(path, match.index, `'${match[0]}' is no sample at all`);
    else runs.push({ value, count });
  }
  if (total > samplesMax) document.atValue(path, `at most ${samplesMax} samples of a signal`);
  if (total === 0) document.atValue(path, 'there is no sample here');
  return runs;
}

function looksLike(word: string): SampleRun['value'] {
  if (word === '_') return undefined;
  return typedValue('boolean', word) ?? typedValue('number', word) ?? word;
}

/** Null when the word is not a value of the signal. */
function sampleValue(signal: SignalSpec, word: string): SampleRun['value'] | null {
  if (word === '_') return undefined;
  const value = typedValue(signal.type, word);
  if (value === null || (signal.values !== undefined && !signal.values.includes(value))) return null;
  return value;
}

function typedValue(type: SignalSpec['type'], word: string): number | boolean | string | null {
  if (type === 'string') return word;
  if (type === 'boolean') return word === 'true' ? true : word === 'false' ? false : null;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(word) ? Number(word) : null;
}

function valuesHint(signal: SignalSpec): string {
  if (signal.values !== undefined) return `: ${signal.values.join(', ')}`;
  return signal.type === 'number' ? ': it is a number' : ': true or false';
}
