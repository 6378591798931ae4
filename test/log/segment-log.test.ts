import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LogFiles, openLog } from '../../src/log/index.ts';
import { readAll } from '../contract/log.ts';
import { FakeFiles } from './fake-files.ts';

const all = { recordsMax: 100, bytesMax: 100_000 };
const folder = '/fake';

describe('an append', () => {
  it('is one write and one sync, however many records', async () => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files });
    const before = files.operations.length;
    await log.append(Array.from({ length: 500 }, () => Buffer.alloc(200)));
    expect(files.operations.slice(before)).toEqual(['write', 'sync']);
  });

  it('begins a new segment that is durable by name and header before it is used', async () => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files, segmentBytesMax: 300 });
    await log.append([Buffer.alloc(200)]);
    const before = files.operations.length;
    await log.append([Buffer.alloc(200)]);
    expect(files.operations.slice(before)).toEqual(['open', 'write', 'sync', 'sync-folder', 'write', 'sync']);
  });

  it('larger than a segment and than the cache gets through', async () => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files, segmentBytesMax: 300, cacheBytesMax: 300 });
    for (const size of [10, 5_000, 10]) await log.append([Buffer.alloc(size)]);
    expect(files.names()).toHaveLength(3);
    expect((await readAll(log, 0)).map(({ payload }) => payload.length)).toEqual([10, 5_000, 10]);
  });

  it('can be read in the very moment in which the bounds show it', async () => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files });
    const reads: Promise<number>[] = [];
    for (let next = 0; next < 20; next += 1) {
      let done = false;
      const appended = log.append([Buffer.from('a')]).finally(() => {
        done = true;
      });
      while (!done) {
        if (log.bounds().next > next) reads.push(log.read(next, all).then((entries) => entries.length));
        await Promise.resolve();
      }
      await appended;
    }
    expect(reads.length).toBeGreaterThan(0);
    expect(await Promise.all(reads)).not.toContain(0);
  });
});

describe('a disk without room', () => {
  it.each([
    ['in the middle of a segment', 100],
    ['at the header of a new one', 450],
  ])('%s refuses the append, keeps nothing of it, and takes it when there is room', async (_, room) => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files, segmentBytesMax: 500 });
    await log.append([Buffer.alloc(room, 'a')]);
    files.bytesMax = files.names().reduce((sum, name) => sum + files.bytes(name).length, 0) + 20;
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(log.append([Buffer.alloc(300, 'b')])).rejects.toMatchObject({ code: 'log-full' });
    }
    expect(log.bounds().next).toBe(1);
    files.bytesMax = Number.POSITIVE_INFINITY;
    expect(await log.append([Buffer.alloc(300, 'c')])).toBe(1);
    files.kill();
    const after = await openLog({ folder, files, segmentBytesMax: 500 });
    expect((await readAll(after, 0)).map(({ payload }) => String.fromCharCode(payload[0] ?? 0))).toEqual(['a', 'c']);
  });
});

describe('a disk that refuses', () => {
  it.each(['write', 'sync'] as const)('a %s closes the log for appends, not for reads', async (operation) => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files });
    await log.append([Buffer.from('kept')]);
    files.failNext(operation);
    const refused = { code: 'log-write-failed', message: expect.stringContaining('EIO'), hint: expect.anything() };
    const waiting = log.append([Buffer.from('lost')]);
    const behind = log.append([Buffer.from('lost too')]);
    await expect(waiting).rejects.toMatchObject(refused);
    await expect(behind).rejects.toMatchObject(refused);
    await expect(log.append([Buffer.from('lost as well')])).rejects.toMatchObject(refused);
    expect(log.bounds().next).toBe(1);
    expect((await log.read(0, all)).map(({ payload }) => Buffer.from(payload).toString())).toEqual(['kept']);
    await log.close();
    const again = await openLog({ folder, files });
    expect(again.bounds().next).toBe(1);
  });

  it('a new segment closes the log for appends, and the next start goes on', async () => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files, segmentBytesMax: 100 });
    await log.append([Buffer.alloc(100)]);
    files.failNext('sync-folder');
    await expect(log.append([Buffer.alloc(100)])).rejects.toMatchObject({ code: 'log-write-failed' });
    await log.close();
    const again = await openLog({ folder, files, segmentBytesMax: 100 });
    expect(await again.append([Buffer.from('b')])).toBe(1);
    expect(await readAll(again, 0)).toHaveLength(2);
  });

  it('a read tells it, and the next read may succeed', async () => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files, cacheBytesMax: 0 });
    await log.append([Buffer.from('a')]);
    files.failNext('read');
    await expect(log.read(0, all)).rejects.toMatchObject({ code: 'log-read-failed' });
    expect(await log.read(0, all)).toHaveLength(1);
  });

  it('a removal fails the trim, which can be tried again', async () => {
    const files = new FakeFiles();
    const log = await openLog({ folder, files, segmentBytesMax: 100 });
    for (let offset = 0; offset < 4; offset += 1) await log.append([Buffer.alloc(100)]);
    for (const operation of ['remove', 'sync-folder'] as const) {
      files.failNext(operation);
      await expect(log.trim(2)).rejects.toMatchObject({
        code: 'log-write-failed',
        message: expect.stringContaining('could not be removed'),
      });
      expect(await log.append([Buffer.alloc(100)])).toBeGreaterThan(3);
    }
    expect(await log.trim(2)).toBe(2);
    expect(files.names()).toHaveLength(4);
    expect((await readAll(log, 0)).map(({ offset }) => offset)).toEqual([2, 3, 4, 5]);
  });

  it('to be opened is told with a hint', async () => {
    const files = new FakeFiles();
    files.failNext('list');
    await expect(openLog({ folder, files })).rejects.toMatchObject({ code: 'data-folder-unusable' });
    const place = await mkdtemp(join(tmpdir(), 'aftercare-log-'));
    onTestFinished(() => rm(place, { recursive: true }));
    await writeFile(join(place, 'file'), '');
    await expect(openLog({ folder: join(place, 'file') })).rejects.toMatchObject({
      code: 'data-folder-unusable',
      hint: expect.stringContaining('folder'),
    });
  });
});

it('gives a reader what is left when its segment is trimmed away under it', async () => {
  const files = new FakeFiles();
  let beforeRead = async (): Promise<unknown> => undefined;
  const slow: LogFiles = {
    list: () => files.list(),
    open: async (name, mode) => {
      if (mode === 'read') await beforeRead();
      return files.open(name, mode);
    },
    remove: (name) => files.remove(name),
    sync: () => files.sync(),
  };
  const log = await openLog({ folder, files: slow, segmentBytesMax: 100, cacheBytesMax: 0 });
  for (let offset = 0; offset < 4; offset += 1) await log.append([Buffer.alloc(100)]);
  beforeRead = () => log.trim(2);
  expect((await log.read(0, all)).map(({ offset }) => offset)).toEqual([2]);
});
