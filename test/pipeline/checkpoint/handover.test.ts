import { describe, expect, it, vi } from 'vitest';
import type { CheckpointCalls } from '../../../src/pipeline/checkpoint/batches.ts';
import { Handover } from '../../../src/pipeline/checkpoint/handover.ts';
import { large, write } from './fixture.ts';

type Asked = Parameters<CheckpointCalls['devices']>[0] | Parameters<CheckpointCalls['keep']>[0];

/** A writer that answers when it is let. */
class SlowWriter implements CheckpointCalls {
  readonly waiting: { readonly batch: Asked; readonly answered: PromiseWithResolvers<Asked['numbers']> }[] = [];
  readonly asked: string[] = [];

  async begin(): Promise<void> {
    this.asked.push('begin');
  }

  devices(batch: Asked): Promise<Asked['numbers']> {
    return this.#take('devices', batch);
  }

  keep(batch: Asked): Promise<Asked['numbers']> {
    return this.#take('keep', batch);
  }

  async complete(): Promise<void> {
    this.asked.push('complete');
  }

  close(): void {}

  answer(): void {
    const first = this.waiting.shift();
    first?.answered.resolve(first.batch.numbers);
  }

  #take(call: string, batch: Asked): Promise<Asked['numbers']> {
    this.asked.push(call);
    const answered = Promise.withResolvers<Asked['numbers']>();
    this.waiting.push({ batch, answered });
    return answered.promise;
  }
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a checkpoint that is handed over', () => {
  it('has four batches on its way at most, and is completed when all were taken', async () => {
    const writer = new SlowWriter();
    const bands = [{ device: 'd0', signal: 'temp', at: 1, low: 2, high: 3 }];
    const saved = new Handover(writer).save({ ...write(1, large('new', 9)), bands }, undefined);
    await vi.waitUntil(() => writer.waiting.length === 4);
    await turns(9);
    expect(writer.asked).toEqual(['begin', 'devices', 'devices', 'devices', 'devices']);
    writer.answer();
    await vi.waitUntil(() => writer.asked.length === 6);
    await turns(9);
    expect(writer.waiting).toHaveLength(4);
    while (!writer.asked.includes('keep')) {
      writer.answer();
      await turns(1);
    }
    expect(writer.asked.filter((call) => call === 'devices')).toHaveLength(9);
    expect(writer.asked).not.toContain('complete');
    writer.answer();
    await saved;
    expect(writer.asked.at(-1)).toBe('complete');
  });

  it('uses the memory again that comes back', async () => {
    const writer = new SlowWriter();
    const handover = new Handover(writer);
    const used = new Set<Asked['numbers']>();
    for (const next of [1, 2, 3]) {
      const saved = handover.save(write(next, large('new', 6)), undefined);
      const isSaved = saved.then(() => true);
      while (!(await Promise.race([isSaved, turns(1).then(() => false)]))) {
        for (const { batch } of writer.waiting) used.add(batch.numbers);
        writer.answer();
      }
    }
    expect(used.size).toBeLessThanOrEqual(8);
  });

  it('waits for what is on its way when one of it fails', async () => {
    const writer = new SlowWriter();
    let isOver = false;
    const saved = new Handover(writer).save(write(1, large('new', 9)), undefined).finally(() => {
      isOver = true;
    });
    saved.catch(() => undefined);
    await vi.waitUntil(() => writer.waiting.length === 4);
    writer.waiting.shift()?.answered.reject(new Error('the disk is full'));
    await turns(9);
    expect(isOver).toBe(false);
    for (let left = 3; left > 0; left--) writer.answer();
    await expect(saved).rejects.toThrow('the disk is full');
    expect(writer.asked).toEqual(['begin', 'devices', 'devices', 'devices', 'devices']);
  });

  it('takes of a view what it shows, and leaves the memory where it is', async () => {
    const writer = new SlowWriter();
    const memory = new Uint8Array(1_000).fill(7);
    const payload = memory.subarray(10, 12);
    const history = [{ offset: 3, payload }];
    const saved = new Handover(writer).save({ ...write(1, []), history }, undefined);
    await vi.waitUntil(() => writer.waiting.length === 1);
    const entry = writer.waiting[0]?.batch.items[0];
    expect(entry).toEqual({ kind: 'history', entry: { offset: 3, payload: Uint8Array.of(7, 7) } });
    expect(entry && 'entry' in entry && entry.entry.payload?.buffer.byteLength).toBe(2);
    writer.answer();
    await saved;
    expect(memory.length).toBe(1_000);
  });
});
