import { expect, it } from 'vitest';
import { Storing } from '../../src/pipeline/storing.ts';
import { type ReportsQuery, Sheet, type TelemetryStore } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';
import { memoryStore, noTelemetry } from '../simulation/memory/store.ts';

/** Storing into memory, with what it asks of the store. */
function storing(changes: Partial<TelemetryStore> = {}) {
  const memory = memoryStore(noTelemetry());
  const asked: ReportsQuery[] = [];
  const stored: (readonly [reports: number, next: number])[] = [];
  const failed: unknown[] = [];
  const store: TelemetryStore = {
    ...memory,
    reports: (query) => {
      asked.push(query);
      return memory.reports(query);
    },
    ...changes,
  };
  const into = new Storing({
    store,
    patiently: (work) => work(),
    onStored: (reports, next) => stored.push([reports.get('fridge-1') ?? 0, next]),
    onFailed: (error) => failed.push(error),
  });
  return { into, asked, stored, failed };
}

const some = (from: number, count: number): Report[] => Array.from({ length: count }, (_, i) => report(from + i));
const seqs = (reports: readonly Report[]) => reports.map(({ seq }) => seq);

it('tells of a stretch when the store has it, and is busy until then', async () => {
  const { into, stored } = storing();
  into.begin(Sheet.of(some(0, 3)), 3);
  expect(into.isBusy).toBe(true);
  expect(stored).toEqual([]);
  await into.whenDone();
  expect(stored).toEqual([[3, 3]]);
  expect(into.isBusy).toBe(false);
});

it('finds what was handed over under an identity, its neighbours with it, and looks again when there is more', async () => {
  const { into, asked } = storing();
  into.begin(Sheet.of(some(0, 100)), 100);
  expect(seqs(await into.under('fridge-1', 'b1', 70))).toEqual([70]);
  for (let seq = 64; seq < 128; seq++) await into.under('fridge-1', 'b1', seq);
  expect(asked).toHaveLength(1);
  into.begin(Sheet.of([report(100, { seq: 99 })]), 101);
  expect((await into.under('fridge-1', 'b1', 99)).map(({ offset }) => offset)).toEqual([99, 100]);
  expect(await into.under('fridge-1', 'b2', 99)).toEqual([]);
  await into.forsake(async () => undefined);
  await into.under('fridge-1', 'b2', 99);
  expect(asked).toHaveLength(4);
});

it('fails for good when the store does, and says so to who waits', async () => {
  const error = new Error('the thread is gone');
  const { into, failed, stored } = storing({ write: () => Promise.reject(error) });
  into.begin(Sheet.of(some(0, 1)), 1);
  await expect(into.whenDone()).rejects.toBe(error);
  await expect(into.under('fridge-1', 'b1', 0)).rejects.toBe(error);
  expect(failed).toEqual([error]);
  expect(stored).toEqual([]);
});
