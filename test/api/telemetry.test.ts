import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/telemetry/index.ts';
import { bearer, createWorld, register } from './fixture.ts';
import { fridge } from './fridge.ts';

const start = Date.UTC(2026, 0, 31, 7);

const report = (minute: number, temperature: number): Report => ({
  ...{ device: 'd1', product: 'fridge', offset: minute, index: 0, at: start + minute * 60_000 },
  ...{ receivedAt: start + minute * 60_000 + 300, rawAt: undefined, boot: 'b1', seq: minute, firmware: '1.0' },
  ...{ signals: { cabinet_temp: temperature }, faults: [] },
});

async function setUp() {
  const world = await createWorld();
  const app = await world.server();
  await register(app, 'd1');
  const get = async (path: string) => {
    const answer = await app.inject({ url: `/api/v1${path}`, headers: bearer });
    return { status: answer.statusCode, body: answer.json() };
  };
  return { world, get };
}

describe('signals', () => {
  it('come as points with their expected band', async () => {
    const { world, get } = await setUp();
    await world.store.write([report(0, 4), report(1, 4.5), report(2, 9)], 3);
    world.view.answers.bands = ({ device, signal }) => [{ device, signal, at: start, low: 3, high: 5 }];
    const { body } = await get('/devices/d1/signals/cabinet_temp');
    expect(body.points).toEqual([
      { at: '2026-01-31T07:00:00.000Z', min: 4, max: 4, mean: 4, count: 1 },
      { at: '2026-01-31T07:01:00.000Z', min: 4.5, max: 4.5, mean: 4.5, count: 1 },
      { at: '2026-01-31T07:02:00.000Z', min: 9, max: 9, mean: 9, count: 1 },
    ]);
    expect(body.band).toEqual([{ at: '2026-01-31T07:00:00.000Z', low: 3, high: 5 }]);
  });

  it('take a range in both forms of time, its end left out', async () => {
    const { world, get } = await setUp();
    await world.store.write([report(0, 4), report(1, 4.5), report(2, 9)], 3);
    const count = async (query: string) => {
      const { points } = (await get(`/devices/d1/signals/cabinet_temp?${query}`)).body;
      return points.reduce((sum: number, point: { count: number }) => sum + point.count, 0);
    };
    expect(await count(`from=${start + 60_000}`)).toBe(2);
    expect(await count('from=2026-01-31T07:01:00Z&to=2026-01-31T07:02:00Z')).toBe(1);
    expect(await count('from=2026-01-31T08:01:00+01:00')).toBe(2);
    expect(await count(`to=${start - 1}`)).toBe(0);
  });

  it('are 404 when the product has none of the name, with the likely one', async () => {
    const { get } = await setUp();
    const { status, body } = await get('/devices/d1/signals/cabinet_tmep');
    expect([status, body.code]).toEqual([404, 'signal-not-found']);
    expect(body.hint).toBe('Did you mean cabinet_temp?');
  });

  it('refuse what is no number of points and no range', async () => {
    const { get } = await setUp();
    for (const query of ['points=0', 'points=5001', 'points=many', 'from=soon', 'from=2&to=1']) {
      const { status, body } = await get(`/devices/d1/signals/cabinet_temp?${query}`);
      expect([query, status, body.code]).toEqual([query, 422, 'request-invalid']);
      expect(body.hint).toEqual(expect.any(String));
    }
  });
});

describe('the ledger', () => {
  const counts = {
    ...{ received: 9, acknowledged: 6, duplicates: 2, quarantined: 1, stored: 6, evaluated: 5 },
    ...{ late: 1, tooLate: 0, uncorrected: 0, conflicts: 0, readingsRejected: 3 },
  };
  const gap = { boot: 'b1', from: 4, to: 6 };

  it('is given for a device', async () => {
    const { world, get } = await setUp();
    world.view.answers.ledger = () => ({ ...counts, gaps: [gap] });
    expect((await get('/devices/d1/ledger')).body).toEqual({ ...counts, gaps: [gap] });
  });

  it('is all zeros for a device without messages', async () => {
    const { get } = await setUp();
    expect((await get('/devices/d1/ledger')).body).toMatchObject({ received: 0, evaluated: 0, gaps: [] });
  });

  it('is given for the fleet, with where the gaps are and since when it is behind', async () => {
    const { world, get } = await setUp();
    const gaps = [{ ...gap, device: 'd1' }];
    const lag = { lagRecords: 7, behindSince: start, estimateMs: undefined, trouble: 'connection refused' };
    world.view.answers.fleetLedger = () => ({ ...counts, gaps, devices: 1, behindSince: start, server: lag });
    const behindSince = '2026-01-31T07:00:00.000Z';
    const server = { ...lag, behindSince, estimateMs: null };
    expect((await get('/ledger')).body).toEqual({
      ...counts,
      gaps,
      devices: 1,
      behindSince,
      server,
      storeTrouble: null,
    });
    world.storeTrouble = 'it holds 9 of at most 10 MB';
    expect((await get('/ledger')).body).toMatchObject({ storeTrouble: world.storeTrouble });
    world.view.answers.fleetLedger = () => ({ ...counts, gaps, devices: 1, behindSince: undefined, server: undefined });
    expect((await get('/ledger')).body.behindSince).toBeNull();
  });
});

describe('products', () => {
  const product = {
    id: 'fridge',
    title: 'Fridge',
    version: 3,
    everyMs: 60_000,
    silentAfterMs: 900_000,
    signals: [
      {
        ...{ name: 'cabinet_temp', title: 'cabinet temp', kind: 'gauge', unit: 'Cel', type: 'number' },
        ...{ range: [-40, 60], watch: ['level'] },
      },
      {
        ...{ name: 'door_open', title: 'door open', kind: 'state', unit: null, type: 'boolean' },
        ...{ range: null, watch: [] },
      },
    ],
    failureModes: [
      {
        ...{ id: 'seal-leak', title: 'Door seal leaks', severity: 'major', safety: false },
        playbook: {
          id: 'seal-leak',
          title: 'Close the door',
          steps: [
            { do: 'Wipe the seal', who: 'customer', expect: 'The door closes by itself' },
            { do: 'Look again tomorrow', who: null, expect: null },
          ],
        },
      },
      { id: 'noise', title: 'Noise', severity: 'info', safety: false, playbook: null },
    ],
    rules: [
      {
        ...{ id: 'warm', title: 'Too warm', sentence: 'When cabinet_temp > 8.', stage: 'live', severity: 'major' },
        failureMode: 'seal-leak',
      },
    ],
  };

  it('are listed, and given one by one', async () => {
    const { get } = await setUp();
    expect((await get('/products')).body).toEqual({ items: [product], next: null });
    expect((await get('/products/fridge')).body).toEqual(product);
  });

  it('come in pages', async () => {
    const { world, get } = await setUp();
    const packs = ['oven', 'fridge', 'kiln'].map((name) => ({ ...fridge, product: name }));
    world.view.answers.packs = () => packs;
    const first = (await get('/products?limit=2')).body;
    const second = (await get(`/products?limit=2&cursor=${first.next}`)).body;
    const listed = [...first.items, ...second.items].map(({ id, version }) => [id, version]);
    expect(listed).toEqual([
      ['fridge', 3],
      ['kiln', 0],
      ['oven', 0],
    ]);
    expect(second.next).toBeNull();
  });

  it('are 404 when unknown, with the likely one', async () => {
    const { get } = await setUp();
    expect((await get('/products/frige')).body).toMatchObject({
      ...{ status: 404, code: 'product-not-found', hint: 'Did you mean fridge?' },
    });
  });
});
