import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/broker/pace.ts';

describe('the pace of one device', () => {
  it('lets a slow device through', () => {
    const pace = new Pace(10);
    for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
      expect(pace.waitMs(nowMs)).toBe(0);
      pace.take(1, nowMs);
    }
  });

  it('makes a device that is ahead wait for what it took', () => {
    const pace = new Pace(100);
    pace.take(200, 5_000);
    expect(pace.waitMs(5_000)).toBe(1_900);
    expect(pace.waitMs(6_900)).toBe(0);
  });

  it('never gives more than the rate over any stretch, whatever the batches', () => {
    const batches = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 1_000 }), (sizes, perSecond) => {
        const pace = new Pace(perSecond);
        let nowMs = 1_000;
        let before = 0;
        for (const size of sizes) {
          nowMs += pace.waitMs(nowMs);
          expect(before).toBeLessThanOrEqual(((nowMs - 1_000 + 100) * perSecond) / 1_000 + 1e-6);
          pace.take(size, nowMs);
          before += size;
        }
      }),
    );
  });
});
