import type { FastifyInstance } from 'fastify';
import { beforeEach, describe, expect, it } from 'vitest';
import { bearer, createWorld } from './fixture.ts';

const url = '/api/v1/products';
const kettle = (limit: number): string => `product: kettle
title: Kettle
signals: { water: { unit: Cel, kind: gauge } }
failureModes: { boils-dry: { title: Boils dry } }
rules: [{ id: too-hot, when: 'water > ${limit}.0', failureMode: boils-dry }]
`;

let app: FastifyInstance;
beforeEach(async () => {
  app = await (await createWorld()).server();
});

function get(path: string) {
  return app.inject({ method: 'GET', url: `${url}${path}`, headers: bearer });
}

function publish(body: object, headers: Record<string, string> = bearer) {
  return app.inject({ method: 'POST', url, headers, payload: body });
}

describe('publishing a pack', () => {
  it('makes the next version each time, and the same text none', async () => {
    const first = await publish({ source: kettle(100), file: 'kettle.yaml' });
    expect(first.statusCode).toBe(201);
    expect(first.json()).toMatchObject({ product: 'kettle', version: 1, file: 'import/kettle.yaml', isNew: true });
    expect((await publish({ source: kettle(90) })).json()).toMatchObject({ version: 2, file: 'import/imported.yaml' });
    const again = await publish({ source: kettle(90) });
    expect(again.json()).toMatchObject({ version: 2, isNew: false });
  });

  it('numbers versions without a gap when several come at once', async () => {
    const answers = await Promise.all([80, 85, 90, 95].map((limit) => publish({ source: kettle(limit) })));
    expect(answers.map((answer) => answer.json().version).sort()).toEqual([1, 2, 3, 4]);
  });

  it('refuses a pack with problems, and tells each with its place', async () => {
    const answer = await publish({ source: kettle(100).replace('water >', 'wader >'), file: 'kettle.yaml' });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'pack-invalid' });
    expect(answer.json().errors[0]).toMatchObject({ path: expect.stringMatching(/^kettle\.yaml:5:\d+$/) });
    expect((await get('/kettle/versions')).statusCode).toBe(404);
  });

  it('is for administrators, and takes no path for a name', async () => {
    expect((await publish({ source: kettle(1) }, {})).statusCode).toBe(401);
    expect((await publish({ source: kettle(1), file: '../kettle.yaml' })).statusCode).toBe(422);
  });
});

describe('checking a pack', () => {
  const pack = `product: fridge
title: Fridge
signals: { cabinet_temp: { unit: Cel, kind: gauge } }
failureModes: { seal-leak: { title: Door seal leaks } }
rules: [{ id: warm, when: 'cabinet_temp > 8.0', for: 5m, failureMode: seal-leak }]
`;
  const check = async (source: string) => {
    const payload = { source };
    const answer = await app.inject({ method: 'POST', url: `${url}/fridge/check`, headers: bearer, payload });
    expect(answer.statusCode).toBe(200);
    return answer.json();
  };

  it('tells what it would change, and how its new rules read, and publishes nothing', async () => {
    await publish({ source: pack });
    const told = await check(pack.replace('8.0', '7.0'));
    expect(told).toMatchObject({ version: 4, isNew: true, problems: [] });
    expect(told.changes).toMatchObject([{ path: 'rules.warm.when', after: 'cabinet_temp > 7.0' }]);
    expect(told.rules).toMatchObject([{ id: 'warm', stage: 'live', sentence: 'When cabinet_temp > 7.0.' }]);
    expect(await check(pack)).toMatchObject({ isNew: false, changes: [] });
    expect((await get('/fridge/versions')).json().items[0]).toMatchObject({ version: 4 });
  });

  it('tells problems by line and column, also that it is of another product', async () => {
    expect((await check(pack.replace('cabinet_temp >', 'cabinet_tmp >'))).problems).toMatchObject([{ line: 5 }]);
    const other = (await check(kettle(100))).problems;
    expect(other).toEqual([{ line: 1, column: 1, text: 'the pack is of kettle, not of fridge' }]);
  });
});

describe('published versions', () => {
  beforeEach(async () => {
    for (const limit of [100, 95, 90]) await publish({ source: kettle(limit) });
  });

  it('are listed newest first, by pages', async () => {
    const page = (await get('/kettle/versions?limit=2')).json();
    expect(page.items.map((item: { version: number }) => item.version)).toEqual([3, 2]);
    const rest = (await get(`/kettle/versions?limit=2&cursor=${page.next}`)).json();
    expect(rest).toMatchObject({ items: [{ version: 1 }], next: null });
    const odd = await get('/kettle/versions?cursor=next');
    expect(odd.json()).toMatchObject({ code: 'request-invalid', detail: expect.stringContaining('cursor') });
  });

  it('are given back as they were written', async () => {
    expect((await get('/kettle/versions/2')).json()).toMatchObject({ version: 2, source: kettle(95) });
    expect((await get('/kettle/versions/4')).statusCode).toBe(404);
  });

  it('say what they changed', async () => {
    expect((await get('/kettle/versions/3/changes')).json().items).toEqual([
      {
        change: 'changed',
        path: 'rules.too-hot.when',
        before: 'water > 95.0',
        after: 'water > 90.0',
        text: '~ rules.too-hot.when: water > 95.0 → water > 90.0',
      },
    ]);
    expect((await get('/kettle/versions/3/changes?from=1')).json().items[0].before).toBe('water > 100.0');
    const first = (await get('/kettle/versions/1/changes')).json().items;
    expect(first.map((item: { change: string; path: string }) => `${item.change} ${item.path}`)).toContain(
      'added title',
    );
  });
});
