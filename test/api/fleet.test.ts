import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FindingEvent } from '../../src/findings/index.ts';
import { bearer, createWorld, raised, register, type World } from './fixture.ts';

const get = async (app: FastifyInstance, path: string) =>
  (await app.inject({ url: `/api/v1${path}`, headers: bearer })).json();

const ids = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id);

const hold = (world: World, changes: Partial<FindingEvent>) =>
  world.cases.apply([{ kind: 'finding', event: raised(changes), now: world.now }]);

/** One device in each state, d1 to d6, and d7 that is retired. */
async function mixedFleet(): Promise<{ world: World; app: FastifyInstance }> {
  const world = await createWorld();
  const app = await world.server();
  const seen = { online: true, lastSeenAt: world.now, watermark: world.now, firmware: '1', clockSuspect: undefined };
  world.view.answers.status = (device) => ({ ...seen, life: device === 'd6' ? 'registered' : 'active' });
  for (let n = 1; n <= 7; n += 1) await register(app, `d${n}`, { site: n % 2 === 0 ? 'Oslo' : 'Bergen' });
  await hold(world, { device: 'd2', severity: 'minor' });
  await hold(world, { device: 'd3', severity: 'major' });
  await hold(world, { device: 'd3', source: 'range:cabinet_temp', severity: 'info', opensCase: false });
  await hold(world, { device: 'd4', severity: 'critical' });
  const silent = { source: 'silent', signal: undefined, failureMode: 'silent', severity: 'minor' } as const;
  await hold(world, { device: 'd5', opensCase: false, ...silent });
  await app.inject({ method: 'POST', url: '/api/v1/devices/d7/retire', headers: bearer });
  return { world, app };
}

describe('the fleet', () => {
  it('counts its devices by health, retired ones aside', async () => {
    const { app } = await mixedFleet();
    expect(await get(app, '/fleet')).toEqual({
      health: { good: 1, watch: 1, degraded: 1, failing: 1, silent: 1, unknown: 1 },
      devices: 6,
      retired: 1,
    });
  });

  it('says of each device how it is and what is open on it', async () => {
    const { app } = await mixedFleet();
    const { items } = await get(app, '/devices');
    const facts = items.map((device: Record<string, unknown>) => [
      device.health,
      device.openCases,
      device.openFindings,
    ]);
    expect(facts).toEqual([
      ['good', 0, 0],
      ['watch', 1, 1],
      ['degraded', 1, 2],
      ['failing', 1, 1],
      ['silent', 0, 1],
      ['unknown', 0, 0],
      ['unknown', 0, 0],
    ]);
    expect(await get(app, '/devices/d3')).toEqual(items[2]);
  });

  it('lists those of one state, page by page, together with other filters', async () => {
    const { app } = await mixedFleet();
    expect(ids(await get(app, '/devices?health=failing'))).toEqual(['d4']);
    expect(ids(await get(app, '/devices?health=failing&site=Bergen'))).toEqual([]);
    expect(ids(await get(app, '/devices?health=unknown&retired=false'))).toEqual(['d6']);
    const first = await get(app, '/devices?retired=false&limit=4');
    expect(ids(first)).toEqual(['d1', 'd2', 'd3', 'd4']);
    const second = await get(app, `/devices?retired=false&limit=4&cursor=${first.next}`);
    expect([ids(second), second.next]).toEqual([['d5', 'd6'], null]);
    const refused = await app.inject({ url: '/api/v1/devices?health=fine', headers: bearer });
    expect([refused.statusCode, refused.json().errors[0].path]).toEqual([422, 'query/health']);
  });

  it('is better at once when findings end and cases are resolved', async () => {
    const { world, app } = await mixedFleet();
    await world.openCase({ device: 'd1' });
    const [item] = (await get(app, '/cases?device=d1')).items;
    const health = async () => (await get(app, '/devices/d1')).health;
    expect(await health()).toBe('degraded');
    const at = raised().at + 60_000;
    const ended = { device: 'd1', id: 'd1~level:cabinet_temp~7.0#1', state: 'cleared', at, endsAt: at } as const;
    await hold(world, ended);
    expect(await health()).toBe('watch');
    const { version } = (await get(app, `/cases/${item.id}`)) as { version: number };
    const payload = { version, verdict: 'self_recovered' };
    await app.inject({ method: 'POST', url: `/api/v1/cases/${item.id}/resolve`, headers: bearer, payload });
    expect(await health()).toBe('good');
  });

  it('does not believe shadow rules', async () => {
    const { world, app } = await mixedFleet();
    await hold(world, { device: 'd1', source: 'rule:tried-out', severity: 'critical', opensCase: false });
    expect(await get(app, '/devices/d1')).toMatchObject({ health: 'good', openFindings: 0 });
    expect((await get(app, '/devices/d1/findings')).items).toHaveLength(1);
  });

  it('reads on until a page is full, however rare the state is', async () => {
    const world = await createWorld();
    const app = await world.server();
    const at = world.now;
    const device = (n: number) => ({ id: `f${String(n).padStart(4, '0')}`, product: 'fridge', retired: false });
    const facts = Array.from({ length: 2_500 }, (_, offset) => ({
      offset: offset + 10,
      fact: { type: 'device-registered', at, device: { ...device(offset), ...noFacts } } as const,
    }));
    await world.registry.apply(facts, 2_510);
    await hold(world, { device: 'f1500', severity: 'critical' });
    await hold(world, { device: 'f2400', severity: 'critical' });
    const first = await get(app, '/devices?health=failing&limit=1');
    expect([ids(first), first.next]).toEqual([['f1500'], 'f1500']);
    const second = await get(app, `/devices?health=failing&limit=1&cursor=${first.next}`);
    expect([ids(second), second.next]).toEqual([['f2400'], null]);
    expect(await get(app, '/fleet')).toMatchObject({ devices: 2_500, health: { failing: 2, unknown: 2_498 } });
  });
});

const noFacts = {
  ...{ serial: undefined, site: undefined, customer: undefined, timezone: undefined },
  ...{ parent: undefined, batch: undefined, installedAt: undefined },
};
