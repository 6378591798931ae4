import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/pipeline/index.ts';
import { checkpointContract } from '../../contract/checkpoint.ts';
import { large, rows, write } from './fixture.ts';

let folder: string;
let checkpoint: ReturnType<typeof openCheckpoint>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aftercare-checkpoint-'));
  checkpoint = openCheckpoint(folder);
});
afterEach(() => {
  checkpoint.close();
  rmSync(folder, { recursive: true });
});

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
    await checkpoint.save(write(1, large('old', 2)));
    const turns: string[] = [];
    setImmediate(() => turns.push('turn'));
    await checkpoint.save(write(2, large('new', 3)));
    expect(turns).toEqual(['turn']);
    expect(checkpoint.meta()?.next).toBe(2);
    expect(rows(checkpoint)).toEqual(['new 0', 'new 1', 'new 2']);
  });

  it('keeps nothing of one that failed half-way', async () => {
    await checkpoint.save(write(1, large('old', 1)));
    function* failing(): Generator<ReturnType<typeof large>[number], void, void> {
      yield* large('new', 2);
      throw new Error('the third cannot be made');
    }
    await expect(checkpoint.save(write(2, failing()))).rejects.toThrow('the third cannot be made');
    expect(checkpoint.meta()?.next).toBe(1);
    expect(rows(checkpoint)).toEqual(['old 0']);
    await checkpoint.save(write(3, large('newer', 1)));
    expect(checkpoint.meta()?.next).toBe(3);
    expect(rows(checkpoint)).toEqual(['newer 0']);
  });
});
