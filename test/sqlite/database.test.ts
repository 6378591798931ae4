import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer, openDatabase, relax, sync, transaction } from '../../src/sqlite/index.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('database', () => {
  it('goes forward from any version, and keeps what is there', () => {
    const steps = ['CREATE TABLE a (x)', 'INSERT INTO a VALUES (1)', 'ALTER TABLE a ADD COLUMN y; UPDATE a SET y = 2'];
    for (const known of [1, 2, 2, 3]) {
      const database = openDatabase(folder, 'a.sqlite', steps.slice(0, known));
      expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: known });
      database.close();
    }
    const database = openDatabase(folder, 'a.sqlite', steps);
    expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: 2 }]);
    database.close();
  });

  it('leaves the version as it was when a step fails', () => {
    const open = () => openDatabase(folder, 'a.sqlite', ['CREATE TABLE a (x)', 'CREATE TABLE b (x); nonsense']);
    expect(open).toThrow(expect.objectContaining({ code: 'data-folder-unusable' }));
    const database = openDatabase(folder, 'a.sqlite', ['CREATE TABLE a (x)']);
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'a' }]);
    database.close();
  });

  it('waits for the disk only when it is told to once it is relaxed', () => {
    const database = openDatabase(folder, 'a.sqlite', ['CREATE TABLE a (x)']);
    relax(database);
    database.exec('INSERT INTO a VALUES (1)');
    const journal = () => statSync(join(folder, 'a.sqlite-wal')).size;
    const before = journal();
    sync(database);
    expect(journal()).toBeGreaterThan(before);
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 1 });
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
    expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 1 }]);
    database.close();
  });

  it('waits for the disk with each commit', () => {
    const database = openDatabase(folder, 'a.sqlite', []);
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    database.close();
  });

  it('takes a transaction back when its work throws', () => {
    const database = openDatabase(folder, 'a.sqlite', ['CREATE TABLE a (x)']);
    const work = (): void => {
      database.exec('INSERT INTO a VALUES (1)');
      throw new Error('no');
    };
    expect(() => transaction(database, work)).toThrow('no');
    expect(database.prepare('SELECT * FROM a').all()).toEqual([]);
    database.close();
  });

  it('tells a full disk from our own mistakes', async () => {
    const database = openDatabase(folder, 'a.sqlite', ['CREATE TABLE a (x UNIQUE)']);
    database.exec('PRAGMA max_page_count = 8');
    const fill = answer(() => database.prepare('INSERT INTO a VALUES (?)').run('x'.repeat(100_000)));
    await expect(fill).rejects.toMatchObject({ code: 'store-failed', status: 503 });
    database.exec('INSERT INTO a VALUES (1)');
    await expect(answer(() => database.exec('INSERT INTO a VALUES (1)'))).rejects.toMatchObject({
      name: 'Error',
      message: expect.stringContaining('UNIQUE'),
    });
    database.close();
  });
});
