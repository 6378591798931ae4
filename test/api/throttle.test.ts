import { describe, expect, it } from 'vitest';
import { createThrottle } from '../../src/api/throttle.ts';

describe('the throttle', () => {
  it('lets the allowed number fail, then makes each next failure wait twice as long, up to a bound', () => {
    let now = 0;
    const throttle = createThrottle(() => now, 3);
    const waits: number[] = [];
    for (let i = 0; i < 14; i++) {
      expect(throttle.attempt('ana')).toBe(0);
      const wait = throttle.attempt('ana');
      if (wait === 0) continue;
      waits.push(wait);
      now += wait;
    }
    expect(waits.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(waits.at(-1)).toBe(900_000);
  });

  it('forgets after a success, and after an hour', () => {
    let now = 0;
    const throttle = createThrottle(() => now, 1);
    expect(throttle.attempt('ana')).toBe(0);
    expect(throttle.attempt('ana')).toBe(5_000);
    expect(throttle.attempt('bob')).toBe(0);
    throttle.succeeded('ana');
    expect(throttle.attempt('ana')).toBe(0);
    now += 3_600_000;
    expect(throttle.attempt('ana')).toBe(0);
    expect(throttle.attempt('ana')).toBe(5_000);
  });

  it('remembers a bounded number of names', () => {
    const throttle = createThrottle(() => 0, 1);
    for (let i = 0; i < 10_001; i++) throttle.attempt(`name ${i}`);
    expect(throttle.attempt('name 0')).toBe(0);
    expect(throttle.attempt('name 10000')).toBe(5_000);
  });
});
