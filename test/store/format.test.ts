import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/index.ts';
import { formatOneReports, formatOneSizes, formatOneWrites } from './format-one.ts';

const fixture = join(import.meta.dirname, 'fixtures', 'format-1.sqlite');

async function openFormatOne(): Promise<EmbeddedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-format-'));
  await copyFile(fixture, join(folder, 'telemetry.sqlite'));
  const store = await openEmbeddedStore({ folder, sizes: formatOneSizes });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return store;
}

const all = { by: 'offset', from: 0, to: 1_000_000, limit: 10_000 } as const;
const chart = { device: 'often', product: 'fridge', signal: 'cabinet_temp', from: undefined, to: undefined };

it('reads everything of the first format, and goes on with it', async () => {
  const store = await openFormatOne();
  const reports = formatOneReports();
  expect(await store.cursor()).toBe(formatOneWrites * 10);
  expect(await store.reports(all)).toEqual(reports);
  const more = reports.slice(0, 50).map((one, i) => ({ ...one, offset: 600 + i, at: one.at + 86_400_000 }));
  await store.write(more, 650);
  expect(await store.reports(all)).toEqual([...reports, ...more]);
});

it('makes the hours of the first format when there is time, and charts are the same before and after', async () => {
  const store = await openFormatOne();
  const counts = async () => {
    const points = await store.series({ ...chart, pointsMax: 4 });
    return points.map(({ min, max, count }) => [min, max, count]);
  };
  const expected = formatOneReports().filter(({ device }) => device === 'often');
  const before = await counts();
  expect(before.reduce((sum, [, , count]) => sum + (count ?? 0), 0)).toBe(new Set(expected.map(({ at }) => at)).size);
  while (await store.keepUp());
  const after = await counts();
  expect(after.reduce((sum, [, , count]) => sum + (count ?? 0), 0)).toBe(new Set(expected.map(({ at }) => at)).size);
  const values = expected.map(({ signals }) => signals.cabinet_temp).filter((value) => typeof value === 'number');
  expect(Math.max(...after.map(([, max]) => max ?? 0))).toBe(Math.max(...values));
  expect(await store.reports(all)).toEqual(formatOneReports());
});
