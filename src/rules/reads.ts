import type { ASTNode } from '@marcbachmann/cel-js';
import type { ConditionVocabulary, SignalSpec } from '../product/index.ts';
import type { SignalValue } from '../telemetry/index.ts';
import type { FactName } from './facts.ts';
import { type WindowName, windowKeyOf } from './macros.ts';
import { ofParent } from './syntax.ts';
import type { ConditionUses } from './uses.ts';
import type { WindowFunction, WindowSpec } from './windows.ts';

/** What a condition reads while it is evaluated; undefined is unknown. Everything is asked for by its number. */
export interface ConditionInputs {
  /** Last value of a signal that is not older than its maxAge; `slot`: {@link ConditionReads.slotOf}. */
  value(slot: number): SignalValue | undefined;
  /** What a signal was before its last reading, if that was not too old by then. */
  before(slot: number): SignalValue | undefined;
  /** `index`: place in {@link ConditionReads.windows}. */
  window(index: number): number | undefined;
  /** Milliseconds of event time since the last reading. */
  ageMs(slot: number): number | undefined;
  /** `index`: place in the vocabulary's fault codes. */
  fault(index: number): boolean;
  silent(): boolean;
  /** Milliseconds of event time for which a condition has been true, 0 when it is not; by {@link ConditionReads.spells}. */
  heldMs(index: number): number | undefined;
  /** Milliseconds of event time since a condition last became true. */
  sinceMs(index: number): number | undefined;
  fact(name: FactName): string | number | undefined;
}

export interface Condition {
  readonly text: string;
  readonly ast: ASTNode;
  readonly uses: ConditionUses;
  /** True, false, or undefined for unknown. */
  holds(): boolean | undefined;
}

/**
 * Readings that windows are made of: those of a signal, or what a condition or a calculated signal is at each reading
 * of its inputs.
 */
export type SeriesSource =
  | { readonly key: string; readonly kind: 'signal'; readonly signal: string }
  | { readonly key: string; readonly kind: 'condition'; readonly condition: Condition }
  | { readonly key: string; readonly kind: 'derived'; readonly derived: Derived };

/** A calculated signal. */
export interface Derived {
  readonly spec: SignalSpec;
  readonly uses: ConditionUses;
  /** Undefined: unknown. */
  read(): SignalValue | undefined;
}

/** What the conditions of one pack read, each thing under a number of its own. */
export class ConditionReads {
  readonly series = new Map<string, SeriesSource>();
  readonly windows = new Map<string, WindowSpec>();
  /** Conditions whose duration is asked for. */
  readonly spells = new Map<string, Condition>();
  /** Series and spells, in an order in which each needs only those before it. */
  readonly sources: { readonly kind: 'series' | 'spell'; readonly key: string }[] = [];
  /** Signals whose last value some condition reads, by the number under which it is asked for. */
  readonly slots: string[] = [];
  /** Signals whose value before the last is read. */
  readonly remembered = new Set<string>();
  inputs: ConditionInputs | undefined;
  /** Sent and calculated ones, and the parent's as they are written: `parent.temp`. */
  readonly signals: ReadonlyMap<string, SignalSpec>;

  constructor({ signals, parent }: ConditionVocabulary) {
    const parents = parent?.signals?.map((signal) => [ofParent(signal.name), signal] as const) ?? [];
    this.signals = new Map([...signals.map((signal) => [signal.name, signal] as const), ...parents]);
  }

  /** Sent, calculated, or the parent's. */
  signal(name: string): SignalSpec | undefined {
    return this.signals.get(name);
  }

  /** What is kept of a device: windows, and conditions whose duration is asked for. */
  get readsCount(): number {
    return this.windows.size + this.spells.size;
  }

  slotOf(signal: string): number {
    const slot = this.slots.indexOf(signal);
    return slot >= 0 ? slot : this.slots.push(signal) - 1;
  }

  windowIndex(key: string): number {
    return [...this.windows.keys()].indexOf(key);
  }

  spellIndex(key: string): number {
    return [...this.spells.keys()].indexOf(key);
  }

  /** Makes a window known; returns its key. */
  addWindow(name: WindowName, fn: WindowFunction, source: SeriesSource, lengthMs: number): string {
    const key = windowKeyOf(name, source.key, lengthMs);
    if (!this.series.has(source.key)) {
      this.series.set(source.key, source);
      this.sources.push({ kind: 'series', key: source.key });
    }
    if (!this.windows.has(key)) {
      const spec = { key, fn, series: source.key, lengthMs };
      const maxAgeMs = this.signalOf(source)?.maxAgeMs;
      this.windows.set(key, name === 'ago' && maxAgeMs !== undefined ? { ...spec, maxAgeMs } : spec);
    }
    return key;
  }

  /** Makes a condition known whose duration is asked for. */
  addSpell(key: string, condition: Condition): void {
    this.spells.set(key, condition);
    this.sources.push({ kind: 'spell', key });
  }

  signalOf(source: SeriesSource | undefined): SignalSpec | undefined {
    if (source?.kind === 'derived') return source.derived.spec;
    return source?.kind === 'signal' ? this.signal(source.signal) : undefined;
  }
}
