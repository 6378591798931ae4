import { describe, expect, it } from 'vitest';
import { createAccounts } from '../../src/api/accounts.ts';
import { createSetupLink } from '../../src/api/index.ts';
import { createPasswords } from '../../src/api/passwords.ts';
import { adminToken, bearer, createWorld, Person, register, type World } from './fixture.ts';

const password = 'correct horse battery';
const dayMs = 86_400_000;

async function link(world: World): Promise<string> {
  const path = await createSetupLink(world.deps);
  expect(path).toMatch(/^\/setup#[\w-]{43}$/);
  return path?.split('#')[1] ?? '';
}

async function account(world: World, name: string, role: 'viewer' | 'agent' | 'admin') {
  const accounts = createAccounts(world.registry, createPasswords(world.deps.random), world.deps.clock);
  await accounts.create({ name, role, password });
}

describe('the set-up link', () => {
  it('makes the first account, signs it in, and works once', async () => {
    const world = await createWorld();
    const app = await world.server();
    const token = await link(world);
    const person = new Person(app);
    expect((await person.call('GET', `/setup?token=${token}`)).json()).toEqual({ open: true });

    const made = await person.call('POST', '/setup', { token, name: 'Ana', password });
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ name: 'Ana', role: 'admin' });
    expect((await person.call('GET', '/session')).json()).toMatchObject({ name: 'Ana', role: 'admin' });

    const again = await new Person(app).call('POST', '/setup', { token, name: 'Bob', password });
    expect(again.statusCode).toBe(404);
    expect(again.json()).toMatchObject({ code: 'setup-not-found' });
    expect((await new Person(app).call('GET', `/setup?token=${token}`)).statusCode).toBe(404);
    expect(await createSetupLink(world.deps)).toBeUndefined();
  });

  it('lets only one of two simultaneous claims in', async () => {
    const world = await createWorld();
    const app = await world.server();
    const token = await link(world);
    const claims = ['Ana', 'Bob'].map((name) => new Person(app).call('POST', '/setup', { token, name, password }));
    const codes = (await Promise.all(claims)).map(({ statusCode }) => statusCode);
    expect(codes.sort()).toEqual([201, 404]);
  });

  it('is replaced by a new one and ends after a day', async () => {
    const world = await createWorld();
    const app = await world.server();
    const first = await link(world);
    const second = await link(world);
    expect((await new Person(app).call('GET', `/setup?token=${first}`)).statusCode).toBe(404);
    expect((await new Person(app).call('GET', `/setup?token=${second}`)).statusCode).toBe(200);
    world.now += dayMs;
    expect((await new Person(app).call('GET', `/setup?token=${second}`)).statusCode).toBe(404);
  });

  it('lets nobody pass for the service or a program on timelines', async () => {
    const app = await (await createWorld()).server();
    for (const name of ['engine', ' API ', 'ａｐｉ']) {
      const answer = await new Person(app).call('POST', '/setup', { token: 'x', name, password });
      expect([answer.statusCode, answer.json().errors[0].path]).toEqual([422, 'body/name']);
    }
  });

  it('names every problem of a new account', async () => {
    const world = await createWorld();
    const app = await world.server();
    const answer = await new Person(app).call('POST', '/setup', { token: 'x', name: ' ', password: 'short' });
    expect(answer.statusCode).toBe(422);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json().errors).toEqual([
      { path: 'body/name', message: 'must not be empty' },
      { path: 'body/password', message: 'must have at least 12 characters' },
    ]);
  });
});

describe('sessions', () => {
  it('sets a cookie that scripts and other sites cannot use', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'agent');
    const answer = await new Person(await world.server()).signIn('ana', password);
    expect(answer.statusCode).toBe(200);
    const cookie = answer.headers['set-cookie'];
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    expect(cookie).toContain('Path=/api/v1');
    expect(cookie).not.toContain('Secure');
  });

  it('refuses a wrong password and an unknown name alike', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'agent');
    const app = await world.server();
    const wrong = await new Person(app).signIn('Ana', 'wrong wrong wrong');
    const unknown = await new Person(app).signIn('Zoe', password);
    expect([wrong.statusCode, unknown.statusCode]).toEqual([401, 401]);
    expect(wrong.json().detail).toBe(unknown.json().detail);
    expect(wrong.headers['set-cookie']).toBeUndefined();
  });

  it('outlives a restart, and ends a week after its last use', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'agent');
    const person = new Person(await world.server());
    await person.signIn('Ana', password);
    const later = person.at(await world.server());
    expect((await later.call('GET', '/session')).json()).toMatchObject({ name: 'Ana', role: 'agent' });
    for (let day = 0; day < 10; day++) {
      world.now += dayMs;
      expect((await later.call('GET', '/session')).statusCode).toBe(200);
    }
    world.now += 8 * dayMs;
    expect((await later.call('GET', '/session')).statusCode).toBe(401);
  });

  it('is found by a hash: the registry holds nothing that signs in', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'agent');
    const person = new Person(await world.server());
    await person.signIn('Ana', password);
    const id = person.cookie.split('=')[1] ?? '';
    expect(await world.registry.credential('session', id, world.now)).toBeUndefined();
    expect(await world.registry.credential('session', world.deps.hashToken(id), world.now)).toBeDefined();
  });

  it('gets a new id when somebody signs in with one already', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'agent');
    const person = new Person(await world.server());
    await person.signIn('Ana', password);
    const before = person.cookie;
    await person.signIn('Ana', password);
    expect(person.cookie).not.toBe(before);
    const old = person.at(await world.server());
    old.cookie = before;
    expect((await old.call('GET', '/session')).statusCode).toBe(401);
  });

  it('ends with signing out', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'agent');
    const app = await world.server();
    const person = new Person(app);
    await person.signIn('Ana', password);
    const copy = person.at(app);
    expect((await person.call('DELETE', '/session')).statusCode).toBe(204);
    expect(person.cookie).toBe('');
    expect((await copy.call('GET', '/session')).statusCode).toBe(401);
  });

  it('ends with its account', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'agent');
    const person = new Person(await world.server());
    await person.signIn('Ana', password);
    const credential = await world.registry.credential('account', 'ana', world.now);
    expect(credential).toBeDefined();
    if (credential) await world.registry.saveCredential(credential, true);
    expect((await person.call('GET', '/session')).statusCode).toBe(401);
  });

  it('makes guessing slow on loopback too, for that account only', async () => {
    const world = await createWorld({ loginFailuresMax: 2 });
    await account(world, 'Ana', 'agent');
    await account(world, 'Bob', 'agent');
    const app = await world.server();
    for (let i = 0; i < 2; i++) expect((await new Person(app).signIn('Ana', 'guess guess guess')).statusCode).toBe(401);
    const blocked = await new Person(app).signIn('ANA ', password);
    expect(blocked.statusCode).toBe(429);
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0);
    expect((await new Person(app).signIn('Bob', password)).statusCode).toBe(200);
    world.now += Number(blocked.headers['retry-after']) * 1_000;
    expect((await new Person(app).signIn('Ana', password)).statusCode).toBe(200);
  });
});

describe('rights', () => {
  it('needs a caller everywhere but at the door', async () => {
    const app = await (await createWorld()).server();
    for (const url of ['/devices', '/devices/d1', '/cases', '/ledger', '/products', '/live', '/session']) {
      const answer = await app.inject({ url: `/api/v1${url}` });
      expect(answer.statusCode, url).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.json()).toMatchObject({ code: 'unauthenticated', status: 401 });
    }
  });

  it('refuses an unknown token, also beside a good cookie', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'agent');
    const app = await world.server();
    const person = new Person(app);
    await person.signIn('Ana', password);
    const headers = { cookie: person.cookie, authorization: 'Bearer nonsense' };
    expect((await app.inject({ url: '/api/v1/devices', headers })).statusCode).toBe(401);
    const basic = { authorization: `Basic ${adminToken}` };
    expect((await app.inject({ url: '/api/v1/devices', headers: basic })).statusCode).toBe(401);
  });

  it('tells a role what it may not', async () => {
    const world = await createWorld();
    await account(world, 'Vic', 'viewer');
    await account(world, 'Ana', 'agent');
    const app = await world.server();
    await register(app, 'd1');
    const id = await world.openCase();
    const [viewer, agent] = [new Person(app), new Person(app)];
    await viewer.signIn('Vic', password);
    await agent.signIn('Ana', password);
    expect((await viewer.call('GET', '/cases')).statusCode).toBe(200);
    const refused = await viewer.call('POST', `/cases/${id}/acknowledge`, { version: 1 });
    expect(refused.statusCode).toBe(403);
    expect(refused.json()).toMatchObject({ code: 'forbidden' });
    expect((await agent.call('POST', '/devices', { id: 'd2', product: 'fridge' })).statusCode).toBe(403);
    expect((await agent.call('POST', `/cases/${id}/acknowledge`, { version: 1 })).statusCode).toBe(200);
  });

  it('takes a change by cookie only with the token of the session', async () => {
    const world = await createWorld();
    await account(world, 'Ana', 'admin');
    const app = await world.server();
    const person = new Person(app);
    await person.signIn('Ana', password);
    const { csrfToken } = person;
    for (const token of ['', 'forged', `${csrfToken}x`]) {
      person.csrfToken = token;
      const answer = await person.call('POST', '/devices', { id: 'd1', product: 'fridge' });
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ code: 'csrf-invalid' });
    }
    person.csrfToken = csrfToken;
    expect((await person.call('POST', '/devices', { id: 'd1', product: 'fridge' })).statusCode).toBe(201);
    expect((await app.inject({ method: 'POST', url: '/api/v1/devices/d1/secret', headers: bearer })).statusCode).toBe(
      200,
    );
  });
});
