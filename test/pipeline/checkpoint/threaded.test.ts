import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { openCheckpoint, openThreadedCheckpoint } from '../../../src/pipeline/index.ts';
import { checkpointContract } from '../../contract/checkpoint.ts';
import { large, rows, write } from './fixture.ts';

const broken: Error[] = [];
const onBroken = (error: Error): void => void broken.push(error);

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-checkpoint-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

checkpointContract('SQLite in a thread of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-checkpoint-'));
  let checkpoint = await openThreadedCheckpoint({ folder, onBroken });
  return {
    checkpoint,
    async reopen() {
      await checkpoint.close();
      checkpoint = await openThreadedCheckpoint({ folder, onBroken });
      return checkpoint;
    },
    async destroy() {
      await checkpoint.close();
      rmSync(folder, { recursive: true });
      expect(broken).toEqual([]);
    },
  };
});

/** Makes a database unreadable to those that have it open, as a damaged disk does; gives what mends it. */
function damage(folder: string): () => void {
  const db = new DatabaseSync(join(folder, 'pipeline.sqlite'), { defensive: false });
  const { version } = db.prepare('SELECT schema_version AS version FROM pragma_schema_version').get() ?? {};
  const { sql } = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'hashes'").get() ?? {};
  const set = (text: SQLOutputValue | undefined, to: number) => {
    db.exec('PRAGMA writable_schema = ON');
    db.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'hashes'").run(text ?? null);
    db.exec(`PRAGMA schema_version = ${to}`);
  };
  set('no table', Number(version) + 1);
  return () => {
    set(sql, Number(version) + 2);
    db.close();
  };
}

it('fails while the disk does not take it, and goes on when it does', async () => {
  const folder = newFolder();
  const checkpoint = await openThreadedCheckpoint({ folder, onBroken });
  await checkpoint.save(write(1, large('old', 6)));
  const mend = damage(folder);
  await expect(checkpoint.save(write(2, large('lost', 6)))).rejects.toMatchObject({ code: 'store-failed' });
  mend();
  expect(checkpoint.meta()?.next).toBe(1);
  expect(rows(checkpoint)).toEqual(['old 0', 'old 1', 'old 2', 'old 3', 'old 4', 'old 5']);
  await checkpoint.save(write(3, large('new', 2)));
  expect(rows(checkpoint)).toEqual(['new 0', 'new 1', 'old 2', 'old 3', 'old 4', 'old 5']);
  await checkpoint.close();
  expect(broken).toEqual([]);
});

it('leaves it to who opens the folder next', async () => {
  const folder = newFolder();
  const checkpoint = await openThreadedCheckpoint({ folder, onBroken });
  await checkpoint.save(write(1, large('first', 2)));
  await checkpoint.close();
  await checkpoint.close();
  const here = openCheckpoint(folder);
  expect(rows(here)).toEqual(['first 0', 'first 1']);
  await here.save(write(2, large('second', 1)));
  here.close();
  expect(readdirSync(folder)).toEqual(['pipeline.sqlite']);
  const again = await openThreadedCheckpoint({ folder, onBroken });
  expect(again.meta()?.next).toBe(2);
  expect(rows(again)).toEqual(['second 0', 'first 1']);
  await again.close();
});

it('rests on what must be durable before it', async () => {
  const checkpoint = await openThreadedCheckpoint({ folder: newFolder(), onBroken });
  await checkpoint.save(write(1, large('old', 1)));
  const durable = Promise.reject(new Error('the store is gone'));
  durable.catch(() => undefined);
  await expect(checkpoint.save(write(2, large('new', 1)), durable)).rejects.toThrow('the store is gone');
  expect([checkpoint.meta()?.next, rows(checkpoint)]).toEqual([1, ['old 0']]);
  await checkpoint.close();
});

it('does not open what is no checkpoint', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'pipeline.sqlite'), 'no database, but long enough to be looked at as one'.repeat(9));
  expect(() => openCheckpoint(folder)).toThrow('cannot be opened');
  await expect(openThreadedCheckpoint({ folder, onBroken })).rejects.toThrow('cannot be opened');
  expect(broken).toEqual([]);
});
