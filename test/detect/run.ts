import { detectors, type Score, type WatchedReading } from '../../src/detect/index.ts';
import { atWork, kept } from '../contract/detector.ts';

export type Stretch = NonNullable<Score['stretch']>;
export type Judgement = Omit<WatchedReading, 'at' | 'value'>;

export const start = Date.UTC(2026, 0, 5);
export const minute = 60_000;
export const day = 24 * 60 * minute;

export interface RunOptions {
  readonly everyMs?: number;
  readonly judgement?: Judgement;
}

/** The scores of a detector at a fixed bar; without those of its warming up. */
export function run(kind: string, values: readonly number[], options: RunOptions = {}): Score[] {
  const { everyMs = minute, judgement = { bar: 4, stretchBar: 4, open: false } } = options;
  const known = detectors.get(kind);
  if (!known) throw new Error(`no detector ${kind}`);
  const { detector } = atWork(known, {});
  return values.flatMap((value, index) => {
    const score = detector.update({ at: start + index * everyMs, value, ...judgement });
    return score.status === 'scored' ? [kept(score)] : [];
  });
}

export function stretches(kind: string, values: readonly number[], options: RunOptions = {}): Stretch[] {
  return run(kind, values, options).flatMap(({ stretch }) => stretch ?? []);
}

export function worst(scores: readonly { readonly score: number }[]): number {
  return scores.reduce((most, { score }) => Math.max(most, score), 0);
}

/** A noise that repeats only after 9973 values, within ±1. */
export const wobble = (index: number): number => (((index * 3877) % 9973) / 9973) * 2 - 1;

export const series = (length: number, value: (index: number) => number): number[] =>
  Array.from({ length }, (_, index) => value(index));
