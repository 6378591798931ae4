import { expect, it } from 'vitest';
import { AftercareError } from '../../src/base/index.ts';
import { realTimers } from '../../src/intake/index.ts';
import { patiently } from '../../src/pipeline/patiently.ts';

const away = () => new AftercareError('store-failed', 'the store did not answer');

/** Work that fails so often, and what is told of it; a stop comes amid the attempt of that number. */
function attempts({ failures, stopAt, error = away() }: { failures: number; stopAt?: number; error?: Error }) {
  const stop = new AbortController();
  const [told, pausesMs]: number[][] = [[], []];
  let made = 0;
  const done = patiently(
    async () => {
      made += 1;
      if (made === stopAt) stop.abort();
      if (made <= failures) throw error;
      return made;
    },
    {
      stopped: stop.signal,
      timers: { ...realTimers, sleep: async (ms, signal) => void (signal?.aborted || pausesMs?.push(ms)) },
      onTrouble: (_, attempt) => void told?.push(attempt),
    },
  );
  return { done, told, pausesMs };
}

it('tries again until it is done, with growing pauses', async () => {
  const { done, told, pausesMs } = attempts({ failures: 3 });
  expect(await done).toBe(4);
  expect([told, pausesMs]).toEqual([
    [1, 2, 3],
    [200, 400, 800],
  ]);
});

it('tries at once and once more what a stop came amid: what ails the store may be over', async () => {
  const { done, pausesMs } = attempts({ failures: 2, stopAt: 2 });
  expect(await done).toBe(3);
  expect(pausesMs).toEqual([200]);
});

it('gives up what fails after a stop', async () => {
  const { done } = attempts({ failures: 3, stopAt: 2 });
  await expect(done).rejects.toThrow('the store did not answer');
});

it('throws what trying again does not mend', async () => {
  const { done, told } = attempts({ failures: 1, error: new Error('a mistake of ours') });
  await expect(done).rejects.toThrow('a mistake of ours');
  expect(told).toEqual([]);
});
