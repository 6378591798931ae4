import { describe, expect, it } from 'vitest';
import { detectors, type Score } from '../../src/detect/index.ts';
import { type Judgement, run as runOf } from './run.ts';

const level = detectors.get('level');
const closed: Judgement = { bar: 4, stretchBar: 4, open: false };

/** A noise that repeats only after 997 values, within ±1. */
const wobble = (index: number): number => (((index * 389) % 997) / 997) * 2 - 1;

const run = (values: readonly number[], judgement: Judgement = closed): Score[] =>
  runOf('level', values, { judgement });

const steady = (length: number): number[] => Array.from({ length }, (_, index) => 20 + wobble(index));

describe('level', () => {
  it('warms up for 64 readings', () => {
    expect(run(steady(64))).toHaveLength(0);
    expect(run(steady(65))).toHaveLength(1);
  });

  it('expects its own level and finds nothing in its own noise', () => {
    const scores = run(steady(3000));
    expect(Math.max(...scores.map((score) => score.score))).toBeLessThan(3);
    expect(scores.at(-1)?.expected).toBeCloseTo(20, 0);
  });

  it('scores a jump by its size, at once, in both directions', () => {
    const [up, down] = [30, 10].map((value) => run([...steady(500), value]).at(-1));
    expect(up?.score).toBeGreaterThan(10);
    expect(down?.score).toBeGreaterThan(10);
    expect(up?.high).toBeLessThan(30);
    expect(down?.low).toBeGreaterThan(10);
  });

  it('is not led astray by wild readings in its first ones', () => {
    const start = steady(64).map((value, index) => (index % 10 === 5 ? 5000 : value));
    const [first] = run([...start, 20]);
    expect(first?.expected).toBeCloseTo(20, 0);
    expect(first?.high).toBeLessThan(30);
  });

  it('is moved little by a wild reading', () => {
    const calm = run([...steady(500), 20, 20]).at(-1);
    const after = run([...steady(500), 1e9, 20]).at(-1);
    expect(after?.expected).toBeCloseTo(calm?.expected ?? 0, 0);
    expect(after?.high).toBeLessThan((calm?.high ?? 0) + 0.5);
  });

  it('gets used to a new level, more slowly while its finding is open', () => {
    const shifted = [...steady(300), ...steady(1500).map((value) => value + 8)];
    const quick = run(shifted).at(-1);
    const slow = run(shifted, { bar: 4, stretchBar: 4, open: true }).at(-1);
    expect(quick?.score).toBeLessThan(4);
    expect(slow?.expected).toBeLessThan(quick?.expected ?? 0);
    expect(slow?.expected).toBeGreaterThan(20.5);
  });

  it.each([
    ['a constant that flips by its resolution', 1],
    ['the same a thousand times finer', 0.001],
  ])('takes %s for its nature', (_, size) => {
    const flips = Array.from({ length: 2000 }, (_value, index) => 32 + (index > 300 && index % 37 < 1 ? size : 0));
    expect(run(flips).filter((score) => score.score > 4)).toHaveLength(0);
  });

  it('sees a constant leave its level for good', () => {
    const scores = run([...Array<number>(300).fill(5), 3.1, 3.1]);
    expect(scores.slice(-2).every((score) => score.score > 2)).toBe(true);
    expect(run([...Array<number>(300).fill(5), 5.01]).at(-1)?.score).toBeLessThan(1);
  });

  it('averages the last 29 to 32 readings, the newest among them', () => {
    const values = steady(90);
    for (const [index, { stretch: average }] of run(values).entries()) {
      const count = average?.count ?? 0;
      expect(count).toBeGreaterThanOrEqual(29);
      expect(count).toBeLessThanOrEqual(32);
      const last = values.slice(64 + index + 1 - count, 64 + index + 1);
      expect(average?.value).toBeCloseTo(last.reduce((sum, value) => sum + value, 0) / count, 9);
    }
  });

  it('sees a small excursion that stays in the average, though no reading tells it from noise', () => {
    const calm = run(steady(1500));
    const shifted = run([...steady(1500), ...steady(40).map((value) => value + 1)]).slice(-8);
    expect(Math.max(...calm.slice(500).map((score) => score.stretch?.score ?? 0))).toBeLessThan(4);
    expect(Math.max(...shifted.map((score) => score.score))).toBeLessThan(4);
    expect(Math.min(...shifted.map((score) => score.stretch?.score ?? 0))).toBeGreaterThan(4);
  });

  it('lets one wild reading not speak for the average of many', () => {
    const after = run([...steady(1000), 30, ...steady(10)]).slice(-10);
    expect(Math.max(...after.map((score) => score.score))).toBeLessThan(4);
    expect(Math.max(...after.map((score) => score.stretch?.score ?? 0))).toBeLessThan(20);
  });

  it('names every problem of its parameters', () => {
    expect(level?.check({ memory: 10, recent: 1.5, sigma: 3 })).toHaveLength(3);
    expect(level?.check({ memory: 300, recent: 400 })).toEqual(['"recent" (400) must not exceed "memory" (300)']);
    expect(level?.check({ memory: '2000' })).toEqual(['"memory" must be a whole number of readings, 200 to 100000']);
  });
});
