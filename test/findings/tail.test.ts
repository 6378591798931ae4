import { describe, expect, it } from 'vitest';
import { cellCount, cellsAt } from '../../src/base/index.ts';
import { type TailState, tailCell, tailInit, tailLearn, tailLevel } from '../../src/findings/tail.ts';

/** Repeatable numbers between 0 and 1, never 0. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / (2 ** 32 + 1);
  };
}

function newTail(): TailState {
  const tail = cellsAt(tailCell, new Float64Array(cellCount(tailCell)), 0);
  tailInit(tail);
  return tail;
}

function learned(scores: readonly number[]): TailState {
  const tail = newTail();
  for (const [index, score] of scores.entries()) tailLearn(tail, score, index, 1);
  return tail;
}

describe('the tail', () => {
  it.each([
    ['an exponential tail', (u: number) => -Math.log(u), Math.log(2000)],
    ['a heavy tail', (u: number) => u ** -0.3, 2000 ** 0.3],
  ])('finds the score that %s reaches once in 2,000 readings, within half', (_, draw, truth) => {
    const random = uniform(9);
    const level = tailLevel(learned(Array.from({ length: 20_000 }, () => draw(random()))), 2000);
    expect(level).toBeGreaterThan(truth * 0.5);
    expect(level).toBeLessThan(truth * 1.5);
  });

  it('counts a stretch of high scores as one cluster', () => {
    const scores = Array.from({ length: 1200 }, (_, index) => (index % 400 < 20 ? 6 : 0.5));
    expect(learned(scores)[tailCell.clusters]).toBe(3);
  });

  it('learns more slowly when told to', () => {
    const [quick, slow] = [1, 0.1].map((speed) => {
      const tail = newTail();
      for (let index = 0; index < 200; index += 1) tailLearn(tail, 8, index, speed);
      return tail[tailCell.threshold];
    });
    expect(quick).toBeGreaterThan((slow ?? 0) * 1.5);
    expect(slow).toBeGreaterThan(newTail()[tailCell.threshold]);
  });

  it('asks for more the rarer a finding may be, up to a limit', () => {
    const tail = newTail();
    expect(tailLevel(tail, 1)).toBe(tail[tailCell.threshold]);
    expect(tailLevel(tail, 1e6)).toBeGreaterThan(tailLevel(tail, 1e3));
    tail[tailCell.excess] = 100;
    expect(tailLevel(tail, 1e9)).toBeCloseTo(tail[tailCell.threshold] * Math.exp(5), 6);
  });
});
