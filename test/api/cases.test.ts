import { describe, expect, it } from 'vitest';
import { verdicts } from '../../src/cases/index.ts';
import { bearer, createWorld, raised, register, type World } from './fixture.ts';

async function setUp() {
  const world = await createWorld();
  const app = await world.server();
  await register(app, 'd1');
  const get = async (path: string) => {
    const answer = await app.inject({ url: `/api/v1${path}`, headers: bearer });
    return { status: answer.statusCode, body: answer.json() };
  };
  const post = async (path: string, payload: object) => {
    const answer = await app.inject({ method: 'POST', url: `/api/v1${path}`, headers: bearer, payload });
    return { status: answer.statusCode, body: answer.json() };
  };
  return { world, app, get, post };
}

const ids = (body: { items: { device: string }[] }) => body.items.map(({ device }) => device);

async function openThree(world: World) {
  await world.openCase({ device: 'd1', severity: 'minor' });
  world.now += 1_000;
  await world.openCase({ device: 'd2', severity: 'critical' });
  world.now += 1_000;
  return world.openCase({ device: 'd3', severity: 'minor', safety: true });
}

describe('the list of cases', () => {
  it('gives items as agreed', async () => {
    const { world, get } = await setUp();
    const id = await world.openCase();
    const { body } = await get('/cases');
    expect(body).toEqual({
      items: [
        expect.objectContaining({
          ...{
            id,
            number: expect.any(Number),
            device: 'd1',
            product: 'fridge',
            failureMode: 'seal-leak',
            title: 'Door seal leaks',
          },
          ...{ severity: 'major', safety: false, state: 'new', owner: null, verdict: null, note: null },
          openedAt: '2026-01-31T08:20:00.000Z',
          startsAt: '2026-01-31T08:10:00.000Z',
          createdAt: '2026-01-31T08:00:00.000Z',
          updatedAt: '2026-01-31T08:00:00.000Z',
          ...{ resolvedAt: null, recurrenceOf: null, findings: 1, findingsOpen: 1 },
          explanation: 'cabinet temp was 9.2 °C; expected 3.0 to 5.0 °C.',
          version: expect.any(Number),
        }),
      ],
      next: null,
    });
  });

  it('is the most urgent first, by page and filter, with all states', async () => {
    const { world, get, post } = await setUp();
    await openThree(world);
    const urgent = await get('/cases');
    expect(ids(urgent.body)).toEqual(['d3', 'd2', 'd1']);

    const first = await get('/cases?limit=2');
    const second = await get(`/cases?limit=2&cursor=${encodeURIComponent(first.body.next)}`);
    expect([...ids(first.body), ...ids(second.body)]).toEqual(['d3', 'd2', 'd1']);
    expect(second.body.next).toBeNull();

    const { id, version } = urgent.body.items[0];
    await post(`/cases/${id}/acknowledge`, { version });
    await post(`/cases/${id}/resolve`, { version: version + 1, verdict: 'no_fault_found' });
    expect(ids((await get('/cases')).body)).toEqual(['d2', 'd1', 'd3']);
    expect(ids((await get('/cases?state=resolved')).body)).toEqual(['d3']);
    expect(ids((await get('/cases?state=new&device=d1')).body)).toEqual(['d1']);
    expect(ids((await get('/cases?product=oven')).body)).toEqual([]);
    expect(ids((await get('/cases?owner=api')).body)).toEqual(['d3']);
    expect(ids((await get('/cases?q=seal')).body)).toHaveLength(3);
  });

  it('refuses a state that there is not, and a filter that is misspelt', async () => {
    const { get } = await setUp();
    expect((await get('/cases?state=open')).body).toMatchObject({
      status: 422,
      errors: [{ path: 'query/state' }],
    });
    const { status, body } = await get('/cases?stat=new');
    expect(status).toBe(422);
    expect(body.errors[0].message).toContain('stat');
  });

  it('refuses a cursor that it did not give', async () => {
    const { get } = await setUp();
    const { status, body } = await get('/cases?cursor=%00nonsense');
    expect([status, body.code]).toEqual([422, 'request-invalid']);
  });
});

describe('a case', () => {
  it('comes with what may be done and what it rests on', async () => {
    const { world, get } = await setUp();
    const id = encodeURIComponent(await world.openCase());
    const { body } = await get(`/cases/${id}`);
    expect(body.actions).toEqual([
      { name: 'acknowledge', allowed: true, reason: null },
      { name: 'resolve', allowed: true, reason: null },
    ]);
    expect(body.signals).toEqual(['cabinet_temp']);
    expect(body.evidence).toEqual([
      { signal: 'cabinet_temp', at: '2026-01-31T08:19:00.000Z', value: 8.9, low: 3, high: 5 },
      { signal: 'cabinet_temp', at: '2026-01-31T08:20:00.000Z', value: 9.2, low: 3, high: 5 },
    ]);
  });

  it('shows the evidence of its newest findings, however many it has', async () => {
    const { world, get } = await setUp();
    const id = await world.openCase();
    const firstAt = Date.UTC(2026, 0, 31, 9);
    const events = Array.from({ length: 1_000 }, (_, index) => {
      const at = firstAt + index * 60_000;
      const finding = `d1~level:cabinet_temp~${8 + index}.0`;
      const evidence = [{ signal: 'cabinet_temp', at, value: index, low: 3, high: 5 }];
      return raised({ id: `${finding}#0`, finding, startsAt: at, openedAt: at, at, receivedAt: at, evidence });
    });
    await world.cases.apply(events.map((event) => ({ kind: 'finding', event, now: world.now })));
    const { body } = await get(`/cases/${encodeURIComponent(id)}`);
    expect(body.findings).toBe(1_001);
    expect(body.evidence.map(({ value }: { value: number }) => value)).toEqual(
      Array.from({ length: 500 }, (_, index) => 500 + index),
    );
  });

  it('is acknowledged and resolved by whoever calls, and tells it on the timeline', async () => {
    const { world, get, post } = await setUp();
    const id = encodeURIComponent(await world.openCase());
    const { version } = (await get(`/cases/${id}`)).body;
    world.now += 60_000;
    const acknowledged = await post(`/cases/${id}/acknowledge`, { version });
    expect(acknowledged.status).toBe(200);
    expect(acknowledged.body).toMatchObject({ state: 'acknowledged', owner: 'api', version: version + 1 });
    expect(acknowledged.body.actions[0]).toMatchObject({ name: 'acknowledge', allowed: false });
    expect(acknowledged.body.actions[0].reason).toEqual(expect.any(String));

    const payload = { version: version + 1, verdict: 'confirmed_fault', note: ' seal replaced ' };
    const resolved = await post(`/cases/${id}/resolve`, payload);
    expect(resolved.body).toMatchObject({
      ...{ state: 'resolved', verdict: 'confirmed_fault', note: 'seal replaced' },
      resolvedAt: '2026-01-31T08:01:00.000Z',
    });
    const { body } = await get(`/cases/${id}/timeline`);
    const entries = body.items.map(({ kind, actor }: { kind: string; actor: string }) => [kind, actor]);
    expect(entries).toEqual([
      ['opened', 'engine'],
      ['acknowledged', 'api'],
      ['resolved', 'api'],
    ]);
    expect(body.items[1]).toMatchObject({ at: '2026-01-31T08:01:00.000Z', text: expect.any(String) });
  });

  it('refuses a stale version, a second resolve, and what is no verdict', async () => {
    const { world, get, post } = await setUp();
    const id = encodeURIComponent(await world.openCase());
    const { version } = (await get(`/cases/${id}`)).body;
    const verdict = 'no_fault_found';
    const stale = await post(`/cases/${id}/resolve`, { version: version + 7, verdict });
    expect([stale.status, stale.body.code]).toEqual([409, 'version-conflict']);
    expect((await post(`/cases/${id}/resolve`, { version, verdict: 'boredom' })).status).toBe(422);
    expect((await post(`/cases/${id}/resolve`, { version, verdict: 'retracted' })).status).toBe(422);
    expect((await post(`/cases/${id}/acknowledge`, {})).body.errors).toMatchObject([{ path: 'body/version' }]);
    expect((await post(`/cases/${id}/resolve`, { version, verdict })).status).toBe(200);
    const refused = await post(`/cases/${id}/resolve`, { version: version + 1, verdict });
    expect([refused.status, refused.body.code]).toEqual([422, 'case-refused']);
    expect(refused.body.detail).toEqual(expect.any(String));
  });

  it('takes every verdict of the case desk', async () => {
    const { world, get, post } = await setUp();
    for (const verdict of verdicts) {
      const id = encodeURIComponent(await world.openCase({ device: verdict }));
      const { version } = (await get(`/cases/${id}`)).body;
      expect((await post(`/cases/${id}/resolve`, { version, verdict })).body).toMatchObject({ verdict });
    }
  });

  it('is 404 wherever there is none', async () => {
    const { get, post } = await setUp();
    for (const path of ['', '/timeline', '/findings']) {
      expect((await get(`/cases/none${path}`)).body.code).toBe('case-not-found');
    }
    expect((await post('/cases/none/acknowledge', { version: 1 })).status).toBe(404);
    expect((await post('/cases/none/resolve', { version: 1, verdict: 'duplicate' })).status).toBe(404);
  });
});

describe('findings', () => {
  it('are given for a device in a range of either form of time, and for a case', async () => {
    const { world, get } = await setUp();
    const id = await world.openCase();
    await world.openCase({ device: 'd2' });
    const item = {
      id: 'd1~level:cabinet_temp~7.0',
      source: 'level:cabinet_temp',
      signal: 'cabinet_temp',
      failureMode: 'seal-leak',
      severity: 'major',
      state: 'raised',
      startsAt: '2026-01-31T08:10:00.000Z',
      openedAt: '2026-01-31T08:20:00.000Z',
      endsAt: null,
      explanation: 'cabinet temp was 9.2 °C; expected 3.0 to 5.0 °C.',
      case: id,
    };
    const after = Date.UTC(2026, 0, 31, 8, 5);
    const before = '2026-01-31T09:05:00+01:00';
    for (const query of ['', `?from=${after}`, '?to=2026-01-31T08:30:00Z', `?from=${encodeURIComponent(before)}`]) {
      expect((await get(`/devices/d1/findings${query}`)).body, query).toMatchObject({ items: [item], next: null });
    }
    // An unescaped + arrives as a blank.
    expect((await get(`/devices/d1/findings?to=${before}`)).body.items).toEqual([]);
    expect((await get(`/cases/${encodeURIComponent(id)}/findings`)).body.items).toMatchObject([{ id: item.id }]);
  });

  it('refuse a time in neither form and a range that ends before it begins', async () => {
    const { get } = await setUp();
    const bad = await get('/devices/d1/findings?from=yesterday');
    expect(bad.status).toBe(422);
    expect(bad.body).toMatchObject({ errors: [{ path: 'query/from' }], hint: expect.stringContaining('RFC 3339') });
    expect((await get('/devices/d1/findings?from=2000&to=1000')).status).toBe(422);
  });
});
