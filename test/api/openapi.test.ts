import { describe, expect, it } from 'vitest';
// As in the running service: whoever loads the pack's shapes must not add to the description of the API.
import '../../src/product/index.ts';
import { createWorld } from './fixture.ts';

async function describeApi() {
  const app = await (await createWorld()).server();
  const answer = await app.inject({ url: '/openapi.json' });
  expect(answer.headers['content-type']).toContain('application/json');
  return answer.json();
}

/** Every `$ref` of a document, wherever it stands. */
function refs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(refs)];
}

function resolve(document: unknown, ref: string): unknown {
  let place = document;
  for (const part of ref.replace(/^#\//, '').split('/')) {
    place = typeof place === 'object' && place !== null ? Reflect.get(place, part) : undefined;
  }
  return place;
}

const calls = [
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /api/v1/setup',
  'POST /api/v1/setup',
  'GET /api/v1/session',
  'POST /api/v1/session',
  'DELETE /api/v1/devices/{id}/readings',
  'DELETE /api/v1/session',
  'GET /api/v1/fleet',
  'GET /api/v1/devices',
  'POST /api/v1/devices',
  'GET /api/v1/devices/{id}',
  'PATCH /api/v1/devices/{id}',
  'POST /api/v1/devices/{id}/secret',
  'POST /api/v1/devices/{id}/retire',
  'GET /api/v1/devices/{id}/quarantine',
  'GET /api/v1/devices/{id}/ledger',
  'GET /api/v1/devices/{id}/findings',
  'GET /api/v1/devices/{id}/signals/{name}',
  'GET /api/v1/ledger',
  'GET /api/v1/products/{id}/findings',
  'POST /api/v1/products/{id}/check',
  'GET /api/v1/cases',
  'GET /api/v1/cases/{id}',
  'GET /api/v1/cases/{id}/timeline',
  'GET /api/v1/cases/{id}/findings',
  'POST /api/v1/cases/{id}/acknowledge',
  'POST /api/v1/cases/{id}/resolve',
  'GET /api/v1/maintenance',
  'POST /api/v1/maintenance',
  'GET /api/v1/maintenance/{id}',
  'POST /api/v1/maintenance/{id}/end',
  'GET /api/v1/products',
  'GET /api/v1/products/{id}',
  'POST /api/v1/products',
  'GET /api/v1/products/{id}/versions',
  'GET /api/v1/products/{id}/versions/{version}',
  'GET /api/v1/products/{id}/versions/{version}/changes',
  'GET /api/v1/live',
];

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and lists every call, no other', async () => {
    const document = await describeApi();
    expect(document.openapi).toBe('3.1.0');
    const listed = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(listed.sort()).toEqual([...calls].sort());
  });

  it('has no reference that leads nowhere, and names nothing in vain', async () => {
    const document = await describeApi();
    const found = refs(document);
    expect(found.length).toBeGreaterThan(20);
    for (const ref of found) expect(resolve(document, ref), ref).toBeTypeOf('object');
    const named = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(named.filter((ref) => !found.includes(ref))).toEqual([]);
  });

  it('says of each call what it answers, what a problem looks like, and who may call it', async () => {
    const document = await describeApi();
    const open = ['/healthz', '/readyz', '/metrics', '/api/v1/setup'];
    for (const [path, methods] of Object.entries<Record<string, Record<string, unknown>>>(document.paths)) {
      for (const [method, call] of Object.entries(methods)) {
        const place = `${method} ${path}`;
        expect(call.summary, place).toEqual(expect.any(String));
        const responses = Object.entries(call.responses ?? {});
        const successes = responses.filter(([status]) => status.startsWith('2'));
        expect(successes, place).toHaveLength(1);
        expect(resolve(call.responses, 'default/content'), place).toEqual({
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        });
        const guarded = !open.includes(path) && place !== 'post /api/v1/session';
        expect(call.security !== undefined, place).toBe(guarded);
      }
    }
  });

  it('names parameters with their bounds', async () => {
    const document = await describeApi();
    const { parameters } = document.paths['/api/v1/devices/{id}/signals/{name}'].get;
    expect(parameters).toContainEqual(
      expect.objectContaining({
        name: 'points',
        in: 'query',
        schema: expect.objectContaining({ type: 'integer', minimum: 1, maximum: 5_000, default: 500 }),
      }),
    );
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'id', in: 'path', required: true }));
  });
});
