import { expect, it } from 'vitest';
import { AftercareError } from '../../src/base/index.ts';
import type { CaseChange, CaseStore } from '../../src/cases/index.ts';
import { Telling } from '../../src/pipeline/telling.ts';

const tick = (offset: number): CaseChange => ({ kind: 'tick', offset, now: offset, downMs: 0, maintenance: [] });
const ticks = (from: number, count: number) => Array.from({ length: count }, (_, i) => tick(from + i));

/** Telling a store that does as `apply` says, with what came of it. */
function telling(apply: CaseStore['apply'] = async () => []) {
  const parts: (readonly [first: number, count: number])[] = [];
  const told: unknown[] = [];
  const failed: unknown[] = [];
  let idle = 0;
  const to = new Telling({
    cases: {
      apply: async (changes) => {
        const [first] = changes;
        parts.push([first?.kind === 'tick' ? first.offset : -1, changes.length]);
        return apply(changes);
      },
    },
    patiently: (work) => work().catch(work),
    onCases: (cases) => told.push(cases),
    onIdle: () => {
      idle += 1;
    },
    onFailed: (error) => failed.push(error),
  });
  return { to, parts, told, failed, idle: () => idle };
}

it('applies what it is given in order, in parts, and says when all of it is done', async () => {
  const { to, parts, told, idle } = telling();
  to.begin(ticks(0, 2_500));
  to.begin(ticks(2_500, 3));
  expect(to.isBusy).toBe(true);
  expect(idle()).toBe(0);
  await to.whenDone();
  expect(parts).toEqual([
    [0, 1_000],
    [1_000, 1_000],
    [2_000, 500],
    [2_500, 3],
  ]);
  expect(told).toHaveLength(4);
  expect([to.isBusy, idle()]).toEqual([false, 1]);
});

it('has nothing to do for nothing', async () => {
  const { to, parts } = telling();
  to.begin([]);
  expect(to.isBusy).toBe(false);
  await to.whenDone();
  expect(parts).toEqual([]);
});

it('tries a part again before the next, and takes none that comes after one that fails for good', async () => {
  const answers = [new AftercareError('store-failed', 'no room'), undefined, new Error('ours'), new Error('ours')];
  const { to, parts, told, failed, idle } = telling(async () => {
    const error = answers.shift();
    if (error) throw error;
    return [];
  });
  to.begin([tick(1)]);
  to.begin([tick(2)]);
  to.begin([tick(3)]);
  await expect(to.whenDone()).rejects.toThrow('ours');
  expect(parts).toEqual([
    [1, 1],
    [1, 1],
    [2, 1],
    [2, 1],
  ]);
  expect([told.length, failed.length > 0, idle()]).toEqual([1, true, 0]);
});
