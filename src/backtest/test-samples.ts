import type { PackTest } from '../product/index.ts';
import type { FaultCode, SignalValue } from '../telemetry/index.ts';

/** What one sample of a test says. */
export interface Sample {
  readonly signals: Readonly<Record<string, SignalValue>>;
  readonly faults: readonly FaultCode[];
}

/** What happens in a test, in ms after its first sample. A sample may be missing: then nothing arrives. */
export type TestStep =
  | { readonly kind: 'restart'; readonly ms: number }
  | { readonly kind: 'tick'; readonly ms: number }
  /** Of the device's parent: in time, and just before the device's own. */
  | { readonly kind: 'parent'; readonly ms: number; readonly index: number }
  | { readonly kind: 'arrival'; readonly ms: number; readonly index: number };

/** A live service ticks this often: what came late is judged by then. */
const tickEveryMs = 5_000;
const order = { restart: 0, tick: 1, parent: 2, arrival: 3 } as const;

/** Everything that happens, in order: each arrival has a tick before it, a late one also a tick after it. */
export function stepsOf(test: PackTest): TestStep[] {
  const steps: TestStep[] = [];
  const lateBy = new Map(test.late.map(({ atMs, arrivesMs }) => [indexOf(test, atMs), arrivesMs]));
  const arrive = (index: number, ms: number): void => {
    steps.push({ kind: 'tick', ms }, { kind: 'arrival', ms, index });
    if (ms > index * test.everyMs) steps.push({ kind: 'tick', ms: ms + tickEveryMs });
  };
  for (let index = 0; index < test.samples; index += 1) arrive(index, lateBy.get(index) ?? index * test.everyMs);
  if (test.parent) {
    for (let index = 0; index < test.samples; index += 1)
      steps.push({ kind: 'parent', ms: index * test.everyMs, index });
  }
  for (const { atMs, arrivesMs } of test.duplicate) arrive(indexOf(test, atMs), arrivesMs);
  for (const ms of test.restartMs) steps.push({ kind: 'restart', ms });
  return steps.sort((a, b) => a.ms - b.ms || order[a.kind] - order[b.kind] || placeOf(a) - placeOf(b));
}

/** Undefined where no signal has a value and no fault code is told. */
export function sampleAt(test: PackTest, index: number): Sample | undefined {
  const signals = signalsAt(test.signals, index);
  const faults = test.faults
    .filter(({ atMs }) => indexOf(test, atMs) === index)
    .map(({ code, active }) => ({ code, active }));
  return Object.keys(signals).length === 0 && faults.length === 0 ? undefined : { signals, faults };
}

/** What the parent says; empty where it says nothing. */
export function parentSampleAt({ parent }: PackTest, index: number): Sample['signals'] {
  return parent ? signalsAt(parent.signals, index) : {};
}

function signalsAt(samples: PackTest['signals'], index: number): Record<string, SignalValue> {
  const signals: Record<string, SignalValue> = {};
  for (const [name, runs] of Object.entries(samples)) {
    let start = 0;
    for (const { value, count } of runs) {
      if (index >= start && index < start + count && value !== undefined) signals[name] = value;
      start += count;
    }
  }
  return signals;
}

function indexOf({ everyMs }: PackTest, atMs: number): number {
  return Math.round(atMs / everyMs);
}

function placeOf(step: TestStep): number {
  return step.kind === 'arrival' ? step.index : -1;
}
