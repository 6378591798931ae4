import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CallThread } from '../../src/threads/index.ts';
import type { Echo } from './echo-thread.ts';

const broken: Error[] = [];
const told: { readonly failed: boolean }[] = [];
const opened: CallThread<Echo>[] = [];

async function open(refuses = false): Promise<CallThread<Echo>> {
  const thread = await CallThread.open<Echo, { refuses: boolean }, { failed: boolean }>({
    name: 'echo',
    what: 'the echo',
    file: join(import.meta.dirname, 'echo-thread.ts'),
    settings: { refuses },
    youngMb: 6,
    onTold: (one) => told.push(one),
    onBroken: (error) => broken.push(error),
  });
  opened.push(thread);
  return thread;
}

afterEach(async () => {
  for (const thread of opened.splice(0)) await thread.close();
  broken.length = 0;
  told.length = 0;
});

describe('a driver in a thread of its own', () => {
  it('is asked and answers, what it tells comes before the answer', async () => {
    const thread = await open();
    expect(await thread.ask('echo', [{ deep: [1, 'two', undefined] }])).toEqual({ deep: [1, 'two', undefined] });
    expect(told).toEqual([{ failed: false }]);
  });

  it('gives and takes memory that moves', async () => {
    const thread = await open();
    const values = Float64Array.of(1, 2, 3);
    const answer = thread.ask('numbers', [values], [values.buffer]);
    expect(values.byteLength).toBe(0);
    expect(await answer).toEqual(Float64Array.of(2, 4, 6));
  });

  it('begins calls in the order in which they were made', async () => {
    const thread = await open();
    const slow = thread.ask('note', [1, 50]);
    const quick = thread.ask('note', [2, 0]);
    expect(await thread.ask('order', [])).toEqual([1, 2]);
    expect(await Promise.all([slow, quick])).toEqual([1, 2]);
  });

  it('passes errors on, those of the world with their code and hint', async () => {
    const thread = await open();
    await expect(thread.ask('fail', [true])).rejects.toMatchObject({ code: 'store-failed', hint: 'make some' });
    await expect(thread.ask('fail', [false])).rejects.toThrow('ours');
    expect(told).toEqual([{ failed: true }, { failed: true }]);
    expect(await thread.ask('echo', [1])).toBe(1);
  });

  it('does not open where the driver does not', async () => {
    await expect(open(true)).rejects.toMatchObject({ code: 'data-folder-unusable', hint: 'elsewhere' });
    expect(broken).toEqual([]);
  });

  it('takes nothing more once closed, which can be said twice', async () => {
    const thread = await open();
    await Promise.all([thread.close(), thread.close()]);
    await expect(thread.ask('echo', [1])).rejects.toMatchObject({ code: 'store-failed' });
    expect(broken).toEqual([]);
  });

  it('leaves nobody waiting when the thread ends by itself', async () => {
    const thread = await open();
    await expect(thread.ask('end', [])).rejects.toMatchObject({ code: 'internal' });
    expect(broken).toMatchObject([{ code: 'internal', message: expect.stringContaining('the echo') }]);
    await expect(thread.ask('echo', [1])).rejects.toMatchObject({ code: 'internal' });
  });
});
