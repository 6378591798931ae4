import { describe, expect, it } from 'vitest';
import { day, minute, run, series, wobble, worst } from './run.ts';

const everyMs = 10 * minute;
const perDay = day / everyMs;
const options = { everyMs };

const daily = (index: number): number => 20 + 8 * Math.sin((2 * Math.PI * index) / perDay) + 0.3 * wobble(index);
/** High from 8 to 18 on working days; the series begins on a Monday. */
const shifts = (index: number): number => {
  const hour = (index % perDay) / (perDay / 24);
  const works = Math.floor(index / perDay) % 7 < 5 && hour >= 8 && hour < 18;
  return (works ? 30 : 20) + 0.3 * wobble(index);
};

describe('seasonal', () => {
  it('is level until it has seen days enough', () => {
    const values = series(4 * perDay - 1, daily);
    expect(run('seasonal', values, options)).toEqual(run('level', values, options));
  });

  it('stays level where the hour explains nothing', () => {
    const values = series(12 * perDay, (index) => 20 + wobble(index));
    expect(run('seasonal', values, options)).toEqual(run('level', values, options));
  });

  it('knows what is usual at this hour, and that the usual may be wrong for it', () => {
    const days = 12 * perDay;
    const values = [...series(days, daily), 26];
    const [seasonal] = run('seasonal', values, options).slice(-1);
    const [level] = run('level', values, options).slice(-1);
    expect(seasonal?.score).toBeGreaterThan(6);
    expect(level?.score).toBeLessThan(4);
    expect(seasonal?.expected).toBeCloseTo(20, 0);
    expect(worst(run('seasonal', values.slice(0, -1), options).slice(6 * perDay))).toBeLessThan(4);
  });

  it('knows the week: a Saturday like a Friday is wrong', () => {
    const weeks = series(21 * perDay + 5 * perDay, shifts);
    const noon = perDay / 2;
    const saturday = series(noon, (index) => shifts(26 * perDay + index));
    const [usual] = run('seasonal', [...weeks, ...saturday, 20], options).slice(-1);
    const [wrong] = run('seasonal', [...weeks, ...saturday, 30], options).slice(-1);
    expect(usual?.score).toBeLessThan(4);
    expect(wrong?.score).toBeGreaterThan(4);
  });

  it('is told apart by its model, so that scores of the two are not mixed', () => {
    const models = run('seasonal', series(10 * perDay, daily), options).map(({ model }) => model);
    expect(new Set(models)).toEqual(new Set([0, 1]));
    expect(models.lastIndexOf(0)).toBeLessThan(models.indexOf(1));
  });
});
