import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EmbeddedStoreSizes, openEmbeddedStore, type TelemetryStore } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report, type StoreUnderTest, telemetryStoreContract } from '../contract/store.ts';

const everything = { sharedTimes: true, offsets: true, rawTimes: true, changingTypes: true };

/** Sizes at which a handful of reports goes through every stage: recent, tiny, small, full. */
const little: Partial<EmbeddedStoreSizes> = {
  fullReports: 8,
  tinyReports: 3,
  tinyChunksMax: 3,
  recent: { reportsMax: 5, writesMax: 4, bytesMax: 100_000 },
  aheadReports: 20,
};

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-store-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function place(sizes: Partial<EmbeddedStoreSizes>): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-store-'));
  const store = await openEmbeddedStore({ folder, sizes });
  let current = store;
  return {
    store,
    reopen: async () => {
      await current.close();
      current = await openEmbeddedStore({ folder, sizes });
      return current;
    },
    destroy: async () => {
      await current.close();
      await rm(folder, { recursive: true });
    },
  };
}

telemetryStoreContract('embedded', everything, () => place({}));
telemetryStoreContract('embedded, in little sizes', everything, () => place(little));

const noon = Date.UTC(2026, 0, 1, 12);
const all = { by: 'offset', from: 0, to: 1_000_000, limit: 10_000 } as const;

async function writeEach(store: TelemetryStore, reports: readonly Report[]): Promise<void> {
  for (const one of reports) await store.write([one], one.offset + 1);
}

/** Changes the file behind a closed store. */
function inFile<T>(folder: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(folder, 'telemetry.sqlite'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

describe('the embedded store', () => {
  it('gathers a device that reports one at a time into few chunks', async () => {
    const folder = await newFolder();
    const recent = { reportsMax: 0, writesMax: 4, bytesMax: 100_000 };
    const store = await openEmbeddedStore({ folder, sizes: { fullReports: 128, recent } });
    const reports = Array.from({ length: 300 }, (_, i) => report(i, { device: `d${i % 2}` }));
    await writeEach(store, reports);
    expect(await store.reports(all)).toEqual(reports);
    await store.close();
    const chunks = inFile(folder, (db) => db.prepare('SELECT count FROM chunk WHERE device = 1').all());
    expect(chunks.length).toBeLessThan(40);
    expect(inFile(folder, (db) => db.prepare('SELECT count(*) AS n FROM recent').get())).toEqual({ n: 0 });
  });

  it('keeps a burst of one device in chunks of full size', async () => {
    const folder = await newFolder();
    const store = await openEmbeddedStore({ folder });
    // The newest waits for what may share its time.
    const reports = Array.from({ length: 1_501 }, (_, i) => report(i));
    await store.write(reports, 1_501);
    expect(await store.reports(all)).toEqual(reports);
    await store.close();
    const counts = inFile(folder, (db) => db.prepare('SELECT count FROM chunk').all());
    expect(counts).toEqual([{ count: 750 }, { count: 750 }]);
  });

  it('keeps every report once where bursts and messages lie across its writes', async () => {
    const folder = await newFolder();
    const sizes = { fullReports: 8 };
    const store = await openEmbeddedStore({ folder, sizes });
    // Bursts of five at one time, two reports a message, seven a write.
    const reports = Array.from({ length: 210 }, (_, i) => {
      return report(i >> 1, { index: i & 1, at: noon + Math.floor(i / 5) * 1_000, signals: { temp: i } });
    });
    for (let i = 0; i < reports.length; i += 14) await store.write(reports.slice(i, i + 14), (i + 14) >> 1);
    expect(await store.reports(all)).toEqual(reports);
    await store.close();
    const again = await openEmbeddedStore({ folder, sizes });
    expect(await again.reports(all)).toEqual(reports);
    await again.close();
  });

  it('packs a device that has one time only', async () => {
    const folder = await newFolder();
    const store = await openEmbeddedStore({ folder, sizes: { fullReports: 8 } });
    const reports = Array.from({ length: 20 }, (_, i) => report(i, { at: noon }));
    await store.write(reports, 20);
    expect(await store.reports(all)).toEqual(reports);
    await store.close();
    expect(inFile(folder, (db) => db.prepare('SELECT sum(count) AS n FROM chunk').get())).toEqual({ n: 20 });
  });

  it('orders equal times by the log across chunks', async () => {
    const sizes = { fullReports: 1, recent: { reportsMax: 0, writesMax: 1, bytesMax: 0 } };
    const store = await openEmbeddedStore({ folder: await newFolder(), sizes });
    const times = [10, 5, 10, 10];
    await writeEach(
      store,
      times.map((at, i) => report(i, { at })),
    );
    const query = { by: 'time', device: 'fridge-1', from: undefined, to: undefined, limit: 2 } as const;
    const offsets = async (descending: boolean) =>
      (await store.reports({ ...query, descending })).map(({ offset }) => offset);
    expect(await offsets(false)).toEqual([1, 0]);
    expect(await offsets(true)).toEqual([3, 2]);
    expect((await store.latest(['fridge-1'])).get('fridge-1')?.offset).toBe(3);
    await store.close();
  });

  it('reads page after page as in one piece, also what was written meanwhile', async () => {
    const store = await openEmbeddedStore({ folder: await newFolder(), sizes: little });
    const reports = Array.from({ length: 200 }, (_, i) => report(i, { device: `d${i % 9}` }));
    await store.write(reports.slice(0, 120), 120);
    const read: Report[] = [];
    for (let page = await store.reports({ ...all, limit: 7 }); page.length > 0; ) {
      read.push(...page);
      if (read.length === 63) await store.write(reports.slice(120), 200);
      page = await store.reports({ ...all, from: (page.at(-1)?.offset ?? 0) + 1, limit: 7 });
    }
    expect(read).toEqual(reports);
    await store.close();
  });

  it('tells a damaged chunk, goes on with all others, and still takes writes', async () => {
    const folder = await newFolder();
    const store = await openEmbeddedStore({ folder, sizes: little });
    const reports = Array.from({ length: 12 }, (_, i) => report(i, { device: `d${i % 2}` }));
    await writeEach(store, reports);
    await store.close();
    inFile(folder, (db) => {
      db.exec(`UPDATE chunk SET body = x'${'01'.repeat(40)}' WHERE device = 1`);
    });
    const again = await openEmbeddedStore({ folder, sizes: little });
    const query = { by: 'time', from: undefined, to: undefined, limit: 100, descending: false } as const;
    const damaged = again.reports({ ...query, device: 'd0' });
    await expect(damaged).rejects.toMatchObject({ code: 'store-failed', hint: expect.stringContaining('backup') });
    expect(await again.reports({ ...query, device: 'd1' })).toHaveLength(6);
    const later = Array.from({ length: 30 }, (_, i) => report(12 + i, { device: 'd0' }));
    await writeEach(again, later);
    expect(await again.reports({ ...query, device: 'd0', from: later[0]?.at })).toEqual(later);
    await again.close();
  });

  it('forgets a write that failed, and takes it again', async () => {
    const folder = await newFolder();
    await (await openEmbeddedStore({ folder })).close();
    inFile(folder, (db) => {
      // The cursor is the last thing that a write changes, so all of the rest is there to be undone.
      db.exec(`CREATE TRIGGER no_room BEFORE UPDATE ON cursor WHEN new.next = 21 BEGIN
        SELECT RAISE(ABORT, 'no room'); END`);
    });
    const store = await openEmbeddedStore({ folder, sizes: little });
    const good = Array.from({ length: 10 }, (_, i) => report(i, { device: `d${i}` }));
    await store.write(good, 10);
    const more = Array.from({ length: 10 }, (_, i) => report(10 + i, { device: `d${i + 5}` }));
    await expect(store.write(more, 21)).rejects.toThrow(/no room/);
    expect(await store.cursor()).toBe(10);
    expect(await store.reports(all)).toEqual(good);
    expect(await store.latest(['d5', 'd12'])).toEqual(new Map([['d5', good[5]]]));
    await store.write(more, 20);
    expect(await store.reports(all)).toEqual([...good, ...more]);
    await store.close();
  });

  it('refuses what is no store of this release', async () => {
    const [newer, other] = [await newFolder(), await newFolder()];
    await (await openEmbeddedStore({ folder: newer })).close();
    inFile(newer, (db) => db.exec('PRAGMA user_version = 99'));
    await expect(openEmbeddedStore({ folder: newer })).rejects.toThrow(/format 99/);
    await writeFile(
      join(other, 'telemetry.sqlite'),
      'this is a text file, and long enough to be looked at as a header',
    );
    await expect(openEmbeddedStore({ folder: other })).rejects.toMatchObject({ code: 'store-failed' });
    const below = openEmbeddedStore({ folder: join(other, 'telemetry.sqlite', 'deeper') });
    await expect(below).rejects.toMatchObject({ code: 'store-failed', hint: expect.any(String) });
  });
});
