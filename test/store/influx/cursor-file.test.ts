import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { CursorFile } from '../../../src/store/influx/cursor-file.ts';
import type { Refused } from '../../../src/store/influx/point.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-cursor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const refused = (offset: number, value = '1'): Refused => ({
  point: { measurement: 'fridge', device: 'd', at: offset, fields: new Map([['a', value]]), offset },
  reason: `reason ${offset}`,
});

it('keeps a cursor for each server, over a restart', async () => {
  const folder = await newFolder();
  const one = new CursorFile(folder, 'http://one db', 10);
  expect(one.next()).toBe(0);
  one.move(17, []);
  const other = new CursorFile(folder, 'http://other db', 10);
  other.move(3, [refused(1)]);
  other.close();
  one.close();
  const again = new CursorFile(folder, 'http://one db', 10);
  expect(again.next()).toBe(17);
  expect(again.poison(10)).toEqual({ total: 0, points: [] });
  again.close();
});

it('keeps the newest points that were refused, counts all', async () => {
  const file = new CursorFile(await newFolder(), 'http://one db', 3);
  file.move(2, [refused(0), refused(1)]);
  file.move(9, [refused(2), refused(3), refused(4), refused(5)]);
  expect(file.poison(10)).toEqual({
    total: 6,
    points: [5, 4, 3].map((offset) => ({
      offset,
      line: `fridge,device=d a=1 ${offset}`,
      reason: `reason ${offset}`,
    })),
  });
  expect(file.poison(1).points.map(({ offset }) => offset)).toEqual([5]);
  file.move(11, [refused(10, 'x'.repeat(300_000))]);
  expect(file.poison(3).points.map(({ offset, line }) => [offset, line.length])).toEqual([
    [10, 4_000],
    [5, 21],
    [4, 21],
  ]);
  file.close();
});
