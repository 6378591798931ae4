import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { dayMs } from '../../src/base/index.ts';
import { openEmbeddedStore, startKeeper } from '../../src/store/index.ts';
import { report } from '../contract/store.ts';

const deadline = { timeout: 10_000 };

it('lets old reports go by itself, but for those that are still to be read, and tells when room gets short', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-keeper-'));
  const recent = { reportsMax: 0, writesMax: 1, bytesMax: 0 };
  const sizes = { fullReports: 4, recent };
  const roomy = await openEmbeddedStore({ folder, sizes });
  const reports = Array.from({ length: 41 }, (_, i) => report(i));
  await roomy.write(reports, 41);
  await roomy.close();
  const store = await openEmbeddedStore({ folder, sizes, bytesMax: 1 });
  const told: (string | undefined)[] = [];
  const keeper = startKeeper({
    store,
    clock: () => (reports.at(-1)?.at ?? 0) + 2 * dayMs,
    ageMs: dayMs,
    keepFrom: async () => 20,
    onSpace: (trouble) => told.push(trouble),
    onTrouble: (error) => {
      throw error;
    },
  });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  await vi.waitFor(async () => {
    const left = await store.reports({ by: 'offset', from: 0, to: 100, limit: 100 });
    expect(left.map(({ offset }) => offset)).toEqual(Array.from({ length: 21 }, (_, i) => 20 + i));
  }, deadline);
  await keeper.stop();
  expect(told).toEqual([expect.stringContaining('bound')]);
});
