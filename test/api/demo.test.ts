import { describe, expect, it } from 'vitest';
import type { Demo, DemoState } from '../../src/api/index.ts';
import { AftercareError } from '../../src/base/index.ts';
import { bearer, createWorld } from './fixture.ts';

const url = '/api/v1/demo';

function fakeDemo(refusal?: AftercareError): Demo {
  let state: DemoState = { running: false, devices: 40, startedAt: undefined };
  return {
    async start() {
      if (refusal) throw refusal;
      state = { ...state, running: true, startedAt: Date.UTC(2026, 0, 31, 8) };
    },
    async stop() {
      state = { ...state, running: false };
    },
    state: () => state,
  };
}

describe('the demo', () => {
  it('does not exist where none is wired', async () => {
    const app = await (await createWorld()).server();
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      expect((await app.inject({ method, url, headers: bearer })).statusCode).toBe(404);
    }
  });

  it('starts, says since when, and stops', async () => {
    const app = await (await createWorld()).server({ demo: fakeDemo() });
    const call = async (method: 'GET' | 'POST' | 'DELETE') =>
      (await app.inject({ method, url, headers: bearer })).json();
    expect(await call('GET')).toEqual({ running: false, devices: 40, startedAt: null });
    const running = { running: true, devices: 40, startedAt: '2026-01-31T08:00:00.000Z' };
    expect(await call('POST')).toEqual(running);
    expect(await call('GET')).toEqual(running);
    expect(await call('DELETE')).toEqual({ ...running, running: false });
  });

  it('passes on why it cannot start', async () => {
    const refusal = new AftercareError('device-invalid', 'The pack pump is missing.', { hint: 'Publish it.' });
    const app = await (await createWorld()).server({ demo: fakeDemo(refusal) });
    const answer = await app.inject({ method: 'POST', url, headers: bearer });
    expect([answer.statusCode, answer.json()]).toMatchObject([422, { hint: 'Publish it.' }]);
  });

  it('is for admins to start; it needs a caller at all', async () => {
    const app = await (await createWorld()).server({ demo: fakeDemo() });
    expect((await app.inject({ url })).statusCode).toBe(401);
    const { paths } = (await app.inject({ url: '/openapi.json' })).json();
    expect(Object.keys(paths[url])).toEqual(['get', 'post', 'delete']);
  });
});
