import { describe, expect, it } from 'vitest';
import { createAccounts } from '../../src/api/accounts.ts';
import type { BacktestAsked, BacktestRun, Backtests } from '../../src/api/index.ts';
import { createPasswords } from '../../src/api/passwords.ts';
import { bearer, createWorld, Person } from './fixture.ts';

const url = '/api/v1/products/fridge/backtests';
const createdAt = Date.UTC(2026, 0, 31, 8);

/** Runs nothing: a wish stays queued until it is cancelled. A pack that says `broken` has a problem. */
function fakeBacktests(): Backtests & { readonly asked: BacktestAsked[] } {
  const runs: BacktestRun[] = [];
  const asked: BacktestAsked[] = [];
  return {
    asked,
    start(wish) {
      if (wish.candidate.source.includes('broken')) return { problems: [`${wish.candidate.file}:2:3: is broken`] };
      asked.push(wish);
      const progress = { reports: 0, total: 0, share: 0 };
      const nothing = { endedAt: undefined, problem: undefined, result: undefined };
      const id = `run-${asked.length}`;
      const run: BacktestRun = { id, product: wish.product, state: 'queued', createdAt, progress, ...nothing };
      runs.unshift(run);
      return { run };
    },
    get: (id) => runs.find((run) => run.id === id),
    list: () => runs,
    cancel(id) {
      const place = runs.findIndex((run) => run.id === id);
      const run = runs[place];
      if (run) runs[place] = { ...run, state: 'cancelled', endedAt: createdAt + 1_000 };
      return runs[place];
    },
  };
}

async function serve() {
  const backtests = fakeBacktests();
  const app = await (await createWorld()).server({ backtests });
  return { backtests, app };
}

describe('backtests', () => {
  it('start, are looked up, and are cancelled', async () => {
    const { app, backtests } = await serve();
    const payload = { source: 'product: fridge', from: '2026-01-01T00:00:00Z', devices: ['d1'] };
    const started = await app.inject({ method: 'POST', url, headers: bearer, payload });
    expect(started.statusCode, started.body).toBe(202);
    expect(started.headers.location).toBe('/api/v1/backtests/run-1');
    const queued = {
      id: 'run-1',
      product: 'fridge',
      state: 'queued',
      createdAt: '2026-01-31T08:00:00.000Z',
      endedAt: null,
      progress: { reports: 0, total: 0, share: 0 },
      problem: null,
      result: null,
    };
    expect(started.json()).toEqual(queued);
    expect(backtests.asked).toEqual([
      {
        product: 'fridge',
        candidate: { file: 'pack.yaml', source: 'product: fridge' },
        against: undefined,
        from: Date.UTC(2026, 0, 1),
        to: undefined,
        devices: ['d1'],
      },
    ]);
    const path = '/api/v1/backtests/run-1';
    expect((await app.inject({ url: path, headers: bearer })).json()).toEqual(queued);
    const cancelled = await app.inject({ method: 'DELETE', url: path, headers: bearer });
    expect(cancelled.json()).toEqual({ ...queued, state: 'cancelled', endedAt: '2026-01-31T08:00:01.000Z' });
    const { result: _, ...item } = cancelled.json();
    expect((await app.inject({ url, headers: bearer })).json()).toEqual({ items: [item], next: null });
  });

  it('take every pack that may be published', async () => {
    const { app, backtests } = await serve();
    const source = `product: fridge # ${'x'.repeat(1_900_000)}`;
    const started = await app.inject({ method: 'POST', url, headers: bearer, payload: { source, against: source } });
    expect(started.statusCode).toBe(202);
    expect(backtests.asked[0]?.candidate.source).toBe(source);
  });

  it('compare with another pack where one is sent', async () => {
    const { app, backtests } = await serve();
    const payload = { source: 'a', against: 'b', againstFile: 'before.yaml' };
    await app.inject({ method: 'POST', url, headers: bearer, payload });
    expect(backtests.asked[0]?.against).toEqual({ file: 'before.yaml', source: 'b' });
  });

  it('are refused with every problem of the pack in its place', async () => {
    const { app } = await serve();
    const payload = { source: 'broken', file: 'fridge.yaml' };
    const answer = await app.inject({ method: 'POST', url, headers: bearer, payload });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({
      code: 'pack-invalid',
      errors: [{ path: 'body/source', message: 'fridge.yaml:2:3: is broken' }],
    });
  });

  it('are refused without a pack, with an unknown key, or for a range that ends before it begins', async () => {
    const { app } = await serve();
    for (const payload of [{}, { source: 'a', pack: 'b' }, { source: 'a', from: 2_000, to: 1_000 }]) {
      const answer = await app.inject({ method: 'POST', url, headers: bearer, payload });
      expect(answer.statusCode, JSON.stringify(payload)).toBe(422);
    }
  });

  it('need a known product and a known run', async () => {
    const { app } = await serve();
    const payload = { source: 'a' };
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/products/fridg/backtests',
      headers: bearer,
      payload,
    });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'product-not-found', hint: 'Did you mean fridge?' });
    for (const method of ['GET', 'DELETE'] as const) {
      const unknown = await app.inject({ method, url: '/api/v1/backtests/none', headers: bearer });
      expect(unknown.json()).toMatchObject({ status: 404, code: 'backtest-not-found' });
    }
  });

  it('are for those who work the cases; everybody may look', async () => {
    const world = await createWorld();
    const app = await world.server({ backtests: fakeBacktests() });
    expect((await app.inject({ method: 'POST', url, payload: { source: 'a' } })).statusCode).toBe(401);
    const password = 'a long password';
    const accounts = createAccounts(world.registry, createPasswords(world.deps.random), world.deps.clock);
    await accounts.create({ name: 'Vic', role: 'viewer', password });
    const viewer = new Person(app);
    await viewer.signIn('Vic', password);
    expect((await viewer.call('POST', '/products/fridge/backtests', { source: 'a' })).statusCode).toBe(403);
    expect((await viewer.call('GET', '/products/fridge/backtests')).statusCode).toBe(200);
    expect((await viewer.call('DELETE', '/backtests/run-1')).statusCode).toBe(403);
  });

  it('are in the description of the API', async () => {
    const { app } = await serve();
    const { paths } = (await app.inject({ url: '/openapi.json' })).json();
    expect(Object.keys(paths['/api/v1/products/{id}/backtests']).sort()).toEqual(['get', 'post']);
    expect(Object.keys(paths['/api/v1/backtests/{id}']).sort()).toEqual(['delete', 'get']);
  });

  it('do not exist where there is nothing to replay', async () => {
    const app = await (await createWorld()).server();
    const answer = await app.inject({ method: 'POST', url, headers: bearer, payload: { source: 'a' } });
    expect(answer.statusCode).toBe(404);
  });
});
