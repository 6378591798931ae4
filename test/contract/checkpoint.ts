import { afterEach, describe, expect, it } from 'vitest';
import type { QuarantineEntry } from '../../src/admission/index.ts';
import type { DayTaken } from '../../src/engine/index.ts';
import {
  type Checkpoint,
  type CheckpointWrite,
  type DeviceRow,
  type DeviceWrite,
  quarantineBytesMax,
  quarantineMessagesMax,
} from '../../src/pipeline/index.ts';
import type { Fact } from '../../src/telemetry/index.ts';

export interface CheckpointUnderTest {
  readonly checkpoint: Checkpoint;
  /** Closes it and opens the same data again. */
  reopen(): Checkpoint | Promise<Checkpoint>;
  /** Closes it and removes its data. */
  destroy(): void | Promise<void>;
}

const meta = (next: number): CheckpointWrite['meta'] => ({
  next,
  globals: { lastHeardAt: 10 * next, downMs: next },
  forwarded: undefined,
  ages: [{ at: 5, offset: next }],
});

const write = (next: number, changes: Partial<CheckpointWrite> = {}): CheckpointWrite => ({
  meta: meta(next),
  facts: undefined,
  devices: [],
  bands: [],
  snapshots: [],
  quarantine: [],
  history: [],
  ...changes,
});

const row = (number: number, id: string, changes: Partial<DeviceRow> = {}): DeviceRow => ({
  number,
  id,
  admission: '{"counts":{}}',
  engine: '{"open":{}}',
  evaluated: 3,
  unstored: 1,
  hashes: [],
  hashesFrom: 0,
  ...changes,
});

/** The same on its way there, in two pieces. */
const give = ({ engine, ...rest }: DeviceRow): DeviceWrite => ({
  ...rest,
  engine: engine === undefined ? undefined : [engine.slice(0, 2), engine.slice(2)],
});

const set = (offset: number, changes: Partial<QuarantineEntry> = {}): QuarantineEntry => ({
  device: 'd1',
  offset,
  index: 0,
  receivedAt: 1_000 + offset,
  reason: 'undecodable',
  detail: 'this is not JSON',
  topic: 'devices/d1/reports',
  payload: Uint8Array.of(123),
  bytes: 1,
  ...changes,
});

const retired: Fact = { type: 'device-retired', at: 7, id: 'd1' };

/** What every driver of the checkpoint seam promises. */
export function checkpointContract(
  driver: string,
  make: () => CheckpointUnderTest | Promise<CheckpointUnderTest>,
): void {
  describe(`checkpoint contract: ${driver}`, () => {
    let made: CheckpointUnderTest[] = [];
    const open = async (): Promise<CheckpointUnderTest> => {
      const one = await make();
      made.push(one);
      return one;
    };
    afterEach(async () => {
      for (const one of made) await one.destroy();
      made = [];
    });

    it('gives the newest snapshot before a place, of a day the last one that was saved', async () => {
      const { checkpoint, reopen } = await open();
      const snapshot = (day: number, at: number | undefined, text: string): DayTaken => ({
        device: 'd1',
        day,
        position: at === undefined ? undefined : { at, offset: at, index: 0 },
        text,
        parts: [text],
      });
      const place = (at: number) => ({ at, offset: 0, index: 0 });
      await checkpoint.save(write(1, { snapshots: [snapshot(1, undefined, 'a'), snapshot(2, 20, 'b')] }));
      await checkpoint.save(write(2, { snapshots: [snapshot(3, 30, 'c'), snapshot(2, 21, 'd')] }));
      for (const make of [() => checkpoint, reopen]) {
        const one = await make();
        expect(one.snapshotBefore('d1', place(5))).toMatchObject({ position: undefined, text: 'a' });
        expect(one.snapshotBefore('d1', place(25))).toMatchObject({ position: { at: 21 }, text: 'd' });
        expect(one.snapshotBefore('d1', place(99))).toMatchObject({ text: 'c' });
        expect(one.snapshotBefore('d2', place(99))).toBeUndefined();
      }
    });

    it('is empty at first', async () => {
      const { checkpoint } = await open();
      expect(checkpoint.meta()).toBeUndefined();
      expect([...checkpoint.devices()]).toEqual([]);
      expect(checkpoint.bands({ device: 'd1', signal: 'temp', from: 0, to: 9, limit: 9 })).toEqual([]);
      expect([checkpoint.quarantineCount('d1'), checkpoint.quarantine('d1', 9)]).toEqual([0, []]);
    });

    it('brings state, facts and devices back as they were, devices in the order of their numbers', async () => {
      const { checkpoint, reopen } = await open();
      await checkpoint.save(
        write(4, { facts: [retired], devices: [row(1, 'a', { engine: undefined }), row(0, 'z')].map(give) }),
      );
      await checkpoint.save(
        write(9, { devices: [row(2, 'm'), row(0, 'z', { evaluated: 8, engine: '{"é":"\\n"}' })].map(give) }),
      );
      const again = await reopen();
      const { forwarded: _, ...known } = meta(9);
      expect(again.meta()).toEqual({ ...known, facts: [retired] });
      expect([...again.devices()]).toEqual([
        row(0, 'z', { evaluated: 8, engine: '{"é":"\\n"}' }),
        row(1, 'a', { engine: undefined }),
        row(2, 'm'),
      ]);
    });

    it('keeps the pages of hashes that are needed, each once', async () => {
      const { checkpoint, reopen } = await open();
      const page = (from: number, count: number) => ({ from, bytes: new Uint8Array(16 * count).fill(from + 1) });
      await checkpoint.save(write(1, { devices: [row(0, 'a', { hashes: [page(0, 3)] }), row(1, 'b')].map(give) }));
      await checkpoint.save(write(2, { devices: [give(row(0, 'a', { hashes: [page(3, 2)] }))] }));
      await checkpoint.save(write(3, { devices: [give(row(0, 'a', { hashes: [page(3, 4)], hashesFrom: 2 }))] }));
      const pagesOf = (from: Checkpoint) =>
        [...from.devices()].map(({ hashes }) => hashes.map((kept) => ({ ...kept })));
      expect(pagesOf(checkpoint)).toEqual([[page(0, 3), page(3, 4)], []]);
      await checkpoint.save(write(4, { devices: [give(row(0, 'a', { hashesFrom: 3, hashes: [page(7, 1)] }))] }));
      expect(pagesOf(await reopen())).toEqual([[page(3, 4), page(7, 1)], []]);
    });

    it('keeps nothing of one that failed half-way', async () => {
      const { checkpoint, reopen } = await open();
      await checkpoint.save(write(1, { devices: [give(row(0, 'a'))], quarantine: [set(0)] }));
      function* failing(): Generator<DeviceWrite, void, void> {
        yield give(row(0, 'a', { evaluated: 99 }));
        throw new Error('the second cannot be made');
      }
      const half = write(2, { devices: failing(), facts: [retired], quarantine: [set(1)] });
      await expect(checkpoint.save(half)).rejects.toThrow('the second cannot be made');
      const again = await reopen();
      expect(again.meta()).toMatchObject({ next: 1, facts: [] });
      expect([...again.devices()]).toEqual([row(0, 'a')]);
      expect(again.quarantineCount('d1')).toBe(1);
      await again.save(write(3));
      expect(again.meta()?.next).toBe(3);
    });

    it('gives the bands of a time, and the one before it', async () => {
      const { checkpoint, reopen } = await open();
      const band = (at: number, signal = 'temp') => ({ device: 'd1', signal, at, low: -at, high: at / 3 });
      await checkpoint.save(write(1, { bands: [band(30), band(10), band(20, 'hum'), band(20)] }));
      await checkpoint.save(write(2, { bands: [band(40), { ...band(30), high: 7 }] }));
      const again = await reopen();
      const ask = (from: number, to: number, limit = 9) =>
        again.bands({ device: 'd1', signal: 'temp', from, to, limit });
      expect(ask(0, 100)).toEqual([band(10), band(20), { ...band(30), high: 7 }, band(40)]);
      expect(ask(25, 40)).toEqual([band(20), { ...band(30), high: 7 }]);
      expect(ask(15, 100, 1)).toEqual([band(10), band(20)]);
    });

    it('keeps what is set aside once, whatever is saved again, newest first', async () => {
      const { checkpoint, reopen } = await open();
      const batch = [set(3), set(3, { index: 2, payload: undefined, bytes: 5_000 }), set(4, { device: 'd2' })];
      await checkpoint.save(write(5, { quarantine: batch }));
      await checkpoint.save(write(6, { quarantine: [...batch, set(5)] }));
      const again = await reopen();
      expect(again.quarantine('d1', 9)).toEqual([set(5), batch[1], set(3)]);
      expect(again.quarantine('d1', 2)).toHaveLength(2);
      expect([again.quarantineCount('d1'), again.quarantineCount('d2')]).toEqual([3, 1]);
    });

    it('lets the oldest of a ring go: by number, and by bytes', async () => {
      const { checkpoint } = await open();
      const many = Array.from({ length: quarantineMessagesMax + 5 }, (_, offset) => set(offset));
      await checkpoint.save(write(1, { quarantine: many }));
      expect(checkpoint.quarantine('d1', 2_000).at(-1)?.offset).toBe(5);
      const third = new Uint8Array(Math.ceil(quarantineBytesMax / 3));
      const large = [1, 2, 3].map((offset) => set(offset, { device: 'd2', payload: third, bytes: third.length }));
      await checkpoint.save(write(2, { quarantine: large }));
      expect(checkpoint.quarantine('d2', 9).map(({ offset }) => offset)).toEqual([3, 2]);
    });
  });
}
