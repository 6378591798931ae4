import { type JsonParts, jsonWith, numbersFromText } from '../base/index.ts';
import type { SeriesSnapshot } from './series.ts';
import { type RulesSnapshot, rulesSnapshotVersion } from './state.ts';

/** A snapshot as JSON has it. */
export type RulesSnapshotJson = Omit<RulesSnapshot, 'series'> & {
  readonly series: Readonly<Record<string, Omit<SeriesSnapshot, 'readings'> & { readonly readings: string }>>;
};

/** As {@link RulesSnapshotJson}. */
export function rulesSnapshotJson({ series, ...rest }: RulesSnapshot): JsonParts {
  const made = Object.entries(series).map(([key, { readings, ...own }]) => [
    key,
    jsonWith(own, { readings: [readings] }),
  ]);
  return jsonWith(rest, { series: jsonWith({}, Object.fromEntries(made)) });
}

/** Of a snapshot of an earlier version of ours nobody can read the series. */
export function rulesSnapshotOf({ series, ...rest }: RulesSnapshotJson): RulesSnapshot {
  if (rest.version !== rulesSnapshotVersion) return { ...rest, series: {} };
  const read = Object.entries(series).map(
    ([key, own]) => [key, { ...own, readings: numbersFromText(own.readings) }] as const,
  );
  return { ...rest, series: Object.fromEntries(read) };
}
