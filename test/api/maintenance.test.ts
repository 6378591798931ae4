import { beforeEach, describe, expect, it } from 'vitest';
import { createAccounts } from '../../src/api/accounts.ts';
import { createPasswords } from '../../src/api/passwords.ts';
import type { Surroundings } from '../../src/cases/index.ts';
import { bearer, createWorld, Person, raised, register, type World } from './fixture.ts';

let world: World;
let app: Awaited<ReturnType<World['server']>>;

beforeEach(async () => {
  world = await createWorld();
  app = await world.server();
});

async function call(method: 'GET' | 'POST', path: string, payload?: object) {
  const options = { method, url: `/api/v1${path}`, headers: bearer };
  const answer = await app.inject(payload === undefined ? options : { ...options, payload });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}

async function person(role: 'viewer' | 'agent'): Promise<Person> {
  const accounts = createAccounts(world.registry, createPasswords(world.deps.random), () => world.now);
  await accounts.create({ name: role, role, password: 'correct horse battery' });
  const signedIn = new Person(app);
  await signedIn.signIn(role, 'correct horse battery');
  return signedIn;
}

const hour = 3_600_000;
const plan = (changes: object = {}) => ({
  query: { site: 'Oslo' },
  reason: 'New seals',
  to: world.now + hour,
  ...changes,
});

describe('maintenance', () => {
  it('is planned, listed, and ended before its time', async () => {
    const planned = await call('POST', '/maintenance', plan());
    expect(planned).toMatchObject({
      status: 201,
      headers: { location: `/api/v1/maintenance/${planned.body.id}` },
      body: {
        state: 'active',
        query: { site: 'Oslo', product: null, device: null },
        owner: 'api',
        from: '2026-01-31T08:00:00.000Z',
        to: '2026-01-31T09:00:00.000Z',
        endedAt: null,
      },
    });
    const later = await call('POST', '/maintenance', plan({ from: world.now + 60_000, owner: 'Ana' }));
    expect(later.body).toMatchObject({ state: 'planned', owner: 'Ana' });
    const ids = async (query: string) =>
      (await call('GET', `/maintenance${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await ids('')).toEqual([later.body.id, planned.body.id]);
    expect(await ids('?state=active')).toEqual([planned.body.id]);
    world.now += 30_000;
    const ended = await call('POST', `/maintenance/${planned.body.id}/end`);
    expect(ended.body).toMatchObject({ state: 'past', overAt: '2026-01-31T08:00:30.000Z', endedBy: 'api' });
    expect((await call('POST', `/maintenance/${later.body.id}/end`)).body).toMatchObject({ state: 'past' });
    expect(await ids('?state=past')).toEqual([later.body.id, planned.body.id]);
  });

  it('says what it hid, and of each finding what hides it', async () => {
    await register(app, 'd1', { site: 'Oslo' });
    const { id } = (await call('POST', '/maintenance', plan())).body;
    const around: Surroundings = {
      ...{ offset: 1, above: [], silentAfterMs: 0, downMs: 0 },
      covers: [{ id, owner: 'api', reason: 'New seals' }],
    };
    await world.cases.apply([{ kind: 'finding', event: raised(), now: world.now, around }]);
    const detail = (await call('GET', `/maintenance/${id}`)).body;
    expect(detail).toMatchObject({
      id,
      findings: { items: [{ device: 'd1', case: null, hiddenBy: [id] }], next: null },
    });
    expect((await call('GET', '/devices/d1/findings')).body.items).toMatchObject([{ hiddenBy: [id] }]);
    expect((await call('GET', '/cases')).body.items).toEqual([]);
  });

  it('can be asked for by device', async () => {
    await register(app, 'd1', { site: 'Oslo', customer: 'Eva' });
    await register(app, 'd2', { site: 'Rome' });
    world.view.answers.status = () => ({
      ...{ life: 'active', online: true, lastSeenAt: undefined, watermark: undefined, clockSuspect: undefined },
      firmware: '2.0',
    });
    const site = (await call('POST', '/maintenance', plan())).body.id;
    const both = (await call('POST', '/maintenance', plan({ query: { customer: 'Eva', firmware: '2.0' } }))).body.id;
    await call('POST', '/maintenance', plan({ query: { customer: 'Eva', firmware: '1.0' } }));
    const ids = async (device: string) =>
      (await call('GET', `/maintenance?device=${device}&state=active`)).body.items.map(({ id }: { id: string }) => id);
    expect((await ids('d1')).sort()).toEqual([site, both].sort());
    expect(await ids('d2')).toEqual([]);
    expect(await call('GET', '/maintenance?device=ghost')).toMatchObject({
      status: 404,
      body: { code: 'device-not-found' },
    });
  });

  it('is refused with every problem', async () => {
    expect(await call('POST', '/maintenance', plan({ query: {}, reason: '', to: 5 }))).toMatchObject({
      status: 422,
      body: {
        code: 'maintenance-invalid',
        detail: expect.stringMatching(/names no devices.*reason is empty.*not after/),
      },
    });
    expect(await call('POST', '/maintenance', plan({ query: { colour: 'red' } }))).toMatchObject({ status: 422 });
    for (const [method, path] of [
      ['GET', '/maintenance/x'],
      ['POST', '/maintenance/x/end'],
    ] as const) {
      expect(await call(method, path)).toMatchObject({ status: 404, body: { code: 'maintenance-not-found' } });
    }
  });

  it('is planned by agents and read by viewers', async () => {
    const agent = await person('agent');
    const planned = await agent.call('POST', '/maintenance', plan());
    expect(planned.json()).toMatchObject({ owner: 'agent' });
    const viewer = await person('viewer');
    expect((await viewer.call('GET', '/maintenance')).json().items).toHaveLength(1);
    expect((await viewer.call('POST', '/maintenance', plan())).statusCode).toBe(403);
    expect((await viewer.call('POST', `/maintenance/${planned.json().id}/end`)).statusCode).toBe(403);
  });
});
