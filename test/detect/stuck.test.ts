import { describe, expect, it } from 'vitest';
import { detectors, stuckBar } from '../../src/detect/index.ts';
import { day, minute, series, start, stretches, wobble, worst } from './run.ts';

const judgement = { bar: stuckBar, stretchBar: stuckBar, open: false };
const scores = (values: readonly number[]) => stretches('stuck', values, { judgement });
const perDay = day / minute;

describe('stuck', () => {
  it('sees a live signal go flat, and since when', () => {
    const seen = scores([...series(300, (index) => 5 + wobble(index)), ...series(30, () => 5)]);
    expect(seen.findIndex(({ score }) => score > stuckBar)).toBe(300 - 63 + 16);
    expect(seen.at(-1)).toMatchObject({ value: 30, count: 30, low: 0, high: 16, since: start + 300 * minute });
  });

  it('leaves a coarse signal its own runs', () => {
    const coarse = (index: number) => Math.round(5 + 2 * Math.sin(index / 60) + 0.3 * wobble(index));
    expect(worst(scores(series(10 * perDay, coarse)))).toBeLessThanOrEqual(stuckBar);
  });

  it.each([
    ['a constant', () => 4],
    ['a set point', (index: number) => (index < 600 && index % 50 === 0 ? 4 + (index % 3) : 4)],
    ['a door that rests by night and at the weekend', (index: number) => door(index)],
  ])('leaves %s alone', (_, value) => {
    expect(worst(scores(series(15 * perDay, value)))).toBeLessThanOrEqual(stuckBar);
  });

  it('sees the door not move for a week', () => {
    const values = [...series(12 * perDay, door), ...series(7 * perDay, () => 0)];
    expect(worst(scores(values))).toBeGreaterThan(stuckBar);
  });

  it('names every problem of its parameters', () => {
    expect(detectors.get('stuck')?.check({ least: 1, most: 2 })).toHaveLength(2);
  });
});

function door(index: number): number {
  const hour = (index % perDay) / 60;
  const closed = Math.floor(index / perDay) % 7 >= 5 || hour < 8 || hour >= 20;
  return !closed && wobble(index) > 0.9 ? 1 : 0;
}
