import { expect, it } from 'vitest';
import { secondMs } from '../../src/base/index.ts';
import { Corrector } from '../../src/pipeline/index.ts';

it('gives others their turn while a long stretch is judged again', async () => {
  let now = 0;
  const turnsAt: number[] = [];
  let judged = 0;
  const corrector = new Corrector({
    engine: {
      *late() {
        yield { device: 'd1', position: { at: 0, offset: 1, index: 0 }, base: { position: undefined, text: '' } };
      },
      *correct() {
        for (; judged < 1_000; judged += 1) {
          now += 1;
          yield;
        }
      },
    },
    daySnapshot: () => undefined,
    readStretch: async () => [],
    beforeChange: () => undefined,
    timers: { now: () => now, sleep: async () => undefined, turn: async () => void turnsAt.push(now) },
  });
  const out = { findings: [], bands: [], touched: new Set<string>() };
  await corrector.run({ offset: 9, at: secondMs }, out);
  expect(judged).toBe(1_000);
  expect(turnsAt.length).toBeGreaterThan(50);
});
