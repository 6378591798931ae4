import { describe, expect, it } from 'vitest';
import { type LogCut, type LogOptions, openLog } from '../../src/log/index.ts';
import {
  groupHeaderBytes,
  layOutGroup,
  sealGroup,
  segmentHeaderBytes,
  segmentName,
} from '../../src/log/segment-format.ts';
import { readAll } from '../contract/log.ts';
import { FakeFiles } from './fake-files.ts';

const groupBytes = groupHeaderBytes + 4 + 100;
const all = { recordsMax: 100, bytesMax: 100_000 };

describe('the end of the newest segment', () => {
  it('is cut at any place where a crash may have torn the last append, and told', async () => {
    for (const kept of [1, groupHeaderBytes - 1, groupHeaderBytes, groupHeaderBytes + 1, groupBytes - 1]) {
      const files = await written(3);
      const whole = files.bytes(segmentName(0));
      files.put(segmentName(0), whole.subarray(0, place(2) + kept));
      const cuts: LogCut[] = [];
      const log = await open(files, { onCut: (cut) => cuts.push(cut) });
      expect(cuts).toEqual([{ file: segmentName(0), position: place(2), bytes: kept }]);
      expect(files.bytes(segmentName(0))).toHaveLength(place(2));
      expect(log.bounds()).toEqual({ first: 0, next: 2, bytes: place(2) });
      expect(await log.append([payload(7)])).toBe(2);
      expect(await contents(files)).toEqual(['0 0', '1 1', '2 7']);
    }
  });

  it('is durable after a start, also when the system forgot what a sync that failed was for', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const files = new FakeFiles(seed);
      files.forgetsFailedSyncs = true;
      const log = await open(files);
      await log.append([payload(0)]);
      // The process dies between write and sync, and the next start fails at its own sync.
      files.dieAfter(1);
      await expect(log.append([payload(1)])).rejects.toMatchObject({ code: 'log-write-failed' });
      files.kill();
      files.failNext('sync');
      await expect(open(files)).rejects.toMatchObject({ code: 'data-folder-unusable' });
      const again = await open(files);
      expect(again.bounds().next).toBe(2);
      await again.append([payload(2)]);
      files.crash();
      expect(await contents(files)).toEqual(['0 0', '1 1', '2 2']);
    }
  });

  it('is cut when the length was kept but not the content', async () => {
    const files = await written(3);
    const bytes = files.bytes(segmentName(0));
    files.put(segmentName(0), Buffer.concat([bytes.subarray(0, place(2)), Buffer.alloc(70_000)]));
    expect(await contents(files)).toEqual(['0 0', '1 1']);
  });

  it('is cut even when the torn payload holds what looks like a whole group', async () => {
    const files = await written(2);
    const bait = layOutGroup([payload(9)]);
    sealGroup(bait, { first: 3, count: 1, salt: 123 });
    const log = await open(files);
    await log.append([bait, payload(2)]);
    const bytes = files.bytes(segmentName(0));
    files.put(segmentName(0), bytes.subarray(0, -1));
    expect(await contents(files)).toEqual(['0 0', '1 1']);
  });

  it('is begun again when a crash tore the header of a segment in the making', async () => {
    for (const kept of [0, 5, segmentHeaderBytes]) {
      const files = await written(3);
      files.put(segmentName(3), Buffer.alloc(kept));
      const log = await open(files);
      expect(log.bounds()).toMatchObject({ first: 0, next: 3 });
      expect(await log.append([payload(3)])).toBe(3);
      expect(await contents(files)).toEqual(['0 0', '1 1', '2 2', '3 3']);
    }
  });

  it('is synced, with its name, before anything of it is given to a reader', async () => {
    const files = await written(3);
    files.kill();
    const before = files.operations.length;
    await open(files);
    expect(files.operations.slice(before).slice(-2)).toEqual(['sync', 'sync-folder']);
  });
});

describe('damage', () => {
  it('in the newest segment, with something sound behind it, is refused with file, byte and hint', async () => {
    for (let at = 0; at < groupBytes; at += 1) {
      const files = await written(3);
      flip(files, segmentName(0), place(1) + at);
      await expect(open(files)).rejects.toMatchObject({
        code: 'log-corrupt',
        message: expect.stringContaining(`/fake/${segmentName(0)} at byte ${place(1)}:`),
        hint: expect.stringContaining('backup'),
      });
    }
  });

  it('of a group that something follows is refused although what follows is torn', async () => {
    const files = await written(3);
    files.put(segmentName(0), files.bytes(segmentName(0)).subarray(0, place(2) + 9));
    flip(files, segmentName(0), place(2) - 1);
    await expect(open(files)).rejects.toMatchObject({ code: 'log-corrupt' });
  });

  it('of the header of a segment with records is refused', async () => {
    const files = await written(3);
    flip(files, segmentName(0), 9);
    await expect(open(files)).rejects.toMatchObject({
      code: 'log-corrupt',
      message: expect.stringContaining('at byte 0: its header fails the check sum'),
    });
  });

  it('in an older segment is met by the read that comes to it, and by no other', async () => {
    const files = await written(9, { segmentBytesMax: 400 });
    expect(files.names()).toEqual([0, 2, 4, 6, 8].map(segmentName));
    flip(files, segmentName(2), place(1) + 40);
    const log = await open(files);
    expect((await log.read(2, all)).map((entry) => entry.offset)).toEqual([2]);
    await expect(log.read(3, all)).rejects.toMatchObject({
      code: 'log-corrupt',
      message: expect.stringContaining(`${segmentName(2)} at byte ${place(1)}: the group that begins with record 3`),
    });
    expect((await log.read(4, all)).map((entry) => entry.offset)).toEqual([4, 5]);
    expect(await log.append([payload(9)])).toBe(9);
  });

  it('is told when a segment is missing between others', async () => {
    const files = await written(9, { segmentBytesMax: 400 });
    await files.remove(segmentName(4));
    const log = await open(files);
    expect((await log.read(3, all)).map((entry) => entry.offset)).toEqual([3]);
    await expect(log.read(4, all)).rejects.toMatchObject({
      code: 'log-corrupt',
      message: expect.stringContaining('it ends before record 4, the next file begins with 6'),
    });
  });

  it('is told when a file has the name of another segment', async () => {
    const files = await written(3);
    files.put(segmentName(3), files.bytes(segmentName(0)));
    await expect(open(files)).rejects.toMatchObject({
      code: 'log-corrupt',
      message: expect.stringContaining('it begins with record 0, not as its name says'),
    });
  });
});

it('leaves files alone that are not segments', async () => {
  const files = await written(1);
  files.put('notes.txt', Buffer.from('mine'));
  const log = await open(files);
  expect(log.bounds()).toMatchObject({ first: 0, next: 1 });
  expect(files.bytes('notes.txt').toString()).toBe('mine');
});

type Options = Omit<LogOptions, 'folder' | 'files'>;

function open(files: FakeFiles, options: Options = {}) {
  return openLog({ folder: '/fake', files, cacheBytesMax: 0, ...options });
}

/** A folder with this many records, one a group. */
async function written(count: number, options: Options = {}): Promise<FakeFiles> {
  const files = new FakeFiles();
  const log = await open(files, options);
  for (let offset = 0; offset < count; offset += 1) await log.append([payload(offset)]);
  await log.close();
  return files;
}

function payload(value: number): Buffer {
  return Buffer.from(String(value).padEnd(100));
}

/** Where the group with this index stands in its segment. */
function place(index: number): number {
  return segmentHeaderBytes + index * groupBytes;
}

function flip(files: FakeFiles, name: string, at: number): void {
  const bytes = Buffer.from(files.bytes(name));
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  files.put(name, bytes);
}

async function contents(files: FakeFiles): Promise<string[]> {
  const log = await open(files);
  const entries = await readAll(log, 0);
  await log.close();
  return entries.map((entry) => `${entry.offset} ${Buffer.from(entry.payload).toString().trim()}`);
}
