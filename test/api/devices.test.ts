import { describe, expect, it } from 'vitest';
import { bearer, createWorld, register } from './fixture.ts';

const url = '/api/v1/devices';

describe('devices', () => {
  it('registers one and gives its secret once', async () => {
    const world = await createWorld();
    const app = await world.server();
    const payload = { id: 'd1', product: 'fridge', site: 'Oslo 4', installedAt: '2026-01-01T00:00:00+01:00' };
    const made = await app.inject({ method: 'POST', url, headers: bearer, payload });
    expect(made.statusCode).toBe(201);
    expect(made.headers.location).toBe('/api/v1/devices/d1');
    const { secret, ...device } = made.json();
    expect(secret).toMatch(/^[\w-]{22,}$/);
    expect(device).toEqual({
      id: 'd1',
      product: 'fridge',
      serial: null,
      site: 'Oslo 4',
      customer: null,
      timezone: null,
      parent: null,
      batch: null,
      installedAt: '2025-12-31T23:00:00.000Z',
      registeredAt: '2026-01-31T08:00:00.000Z',
      life: 'registered',
      online: false,
      lastSeenAt: null,
      watermark: null,
      firmware: null,
      clockSuspect: null,
      health: 'unknown',
      openCases: 0,
      openFindings: 0,
    });
    expect((await app.inject({ url: `${url}/d1`, headers: bearer })).json()).toEqual(device);
  });

  it('refuses a known id, an unknown product and a bad id', async () => {
    const app = await (await createWorld()).server();
    await register(app, 'd1');
    const post = (payload: object) => app.inject({ method: 'POST', url, headers: bearer, payload });
    const taken = await post({ id: 'd1', product: 'fridge' });
    expect([taken.statusCode, taken.json().code]).toEqual([409, 'device-exists']);
    const unknown = await post({ id: 'd2', product: 'frigde' });
    expect([unknown.statusCode, unknown.json().code]).toEqual([422, 'device-invalid']);
    expect(unknown.json().detail).toContain('fridge');
    const bad = await post({ id: 'a/b', product: 'fridge', timezone: 'Mars/Olympus' });
    expect(bad.statusCode).toBe(422);
    expect(bad.json().detail).toContain('Mars/Olympus');
    expect(bad.json().detail).toContain('a/b');
  });

  it('refuses a time that could not be written out, and goes on', async () => {
    const app = await (await createWorld()).server();
    const years = 'must lie in the years 0001 to 9999';
    for (const installedAt of [8.64e15, -8.64e15, '0000-06-01T00:00:00Z', '9999-12-31T23:59:59-12:00']) {
      const payload = { id: 'd1', product: 'fridge', installedAt };
      const answer = await app.inject({ method: 'POST', url: '/api/v1/devices', headers: bearer, payload });
      expect(answer.statusCode).toBe(422);
      expect(answer.json().errors).toEqual([{ path: 'body/installedAt', message: years }]);
    }
    await register(app, 'd2', { installedAt: '0001-01-01T00:00:00Z' });
    const listed = await app.inject({ url: '/api/v1/devices', headers: bearer });
    expect(listed.json().items).toMatchObject([{ id: 'd2', installedAt: '0001-01-01T00:00:00.000Z' }]);
    const url = '/api/v1/devices/d2/signals/cabinet_temp?from=-8640000000000000';
    const series = await app.inject({ url, headers: bearer });
    expect([series.statusCode, series.json().errors]).toEqual([422, [{ path: 'query/from', message: years }]]);
  });

  it('names every field that is missing, of the wrong type, or unknown', async () => {
    const app = await (await createWorld()).server();
    const payload = { id: 7, sight: 'x', installedAt: 'yesterday' };
    const answer = await app.inject({ method: 'POST', url, headers: bearer, payload });
    expect(answer.statusCode).toBe(422);
    const paths = answer.json().errors.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(['body/id', 'body/product', 'body/installedAt', 'body']);
    expect(answer.json().errors[3].message).toContain('sight');
  });

  it('lists them by page and filter', async () => {
    const app = await (await createWorld()).server();
    for (const id of ['d3', 'd1', 'd2']) await register(app, id, { site: id === 'd2' ? 'Oslo' : 'Bergen' });
    const get = async (query: string) => (await app.inject({ url: `${url}?${query}`, headers: bearer })).json();
    const first = await get('limit=2');
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual(['d1', 'd2']);
    expect(first.next).toEqual(expect.any(String));
    const second = await get(`limit=2&cursor=${encodeURIComponent(first.next)}`);
    expect(second).toMatchObject({ items: [{ id: 'd3' }], next: null });
    expect(await get('site=Oslo')).toMatchObject({ items: [{ id: 'd2' }], next: null });
    expect((await get('q=bergen')).items).toHaveLength(2);
  });

  it('changes facts, forgets with null, and keeps the rest', async () => {
    const app = await (await createWorld()).server();
    await register(app, 'd1', { site: 'Oslo', customer: 'Ana' });
    const patch = (payload: object, id = 'd1') =>
      app.inject({ method: 'PATCH', url: `${url}/${id}`, headers: bearer, payload });
    expect((await patch({ site: null, batch: 'B7', installedAt: 1_760_000_000_000 })).json()).toMatchObject({
      site: null,
      customer: 'Ana',
      batch: 'B7',
      installedAt: '2025-10-09T08:53:20.000Z',
    });
    expect((await patch({ product: 'oven' })).statusCode).toBe(422);
    expect((await patch({ parent: 'nobody' })).statusCode).toBe(422);
    expect((await patch({ site: 'x' }, 'd9')).statusCode).toBe(404);
  });

  it('gives a new secret and ends the connections of the old one', async () => {
    const world = await createWorld();
    const app = await world.server();
    const old = await register(app, 'd1');
    const answer = await app.inject({ method: 'POST', url: `${url}/d1/secret`, headers: bearer });
    expect(answer.json()).toEqual({ id: 'd1', secret: expect.not.stringMatching(old) });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(world.disconnected).toEqual(['d1']);
    expect((await app.inject({ method: 'POST', url: `${url}/d9/secret`, headers: bearer })).statusCode).toBe(404);
  });

  it('retires one, for ever', async () => {
    const world = await createWorld();
    const app = await world.server();
    await register(app, 'd1');
    const answer = await app.inject({ method: 'POST', url: `${url}/d1/retire`, headers: bearer });
    expect(answer.json()).toMatchObject({ id: 'd1', life: 'retired' });
    expect(world.disconnected).toEqual(['d1']);
    expect((await app.inject({ url: `${url}/d1`, headers: bearer })).json()).toMatchObject({ life: 'retired' });
    expect((await app.inject({ method: 'POST', url: `${url}/d1/secret`, headers: bearer })).statusCode).toBe(422);
  });

  it('takes the order to delete its readings, and keeps the device', async () => {
    const world = await createWorld();
    const app = await world.server();
    await register(app, 'd1');
    const order = { method: 'DELETE', url: `${url}/d1/readings`, headers: bearer } as const;
    const answer = await app.inject(order);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ id: 'd1', at: new Date(world.now).toISOString(), detail: expect.any(String) });
    expect((await app.inject({ url: `${url}/d1`, headers: bearer })).statusCode).toBe(200);
    expect((await app.inject({ ...order, url: `${url}/d9/readings` })).statusCode).toBe(404);
    expect((await app.inject({ method: 'DELETE', url: `${url}/d1/readings` })).statusCode).toBe(401);
  });

  it('shows what its messages told', async () => {
    const world = await createWorld();
    const at = Date.UTC(2026, 0, 31, 7);
    world.view.answers.status = () => ({
      life: 'active',
      online: true,
      lastSeenAt: at + 500,
      watermark: at,
      firmware: '2.3.1',
      clockSuspect: { rawAt: 8.64e15, receivedAt: at },
    });
    const app = await world.server();
    await register(app, 'd1');
    expect((await app.inject({ url: `${url}/d1`, headers: bearer })).json()).toMatchObject({
      life: 'active',
      online: true,
      lastSeenAt: '2026-01-31T07:00:00.500Z',
      watermark: '2026-01-31T07:00:00.000Z',
      firmware: '2.3.1',
      clockSuspect: { rawAt: '9999-12-31T23:59:59.999Z', receivedAt: '2026-01-31T07:00:00.000Z' },
    });
  });

  it('answers 404 for an unknown device wherever one is named', async () => {
    const app = await (await createWorld()).server();
    for (const path of ['', '/ledger', '/quarantine', '/findings', '/signals/cabinet_temp']) {
      const answer = await app.inject({ url: `${url}/d9${path}`, headers: bearer });
      expect([path, answer.statusCode, answer.json().code]).toEqual([path, 404, 'device-not-found']);
    }
  });

  it('pages through the quarantine, newest first, while more comes in', async () => {
    const world = await createWorld();
    const messages = [5, 4, 4, 4, 3].map((second, i) => ({
      ...{ receivedAt: second * 1_000, reason: 'undecodable', detail: `n${i}`, topic: 'devices/d1/reports' },
      ...{ payload: i === 0 ? undefined : '{', bytes: 1 },
    }));
    world.view.answers.quarantine = (_device, limit) => messages.slice(0, limit);
    const app = await world.server();
    await register(app, 'd1');
    const get = async (query: string) =>
      (await app.inject({ url: `${url}/d1/quarantine?${query}`, headers: bearer })).json();
    const first = await get('limit=2');
    expect(first.items[0]).toMatchObject({ detail: 'n0', payload: null, receivedAt: '1970-01-01T00:00:05.000Z' });
    messages.unshift({ ...first.items[0], receivedAt: 9_000, detail: 'new', payload: '{' });
    const second = await get(`limit=2&cursor=${first.next}`);
    const third = await get(`limit=2&cursor=${second.next}`);
    const details = [first, second, third].flatMap(({ items }) =>
      items.map(({ detail }: { detail: string }) => detail),
    );
    expect(details).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    expect(third.next).toBeNull();
    const refused = await app.inject({ url: `${url}/d1/quarantine?cursor=x`, headers: bearer });
    expect(refused.statusCode).toBe(422);
  });
});
