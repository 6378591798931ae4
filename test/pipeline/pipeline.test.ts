import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AftercareError } from '../../src/base/index.ts';
import type { LiveEvent } from '../../src/pipeline/index.ts';
import { reportsOf } from '../../src/store/index.ts';
import { minute, start } from '../engine/fixture.ts';
import { Plant } from './fixture.ts';

/** Stamps beyond arrival are not believed: everything arrives an hour after the first. */
const hour = 60 * minute;

let plant: Plant;
beforeEach(async () => {
  plant = await Plant.build(start + hour);
  await plant.directory.register({ id: 'd1', product: 'fridge' });
});
afterEach(() => plant.close());

const report = (seq: number, temp: number) => ({ at: start + seq * minute, boot: 'b1', seq, signals: { temp } });

describe('the way of a report', () => {
  it('ends in store, ledger and a case with its reason', async () => {
    const live: LiveEvent[] = [];
    plant.pipeline.view.subscribe((event) => live.push(event));
    for (let seq = 0; seq < 6; seq++) await plant.send('d1', report(seq, 9.5));
    await plant.settled();
    expect(plant.pipeline.view.ledger('d1')).toMatchObject({ received: 6, acknowledged: 6, stored: 6, evaluated: 6 });
    const query = { device: 'd1', product: 'fridge', signal: 'temp', from: undefined, to: undefined, pointsMax: 10 };
    expect((await plant.store.series(query)).map((point) => point.mean)).toEqual([9.5, 9.5, 9.5, 9.5, 9.5, 9.5]);
    const { items } = await plant.cases.list({ limit: 10 });
    expect(items).toMatchObject([{ device: 'd1', failureMode: 'warm', state: 'new', openedAt: start + 5 * minute }]);
    expect(items[0]?.explanation).toContain('9.5');
    expect(live.filter((event) => event.type === 'case')).toHaveLength(1);
    await expect.poll(() => live).toContainEqual({ type: 'device', device: 'd1' });
  });

  it('is on the disk in store and cases before a checkpoint says that it is done', async () => {
    for (let seq = 0; seq < 6; seq++) await plant.send('d1', report(seq, 9.5));
    await plant.settled();
    const { durable } = plant;
    expect(durable.length).toBeGreaterThanOrEqual(3);
    const rounds = Array.from({ length: Math.floor(durable.length / 3) }, () => [
      'store',
      'cases',
      'checkpoint',
    ]).flat();
    expect(durable.slice(0, rounds.length)).toEqual(rounds);
  });

  it('is judged while those before it are stored, stored after them, and counted when it is', async () => {
    const { view } = plant.pipeline;
    const gate = Promise.withResolvers<void>();
    const begun: number[] = [];
    const write = plant.store.write.bind(plant.store);
    plant.store.write = async (reports, next) => {
      const { length } = reportsOf(reports);
      if (length > 0) begun.push(length);
      await gate.promise;
      // The first time, the disk is full.
      if (begun.length === 1 && begun.push(0)) throw new AftercareError('store-failed', 'the disk is full');
      return write(reports, next);
    };
    await plant.send('d1', report(0, 4));
    await expect.poll(() => begun).toEqual([1]);
    for (let seq = 1; seq < 5; seq++) await plant.send('d1', report(seq, 4));
    await plant.send('d1', report(0, 4));
    await expect.poll(() => view.ledger('d1')).toMatchObject({ received: 6, acknowledged: 5, evaluated: 5, stored: 0 });
    expect(begun).toEqual([1]);
    expect(view.fleetLedger().behindSince).toBeDefined();
    gate.resolve();
    await expect.poll(() => plant.broken).toMatchObject([{ message: 'the disk is full' }]);
    plant.broken.length = 0;
    await plant.settled();
    expect(view.ledger('d1')).toMatchObject({ acknowledged: 5, stored: 5, duplicates: 1, conflicts: 0 });
    const stored = await plant.store.reports({ by: 'offset', from: 0, to: 1_000, limit: 100 });
    expect(stored.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4]);
  });

  it('shows what was expected of it, checkpointed or not', async () => {
    const late = await Plant.build(start + 24 * hour, { commitEveryMs: hour });
    try {
      plant.now = late.now;
      await late.directory.register({ id: 'd1', product: 'fridge' });
      const bands = ({ pipeline }: Plant, from?: number) =>
        pipeline.view.bands({ device: 'd1', signal: 'hum', from, to: undefined, limit: 100 });
      const humid = (seq: number) => ({ ...report(seq, 4), signals: { hum: 40 + (seq % 7) + seq / 40 } });
      for (const one of [plant, late]) {
        for (let seq = 0; seq < 400; seq++) await one.send('d1', humid(seq));
        await expect.poll(() => one.pipeline.view.ledger('d1').evaluated).toBe(400);
      }
      await plant.settled();
      const whole = bands(plant);
      expect(whole.length).toBeGreaterThan(2);
      expect(bands(late)).toEqual(whole);
      const from = whole[1]?.at ?? start;
      for (const one of [plant, late]) expect(bands(one, from + 1)).toEqual(whole.slice(1));
    } finally {
      await late.close();
    }
  });

  it('tells a device what was set aside, and keeps it', async () => {
    await plant.send('d1', { at: start, signals: { tmp: 1, temp: 4 } });
    await plant.send('d1', '{');
    await plant.send('d1', report(1, 4), 'devices/d2/reports');
    await plant.settled();
    expect(plant.rejected.map(({ topic }) => topic)).toEqual(Array(3).fill('devices/d1/rejected'));
    expect(plant.rejected.map(({ payload }) => JSON.parse(payload).reason)).toEqual([
      'readings-set-aside',
      'undecodable',
      'forbidden-topic',
    ]);
    expect(plant.pipeline.view.ledger('d1')).toMatchObject({ received: 3, acknowledged: 1, quarantined: 2 });
    expect(plant.pipeline.view.quarantine('d1', 10).map((item) => item.reason)).toEqual([
      'forbidden-topic',
      'undecodable',
      'readings-set-aside',
    ]);
  });

  it('keeps a ring of 1,000 quarantined messages', async () => {
    await Promise.all(Array.from({ length: 1_200 }, (_, index) => plant.send('d1', { at: `never ${index}` })));
    await plant.settled();
    await expect.poll(() => plant.pipeline.view.quarantine('d1', 5_000)).toHaveLength(1_000);
    expect(plant.pipeline.view.ledger('d1').quarantined).toBe(1_200);
    await expect.poll(() => plant.pipeline.view.quarantineDropped('d1')).toBe(200);
  });

  it('knows presence by the status topic', async () => {
    const status = (state: string, boot: string) => plant.send('d1', { state, boot }, 'devices/d1/status');
    await status('online', 'b7');
    await status('offline', 'b6');
    await plant.settled();
    expect(plant.pipeline.view.status('d1')).toMatchObject({ online: true, lastSeenAt: expect.any(Number) });
    await status('offline', 'b7');
    await plant.settled();
    expect(plant.pipeline.view.status('d1').online).toBe(false);
    expect(plant.pipeline.view.ledger('d1').received).toBe(0);
  });
});

async function outcome(on: Plant) {
  const { gaps, ...counts } = on.pipeline.view.ledger('d1');
  const reports = await on.server.reports({ by: 'offset', from: 0, to: 1e9, limit: 10_000 });
  const { items } = await on.cases.list({ limit: 100 });
  const timelines = await Promise.all(items.map((item) => on.cases.timeline(item.id, { limit: 100 })));
  return {
    counts,
    gaps,
    reports: reports.map(({ offset, index, seq, signals }) => ({ offset, index, seq, signals })),
    cases: items.map(({ id, number, state, openedAt, explanation, findings }) => ({
      id,
      number,
      state,
      openedAt,
      explanation,
      findings,
    })),
    timelines: timelines.map((page) => page.items.map(({ id, kind, text }) => ({ id, kind, text }))),
  };
}

it.each([false, true])(
  'a crash at any place changes nothing: what was sent is there, once (server: %s)',
  async (server) => {
    const message = fc.record({ seq: fc.nat(12), temp: fc.constantFrom(4, 9, 9.5, 70), batch: fc.nat(3) });
    const runs = fc.array(fc.array(message, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(runs, async (stretches) => {
        const whole = await Plant.build(start + hour, { server });
        let crashing = await Plant.build(start + hour, { server });
        for (const on of [whole, crashing]) await on.directory.register({ id: 'd1', product: 'fridge' });
        for (const stretch of stretches) {
          for (const { seq, temp, batch } of stretch) {
            const reports = Array.from({ length: batch + 1 }, (_, extra) => report(seq + extra, temp));
            await whole.send('d1', reports);
            await crashing.send('d1', reports);
          }
          const image = crashing.crashImage();
          await crashing.close();
          crashing = await Plant.build(start + hour, { from: image, server });
          rmSync(image, { recursive: true });
        }
        await whole.settled();
        await crashing.settled();
        expect(await outcome(crashing)).toEqual(await outcome(whole));
        await whole.close();
        await crashing.close();
      }),
      { numRuns: 6 },
    );
  },
  60_000,
);
