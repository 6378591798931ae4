import type { FactName } from './facts.ts';
import type { ConditionLanguage } from './language.ts';

/** What a condition depends on, with what it is calculated from and the conditions whose duration it asks for. */
export interface ConditionUses {
  readonly signals: ReadonlySet<string>;
  readonly windows: ReadonlySet<string>;
  readonly ages: ReadonlySet<string>;
  readonly codes: ReadonlySet<string>;
  readonly spells: ReadonlySet<string>;
  /** Calculated signals. */
  readonly derived: ReadonlySet<string>;
  readonly facts: ReadonlySet<FactName>;
  readonly silent: boolean;
}

export interface Triggers {
  readonly signals: ReadonlySet<string>;
  readonly codes: ReadonlySet<string>;
}

function join<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): ReadonlySet<T> {
  return new Set([...a, ...b]);
}

export function joinUses(a: ConditionUses, b: ConditionUses): ConditionUses {
  return {
    signals: join(a.signals, b.signals),
    windows: join(a.windows, b.windows),
    ages: join(a.ages, b.ages),
    codes: join(a.codes, b.codes),
    spells: join(a.spells, b.spells),
    derived: join(a.derived, b.derived),
    facts: join(a.facts, b.facts),
    silent: a.silent || b.silent,
  };
}

/** Signals and fault codes that a condition depends on in any way, windows and counted conditions included. */
export function triggersOf(language: ConditionLanguage, uses: ConditionUses): Triggers {
  const signals = new Set([...uses.signals, ...uses.ages]);
  const codes = new Set(uses.codes);
  for (const key of uses.windows) {
    const inner = seriesTriggers(language, language.windows.get(key)?.series ?? '');
    for (const signal of inner.signals) signals.add(signal);
    for (const code of inner.codes) codes.add(code);
  }
  return { signals, codes };
}

/** What a series is made of. */
export function seriesTriggers(language: ConditionLanguage, key: string): Triggers {
  const source = language.series.get(key);
  if (source === undefined) return { signals: new Set(), codes: new Set() };
  if (source.kind === 'signal') return { signals: new Set([source.signal]), codes: new Set() };
  return triggersOf(language, source.kind === 'condition' ? source.condition.uses : source.derived.uses);
}
