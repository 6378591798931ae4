import { describe, expect, it } from 'vitest';
import { detectors } from '../../src/detect/index.ts';
import { day, minute, series, start, stretches, wobble, worst } from './run.ts';

const everyMs = 5 * minute;
const perDay = day / everyMs;
const healthy = 14 * perDay;
const leak = (index: number): number => Math.max(0, index - healthy) * (0.6 / (10 * perDay));

describe('drift', () => {
  it('sees a level creep that no reading tells from noise, and says since when', () => {
    const seen = stretches(
      'drift',
      series(healthy + 10 * perDay, (index) => 20 + wobble(index) + leak(index)),
      {
        everyMs,
      },
    );
    const warming = 12 * 32 - 1;
    expect(worst(seen.slice(0, healthy - warming))).toBeLessThan(4);
    const first = seen.find(({ score }) => score > 4);
    expect(first?.value).toBeGreaterThan(first?.high ?? 0);
    expect(first?.value).toBeLessThan(20.6);
    const sinceDays = ((first?.since ?? 0) - start) / day;
    expect(sinceDays).toBeGreaterThan(13);
    expect(sinceDays).toBeLessThan(20);
  });

  it('sees it through the course of the day', () => {
    const values = (creep: (index: number) => number) =>
      series(
        healthy + 10 * perDay,
        (index) => 5 * Math.sin((2 * Math.PI * index) / perDay) + wobble(index) + creep(index),
      );
    const [ill, well] = [leak, () => 0].map((creep) => stretches('drift', values(creep), { everyMs }).slice(healthy));
    expect(worst(well ?? [])).toBeLessThan(4);
    expect(worst(ill ?? [])).toBeGreaterThan(4);
  });

  it('comes back soon after the signal does', () => {
    const values = series(healthy + 6 * perDay, (index) => {
      const off = index > healthy && index < healthy + 3 * perDay ? 2 : 0;
      return 20 + wobble(index) + off;
    });
    const seen = stretches('drift', values, { everyMs });
    expect(worst(seen)).toBeGreaterThan(4);
    expect(seen.at(-1)?.score).toBeLessThan(2);
  });

  it('leaves a constant and its flips alone', () => {
    expect(
      worst(
        stretches(
          'drift',
          series(5000, (index) => (index % 41 === 0 ? 33 : 32)),
        ),
      ),
    ).toBeLessThan(2);
    expect(
      worst(
        stretches(
          'drift',
          series(5000, () => 0),
        ),
      ),
    ).toBe(0);
  });

  it('names every problem of its parameters', () => {
    expect(detectors.get('drift')?.check({ memory: 3, sigma: 2 })).toHaveLength(2);
  });
});
