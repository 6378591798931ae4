import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoint, type CheckpointWrite, type DeviceRow, openCheckpoint } from '../../src/pipeline/index.ts';
import { Pauses } from '../../src/pipeline/pauses.ts';
import { checkpointContract } from '../contract/checkpoint.ts';

let folder: string;
let checkpoint: Checkpoint;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aftercare-checkpoint-'));
  checkpoint = openCheckpoint(folder);
});
afterEach(() => {
  checkpoint.close();
  rmSync(folder, { recursive: true });
});

const write = (next: number, devices: Iterable<DeviceRow>): CheckpointWrite => ({
  meta: { next, globals: { lastHeardAt: 0, downMs: 0 }, forwarded: undefined, ages: [] },
  facts: undefined,
  devices,
  bands: [],
  snapshots: [],
  quarantine: [],
  history: [],
});

const row = (id: string, engine: string): DeviceRow => ({
  number: id.charCodeAt(0) - 'a'.charCodeAt(0),
  id,
  admission: '{}',
  engine,
  evaluated: 1,
  unstored: 0,
  hashes: [],
  hashesFrom: 0,
});

/** Rows that each take so long that others have their turn after them. */
function* slowly(rows: readonly DeviceRow[]): Generator<DeviceRow, void, void> {
  for (const next of rows) {
    const pauses = new Pauses();
    while (!pauses.due);
    yield next;
  }
}

checkpointContract('SQLite', () => {
  const place = mkdtempSync(join(tmpdir(), 'aftercare-checkpoint-'));
  let open = openCheckpoint(place);
  const reopen = () => {
    open.close();
    open = openCheckpoint(place);
    return open;
  };
  const destroy = () => {
    open.close();
    rmSync(place, { recursive: true });
  };
  return { checkpoint: open, reopen, destroy };
});

describe('a checkpoint', () => {
  it('lets others have their turn, and is one transaction all the same', async () => {
    await checkpoint.save(write(1, [row('a', 'old'), row('b', 'old')]));
    const turns: string[] = [];
    const onTurn = () => turns.push('turn');
    setImmediate(onTurn);
    await checkpoint.save(write(2, slowly([row('a', 'new'), row('b', 'new'), row('c', 'new')])));
    expect(turns).toEqual(['turn']);
    expect(checkpoint.meta()?.next).toBe(2);
    expect([...checkpoint.devices()]).toEqual(['a', 'b', 'c'].map((id) => row(id, 'new')));
  });

  it('keeps nothing of one that failed half-way', async () => {
    await checkpoint.save(write(1, [row('a', 'old')]));
    function* failing(): Generator<DeviceRow, void, void> {
      yield* slowly([row('a', 'new'), row('b', 'new')]);
      throw new Error('the third cannot be made');
    }
    await expect(checkpoint.save(write(2, failing()))).rejects.toThrow('the third cannot be made');
    expect(checkpoint.meta()?.next).toBe(1);
    expect([...checkpoint.devices()]).toEqual([row('a', 'old')]);
    await checkpoint.save(write(3, [row('a', 'newer')]));
    expect(checkpoint.meta()?.next).toBe(3);
  });
});
