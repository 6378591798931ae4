import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCheckpoint, openHistory } from '../../src/pipeline/index.ts';
import { encodeRecord, type LogRecord } from '../../src/telemetry/index.ts';

const start = Date.UTC(2026, 0, 5);

async function saved(records: readonly (readonly [offset: number, record: LogRecord])[], next: number) {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-history-'));
  const checkpoint = openCheckpoint(folder);
  onTestFinished(() => {
    checkpoint.close();
    rmSync(folder, { recursive: true });
  });
  const nothing = { devices: [], bands: [], snapshots: [], quarantine: [], facts: undefined };
  const meta = { next, globals: { lastHeardAt: start, downMs: 0 }, forwarded: undefined, ages: [] };
  const history = records.map(([offset, record]) => ({ offset, payload: encodeRecord(record) }));
  if (next > 0) await checkpoint.save({ ...nothing, meta, history });
  return folder;
}

describe('the history', () => {
  it('gives facts and returns of the service in log order, and ticks by service time', async () => {
    const fact = { type: 'device-retired', at: start, id: 'd1' } as const;
    const folder = await saved(
      [
        [0, { kind: 'fact', fact }],
        [1, { kind: 'tick', at: start }],
        [4, { kind: 'resumed', at: start + 7_000 }],
        [5, { kind: 'tick', at: start + 10_000 }],
        [6, { kind: 'tick', at: start + 15_000 }],
        [9, { kind: 'tick', at: start + 20_000 }],
      ],
      8,
    );
    const history = openHistory(folder);
    expect(history?.next).toBe(8);
    expect(history?.records()).toEqual([
      { offset: 0, record: { kind: 'fact', fact } },
      { offset: 4, record: { kind: 'resumed', at: start + 7_000 } },
    ]);
    const ticks = history?.ticks(start + 1, start + 30_000);
    expect([...(ticks?.offsets ?? [])]).toEqual([5, 6]);
    expect([...(ticks?.at ?? [])]).toEqual([start + 10_000, start + 15_000]);
    history?.close();
  });

  it('is none before the first checkpoint, and where there is no file', async () => {
    expect(openHistory(await saved([], 0))).toBeUndefined();
    expect(openHistory(join(tmpdir(), 'aftercare-no-such-folder'))).toBeUndefined();
  });
});
