import { describe, expect, it } from 'vitest';
import { inspectLog, type LogPart, openLog } from '../../src/log/index.ts';
import { groupHeaderBytes, segmentHeaderBytes, segmentName } from '../../src/log/segment-format.ts';
import { FakeFiles } from './fake-files.ts';

/** Two records a segment, one a group. */
const groupBytes = groupHeaderBytes + 4 + 100;
const secondGroup = segmentHeaderBytes + groupBytes;
const payload = (value: number): Buffer => Buffer.from(String(value).padEnd(100));

async function written(count: number): Promise<FakeFiles> {
  const files = new FakeFiles();
  const log = await openLog({ folder: '/fake', files, segmentBytesMax: 400 });
  for (let offset = 0; offset < count; offset += 1) await log.append([payload(offset)]);
  await log.close();
  return files;
}

/** What an inspection tells: offsets that can be read, each with the right content, and what is wrong in between. */
async function told(files: FakeFiles): Promise<(number | Exclude<LogPart, { kind: 'records' }>)[]> {
  const list: (number | Exclude<LogPart, { kind: 'records' }>)[] = [];
  for await (const part of (await inspectLog('/fake', files)).parts()) {
    if (part.kind !== 'records') list.push(part);
    else {
      for (const { offset, payload: bytes } of part.entries) {
        expect(Number(Buffer.from(bytes).toString())).toBe(offset);
        list.push(offset);
      }
    }
  }
  return list;
}

function flip(files: FakeFiles, name: string, at: number): void {
  const bytes = Buffer.from(files.bytes(name));
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  files.put(name, bytes);
}

describe('an inspection of the log', () => {
  it('gives every record of a sound one, and any by its offset', async () => {
    const files = await written(7);
    expect(await told(files)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const inspection = await inspectLog('/fake', files);
    expect(inspection).toMatchObject({ first: 0, files: 4 });
    expect((await inspection.read(5))?.offset).toBe(5);
    expect(await inspection.read(7)).toBeUndefined();
  });

  it('is empty where nothing was written, and makes no folder', async () => {
    const inspection = await inspectLog('/nowhere/log');
    expect([inspection.first, inspection.files, await inspection.read(0)]).toEqual([0, 0, undefined]);
    expect((await inspection.parts().next()).done).toBe(true);
  });

  it('names a damaged group wherever it is hit, and goes on behind it', async () => {
    for (let at = 0; at < groupBytes; at += 7) {
      const files = await written(7);
      flip(files, segmentName(2), segmentHeaderBytes + at);
      const problem = 'the group that begins with record 2 is damaged';
      const damage = { kind: 'damage', file: segmentName(2), position: segmentHeaderBytes, problem, from: 2, to: 3 };
      expect(await told(files)).toEqual([0, 1, damage, 3, 4, 5, 6]);
      const inspection = await inspectLog('/fake', files);
      expect([await inspection.read(2), (await inspection.read(4))?.offset]).toEqual([undefined, 4]);
    }
  });

  it('takes what follows the end of a segment for its damaged last group', async () => {
    const files = await written(5);
    flip(files, segmentName(2), secondGroup + 40);
    expect(await told(files)).toEqual([0, 1, 2, expect.objectContaining({ position: secondGroup, from: 3, to: 4 }), 4]);
  });

  it('names a damaged header and a file that is not there', async () => {
    const files = await written(7);
    flip(files, segmentName(2), 9);
    await files.remove(segmentName(4));
    expect(await told(files)).toEqual([
      0,
      1,
      expect.objectContaining({ file: segmentName(2), position: 0, from: 2, to: 6 }),
      6,
    ]);
    const other = await written(7);
    await other.remove(segmentName(4));
    const missing = expect.objectContaining({ file: segmentName(6), from: 4, to: 6 });
    expect(await told(other)).toEqual([0, 1, 2, 3, missing, 6]);
  });

  it('tells a torn tail apart, and leaves it', async () => {
    const files = await written(4);
    const whole = files.bytes(segmentName(2));
    files.put(segmentName(2), whole.subarray(0, secondGroup + 9));
    const before = files.operations.length;
    expect(await told(files)).toEqual([
      0,
      1,
      2,
      { kind: 'torn', file: segmentName(2), position: secondGroup, bytes: 9 },
    ]);
    files.put(segmentName(2), whole.subarray(0, 5));
    expect(await told(files)).toEqual([0, 1, { kind: 'torn', file: segmentName(2), position: 0, bytes: 5 }]);
    const changing = new Set(['write', 'truncate', 'remove', 'sync']);
    expect(files.operations.slice(before).filter((operation) => changing.has(operation))).toEqual([]);
  });
});
