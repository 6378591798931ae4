import { expect, it } from 'vitest';
import type { LogEntry } from '../../src/log/index.ts';
import { LoggedRecords } from '../../src/pipeline/logged-records.ts';

/** A log of records of some bytes, from `first` on. */
function logOf(count: number) {
  const entries = Array.from({ length: count }, (_, offset): LogEntry => {
    return { offset, payload: new Uint8Array(100).fill(offset % 256) };
  });
  const log = { first: 0, reads: [] as number[] };
  const records = new LoggedRecords({
    bounds: () => ({ first: log.first, next: count, bytes: 0 }),
    read: async (from, { recordsMax, bytesMax }) => {
      log.reads.push(from);
      const start = Math.max(from, log.first);
      return entries.slice(start, start + Math.min(recordsMax, Math.floor(bytesMax / 100)));
    },
  });
  return { log, records };
}

it('reads those that follow along with a record, and remembers some stretches', async () => {
  const { log, records } = logOf(10_000);
  for (let i = 0; i < 500; i++) {
    expect(await records.at(40 + i)).toMatchObject({ offset: 40 + i });
    expect((await records.at(5_000 + i))?.payload[0]).toBe((5_000 + i) % 256);
  }
  expect(log.reads).toEqual([40, 5_000]);
  for (let from = 9_000; from > 0; from -= 1_100) await records.at(from);
  await records.at(40);
  expect(log.reads.filter((from) => from === 40)).toHaveLength(2);
});

it('knows nothing of what is trimmed, remembered or not, or not there yet', async () => {
  const { log, records } = logOf(10);
  expect(await records.at(3)).toMatchObject({ offset: 3 });
  log.first = 5;
  expect(await records.at(3)).toBeUndefined();
  expect(await records.at(5)).toMatchObject({ offset: 5 });
  expect(await records.at(10)).toBeUndefined();
});
