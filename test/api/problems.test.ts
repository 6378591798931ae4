import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it, vi } from 'vitest';
import { bearer, createWorld, register } from './fixture.ts';

/** Every problem has the same form, whoever found it. */
function problem(answer: LightMyRequestResponse) {
  expect(answer.headers['content-type']).toContain('application/problem+json');
  const body = answer.json();
  expect(body).toMatchObject({ type: `urn:aftercare:problem:${body.code}`, status: answer.statusCode });
  expect(body.title).toEqual(expect.any(String));
  expect(body.detail).toEqual(expect.any(String));
  // What to do about it.
  expect(body.hint).toEqual(expect.any(String));
  expect(body.id).toMatch(/^[\w-]{12}$/);
  return body;
}

const json = { ...bearer, 'content-type': 'application/json' };
const devices = { method: 'POST', url: '/api/v1/devices' } as const;

describe('problems', () => {
  it('a body that is no JSON', async () => {
    const app = await (await createWorld()).server();
    const answer = await app.inject({ ...devices, headers: json, payload: '{"id":' });
    expect([answer.statusCode, problem(answer).code]).toEqual([400, 'body-invalid']);
  });

  it('a body that would change prototypes', async () => {
    const app = await (await createWorld()).server();
    for (const payload of ['{"__proto__": {"admin": true}}', '{"constructor": {"prototype": {"admin": true}}}']) {
      const answer = await app.inject({ ...devices, headers: json, payload });
      const { code, detail } = problem(answer);
      expect([answer.statusCode, code]).toEqual([400, 'body-invalid']);
      expect(detail).toBe('The body has a key that is not taken: __proto__, or prototype in constructor.');
    }
  });

  it('a body that is JSON but no object, or missing', async () => {
    const app = await (await createWorld()).server();
    for (const payload of ['[]', 'null', '"x"', '']) {
      const answer = await app.inject({ ...devices, headers: json, payload });
      expect([answer.statusCode, problem(answer).code]).toEqual([422, 'request-invalid']);
    }
  });

  it('an empty body where none is needed is none, whatever type it claims', async () => {
    const app = await (await createWorld()).server();
    await register(app, 'd1');
    const answer = await app.inject({ method: 'POST', url: '/api/v1/devices/d1/secret', headers: json, payload: '' });
    expect(answer.statusCode).toBe(200);
  });

  it('a body beyond the limit', async () => {
    const app = await (await createWorld()).server();
    const payload = JSON.stringify({ id: 'd1', product: 'x'.repeat(256 * 1024) });
    const answer = await app.inject({ ...devices, headers: json, payload });
    expect([answer.statusCode, problem(answer).code]).toEqual([413, 'body-too-large']);
  });

  it('a body of another type', async () => {
    const app = await (await createWorld()).server();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const answer = await app.inject({ ...devices, headers: { ...bearer, 'content-type': type }, payload: 'id=d1' });
      expect([answer.statusCode, problem(answer).code]).toEqual([415, 'media-type-unsupported']);
    }
  });

  it('a path that does not exist, also for who is not signed in', async () => {
    const app = await (await createWorld()).server();
    for (const url of ['/api/v1/gadgets', '/api/v2/devices', '/api/v1', '/api/v1/devices/d1/secret/x']) {
      const answer = await app.inject({ url });
      expect([answer.statusCode, problem(answer).code]).toEqual([404, 'not-found']);
    }
  });

  it('a method that a path does not know', async () => {
    const app = await (await createWorld()).server();
    const answer = await app.inject({ method: 'DELETE', url: '/api/v1/devices/d1?x=1', headers: bearer });
    expect([answer.statusCode, problem(answer).code]).toEqual([405, 'method-not-allowed']);
    expect(answer.headers.allow).toBe('GET, HEAD, PATCH');
    const head = await app.inject({ method: 'HEAD', url: '/api/v1/live', headers: bearer });
    expect([head.statusCode, head.headers.allow]).toEqual([405, 'GET']);
  });

  it('a path that is not a valid URL path, or too long a part of one', async () => {
    const app = await (await createWorld()).server();
    const broken = await app.inject({ url: '/api/v1/devices/%zz', headers: bearer });
    expect([broken.statusCode, problem(broken).code]).toEqual([400, 'url-invalid']);
    const long = await app.inject({ url: `/api/v1/devices/${'x'.repeat(400)}`, headers: bearer });
    expect([long.statusCode, problem(long).code]).toEqual([404, 'not-found']);
  });

  it('a page of an impossible size, with the bounds and a hint', async () => {
    const app = await (await createWorld()).server();
    for (const limit of ['0', '1001', '-1', '2.5', 'all', '']) {
      const answer = await app.inject({ url: `/api/v1/devices?limit=${limit}`, headers: bearer });
      const body = problem(answer);
      expect([limit, answer.statusCode]).toEqual([limit, 422]);
      expect(body.errors).toEqual([{ path: 'query/limit', message: 'must be a whole number from 1 to 1000' }]);
      expect(body.hint).toContain('1 to 1000');
    }
  });

  it('a parameter given twice', async () => {
    const app = await (await createWorld()).server();
    const answer = await app.inject({ url: '/api/v1/devices?site=a&site=b', headers: bearer });
    expect([answer.statusCode, problem(answer).errors[0].path]).toEqual([422, 'query/site']);
  });

  it('our own mistakes: logged whole, told by id only', async () => {
    const world = await createWorld();
    const app = await world.server({
      metrics: () => Promise.reject(new Error('the password is hunter2')),
    });
    const answer = await app.inject({ url: '/metrics' });
    const body = problem(answer);
    expect([answer.statusCode, body.code]).toEqual([500, 'internal']);
    expect(answer.body).not.toContain('hunter2');
    const logged = world.diagnostics.find((line) => line.includes('hunter2'));
    expect(logged).toContain(body.id);
    expect(logged).toContain('"path":"/metrics"');
  });

  it('an answer that breaks its own schema is our mistake too', async () => {
    const world = await createWorld();
    world.view.answers.status = () => ({ life: 'registered', online: false, ...{ firmware: 7 } }) as never;
    const app = await world.server();
    const answer = await app.inject({ ...devices, headers: bearer, payload: { id: 'd1', product: 'fridge' } });
    expect([answer.statusCode, problem(answer).code]).toEqual([500, 'internal']);
  });

  it('a store that does not answer is 503, not a mistake', async () => {
    const world = await createWorld();
    const app = await world.server();
    await register(app, 'd1');
    const { AftercareError } = await import('../../src/base/index.ts');
    const broken = await world.server({
      store: { ...world.store, series: () => Promise.reject(new AftercareError('store-failed', 'The disk is gone.')) },
    });
    const answer = await broken.inject({ url: '/api/v1/devices/d1/signals/cabinet_temp', headers: bearer });
    expect([answer.statusCode, problem(answer).code]).toEqual([503, 'store-failed']);
  });
});

describe('limits', () => {
  it('hold for a token beyond its calls a second', async () => {
    const app = await (await createWorld({ tokenCallsPerSecondMax: 3 })).server();
    const answers = [];
    for (let i = 0; i < 100; i++) answers.push(await app.inject({ url: '/api/v1/ledger', headers: bearer }));
    expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBeGreaterThanOrEqual(3);
    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(problem(answer).code).toBe('too-many-requests');
      expect(answer.headers['retry-after']).toBe('1');
    }
  });

  it('hold for an address without a token, but not for loopback', async () => {
    const app = await (await createWorld({ addressCallsPerMinuteMax: 2 })).server();
    const call = (remoteAddress: string) => app.inject({ url: '/api/v1/session', remoteAddress });
    const codes = async (address: string) => {
      const answers = [];
      for (let i = 0; i < 4; i++) answers.push(await call(address));
      return answers.map(({ statusCode }) => statusCode);
    };
    expect(await codes('192.0.2.7')).toEqual([401, 401, 429, 429]);
    expect(await codes('192.0.2.8')).toEqual([401, 401, 429, 429]);
    for (const loopback of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
      expect(await codes(loopback)).toEqual([401, 401, 401, 401]);
    }
  });

  it('blame nobody when a caller hangs up in the middle of its body', async () => {
    const world = await createWorld();
    const app = await world.server();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
    const head = `POST /api/v1/devices HTTP/1.1\r\nhost: x\r\nauthorization: ${bearer.authorization}\r\n`;
    socket.write(`${head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"id"`);
    const [, response] = await once(app.server, 'request');
    socket.destroy();
    await once(response, 'close');
    await vi.waitFor(() => expect(response.statusCode).toBe(400));
    expect(world.diagnostics.join()).not.toContain('request failed');
  });

  it('leave bytes that are no HTTP an answer', async () => {
    const app = await (await createWorld()).server();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    expect(await text(socket)).toContain('400 Bad Request');
  });
});
