import { detectors, type Judgement, type Score } from '../../src/detect/index.ts';

export type Scored = Extract<Score, { status: 'scored' }>;
export type Stretch = NonNullable<Scored['stretch']>;

export const start = Date.UTC(2026, 0, 5);
export const minute = 60_000;
export const day = 24 * 60 * minute;

export interface RunOptions {
  readonly everyMs?: number;
  readonly judgement?: Judgement;
}

/** The scores of a detector at a fixed bar; without those of its warming up. */
export function run(kind: string, values: readonly number[], options: RunOptions = {}): Scored[] {
  const { everyMs = minute, judgement = { bar: 4, stretchBar: 4, open: false } } = options;
  const bound = detectors.get(kind)?.bind({});
  if (!bound) throw new Error(`no detector ${kind}`);
  const state = bound.init();
  return values.flatMap((value, index) => {
    const score = bound.update(state, { at: start + index * everyMs, value }, judgement);
    return score.status === 'scored' ? [score] : [];
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
