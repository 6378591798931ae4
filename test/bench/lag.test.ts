import { describe, expect, it } from 'vitest';
import { lagOf, type Progress } from './lag.ts';

const sample = (at: number, logged: number, stored: number): Progress => ({ at, logged, stored, evaluated: stored });

describe('the lag behind the log', () => {
  it('is how long ago the log held what is counted now', () => {
    const samples = [sample(0, 0, 0), sample(100, 1_000, 0), sample(200, 2_000, 500), sample(300, 2_000, 2_000)];
    expect(lagOf(samples, 'stored')).toEqual({ meanMs: (0 + 100 + 150 + 0) / 4, maxMs: 150 });
  });

  it('is none without samples, and when nothing waits', () => {
    expect(lagOf([], 'stored')).toEqual({ meanMs: 0, maxMs: 0 });
    expect(lagOf([sample(0, 10, 10), sample(100, 20, 25)], 'evaluated')).toEqual({ meanMs: 0, maxMs: 0 });
  });

  it('grows when nothing moves on', () => {
    const samples = [0, 1, 2, 3, 4].map((tick) => sample(tick * 1_000, 100 + tick * 100, 100));
    expect(lagOf(samples, 'evaluated').maxMs).toBe(4_000);
  });
});
