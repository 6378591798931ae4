import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/base/index.ts';
import {
  type EmbeddedStore,
  type EmbeddedStoreOptions,
  openEmbeddedStore,
  openThreadedStore,
  Sheet,
} from '../../src/store/index.ts';
import { report, telemetryStoreContract } from '../contract/store.ts';

/** Sizes at which a handful of reports goes through every stage: recent, tiny, small, full. */
const sizes = {
  fullReports: 8,
  tinyReports: 3,
  tinyChunksMax: 3,
  recent: { reportsMax: 5, writesMax: 4, bytesMax: 100_000 },
  aheadReports: 20,
};
const all = { by: 'offset', from: 0, to: 1_000_000, limit: 10_000 } as const;

let folder = '';
const broken: Error[] = [];
const opened: EmbeddedStore[] = [];

async function open(options: Partial<EmbeddedStoreOptions> = {}): Promise<EmbeddedStore> {
  const store = await openThreadedStore({ folder, sizes, onBroken: (error) => broken.push(error), ...options });
  opened.push(store);
  return store;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aftercare-store-'));
  broken.length = 0;
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

const everything = { sharedTimes: true, offsets: true, rawTimes: true, changingTypes: true };
telemetryStoreContract('embedded, in a thread of its own', everything, async () => {
  const store = await open();
  return {
    store,
    reopen: async () => {
      await opened.pop()?.close();
      return open();
    },
    destroy: async () => undefined,
  };
});

describe('the store in a thread of its own', () => {
  it('answers what was asked after a write with what was written, waited for or not', async () => {
    const store = await open();
    const reports = Array.from({ length: 40 }, (_, i) => report(i, { device: `d${i % 3}` }));
    const writes = [store.write(reports.slice(0, 15), 15), store.write(reports.slice(15), 40)];
    expect(await store.reports(all)).toEqual(reports);
    expect([...(await store.latest(['d0', 'nobody', 'd2'])).keys()]).toEqual(['d0', 'd2']);
    await Promise.all(writes);
    await store.sync();
    await store.close();
    expect(broken).toEqual([]);
    const again = await openEmbeddedStore({ folder, sizes });
    expect(await again.reports(all)).toEqual(reports);
    await again.close();
  });

  it('lets devices and old reports go as the store does', async () => {
    const store = await open();
    const reports = Array.from({ length: 64 }, (_, i) => report(i, { device: `d${i % 2}` }));
    await store.write(reports, 64);
    await store.delete('d0');
    await store.forsake('d2', 64);
    expect((await store.reports(all)).every(({ device }) => device === 'd1')).toBe(true);
    const retention = { before: (reports.at(-1)?.at ?? 0) + dayMs, offset: 64 };
    for (let more = true; more; ) more = await store.keepUp(retention);
    expect(await store.reports(all)).toEqual([]);
  });

  it('passes on what is wrong with what to do about it, and how much room there is', async () => {
    const store = await open({ bytesMax: 1 });
    expect(store.space()).toMatchObject({ bytesMax: 1, full: true });
    await expect(store.write([report(0)], 1)).rejects.toMatchObject({
      code: 'store-failed',
      hint: expect.stringContaining('AFTERCARE_LIMIT_STORE_BYTES'),
    });
    expect(await store.cursor()).toBe(0);
    expect(broken).toEqual([]);
  });

  it('leaves rows to whoever gave them, to be written once more', async () => {
    const reports = Array.from({ length: 5 }, (_, i) => report(i));
    const rows = Sheet.of(reports);
    const full = await open({ bytesMax: 1 });
    await expect(full.write(rows, 5)).rejects.toMatchObject({ code: 'store-failed' });
    expect(rows.reports()).toEqual(reports);
    await opened.pop()?.close();
    const store = await open();
    await store.write(rows, 5);
    expect(await store.reports(all)).toEqual(reports);
    await expect(store.write(Sheet.of([report(9), report(8)]), 10)).rejects.toThrow('log order');
    await expect(store.write(Sheet.of([report(9)]), 9)).rejects.toThrow('before the next offset');
  });

  it('does not open what is no store', async () => {
    await writeFile(join(folder, 'telemetry.sqlite'), 'no database, but long enough to be looked at as one'.repeat(9));
    await expect(open()).rejects.toMatchObject({ code: 'store-failed', hint: expect.stringContaining('backup') });
    expect(broken).toEqual([]);
  });

  it('tells when its thread ends by itself, and leaves nobody waiting', async () => {
    const started = Promise.withResolvers<Worker>();
    process.once('worker', (worker) => started.resolve(worker));
    const store = await open();
    const thread = await started.promise;
    // Turned into rows before the thread is ended, answered never.
    const write = store.write([report(0)], 1);
    void thread.terminate();
    await expect(write).rejects.toMatchObject({ code: 'internal' });
    expect(broken).toMatchObject([{ code: 'internal' }]);
    await expect(store.cursor()).rejects.toMatchObject({ code: 'internal' });
    await store.close();
  });
});
