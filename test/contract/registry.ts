import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Credential, LoggedFact, Registry } from '../../src/registry/index.ts';
import { changeDevice, type DeviceFacts, type Fact } from '../../src/telemetry/index.ts';

export interface RegistryUnderTest {
  readonly registry: Registry;
  /** Closes it and opens the same data again. */
  reopen(): Promise<Registry>;
  /** Closes it and removes its data. */
  destroy(): Promise<void>;
}

const bare: Omit<DeviceFacts, 'id' | 'product'> = {
  serial: undefined,
  site: undefined,
  customer: undefined,
  timezone: undefined,
  parent: undefined,
  batch: undefined,
  installedAt: undefined,
};

function registered(id: string, facts: Partial<DeviceFacts> = {}, at = 1_000): Fact {
  return { type: 'device-registered', at, device: { ...bare, id, product: 'fridge', ...facts } };
}

function logged(facts: readonly Fact[], from = 0): LoggedFact[] {
  return facts.map((fact, i) => ({ offset: from + i, fact }));
}

function credential(changes: Partial<Credential> = {}): Credential {
  return {
    kind: 'session',
    key: 'abc',
    hash: '',
    data: { name: 'Ana' },
    createdAt: 1_000,
    expiresAt: 5_000,
    ...changes,
  };
}

/** What every driver of the registry seam promises. */
export function registryContract(make: () => Promise<RegistryUnderTest>): void {
  describe('registry contract', () => {
    let made: RegistryUnderTest[] = [];
    const open = async (): Promise<RegistryUnderTest> => {
      const one = await make();
      made.push(one);
      return one;
    };
    const page = async (registry: Registry, query = {}) => (await registry.devices({ limit: 100, ...query })).items;
    const ids = async (registry: Registry, query = {}) => (await page(registry, query)).map(({ id }) => id);

    afterEach(async () => {
      await Promise.all(made.map((one) => one.destroy()));
      made = [];
    });

    it('is empty at first', async () => {
      const { registry } = await open();
      expect(await registry.apply([], 0)).toBe(0);
      expect(await registry.devices({ limit: 10 })).toEqual({ items: [], next: null });
      expect(await registry.packs()).toEqual([]);
      expect(await registry.credential('account', 'ana', 0)).toBeUndefined();
    });

    it('follows facts and keeps them with the cursor', async () => {
      const { registry, reopen } = await open();
      const facts = logged([
        registered('f1', { site: 'Oslo', installedAt: 500 }),
        registered('f2', { parent: 'f1' }, 1_500),
        { type: 'device-changed', at: 2_000, id: 'f1', changes: { site: null, serial: 'S1' } },
        { type: 'device-retired', at: 3_000, id: 'f2' },
      ]);
      expect(await registry.apply(facts, 7)).toBe(7);
      const again = await reopen();
      expect(await again.apply([], 0)).toBe(7);
      expect(await page(again)).toEqual([
        { ...bare, id: 'f1', product: 'fridge', serial: 'S1', installedAt: 500, registeredAt: 1_000, retired: false },
        { ...bare, id: 'f2', product: 'fridge', parent: 'f1', registeredAt: 1_500, retired: true },
      ]);
    });

    it('ignores repeats, facts about unknown devices and a second registration', async () => {
      const { registry } = await open();
      await registry.apply(logged([registered('f1')]), 1);
      await registry.apply(
        logged([registered('f1'), { type: 'device-changed', at: 0, id: 'nobody', changes: { site: 'x' } }]),
        2,
      );
      await registry.apply([{ offset: 0, fact: { type: 'device-retired', at: 1, id: 'f1' } }], 3);
      await registry.apply(logged([registered('f1', { site: 'elsewhere' })], 3), 4);
      expect(await page(registry)).toEqual([
        { ...bare, id: 'f1', product: 'fridge', registeredAt: 1_000, retired: false },
      ]);
      expect(await registry.apply(logged([registered('f9')]), 2)).toBe(4);
      expect(await ids(registry)).toEqual(['f1']);
    });

    it('never moves the cursor back', async () => {
      const { registry } = await open();
      expect(await registry.apply([], 9)).toBe(9);
      expect(await registry.apply([], 3)).toBe(9);
    });

    it('finds devices by fact and by words, whatever their case', async () => {
      const { registry } = await open();
      const facts = [
        registered('f1', { site: 'Kjøkken Ørsta', customer: 'Åse' }),
        registered('f2', { serial: 'AB%12', parent: 'f1' }),
        registered('p1', { product: 'pump', site: 'Kjøkken Ørsta' }),
      ];
      await registry.apply(logged(facts), 3);
      expect(await ids(registry, { id: 'f2' })).toEqual(['f2']);
      expect(await ids(registry, { product: 'fridge' })).toEqual(['f1', 'f2']);
      expect(await ids(registry, { site: 'Kjøkken Ørsta' })).toEqual(['f1', 'p1']);
      expect(await ids(registry, { parent: 'f1' })).toEqual(['f2']);
      expect(await ids(registry, { q: 'ØRSTA kjøk' })).toEqual(['f1', 'p1']);
      expect(await ids(registry, { q: 'åse ørsta' })).toEqual(['f1']);
      expect(await ids(registry, { q: 'b%1' })).toEqual(['f2']);
      expect(await ids(registry, { q: '%' })).toEqual(['f2']);
      expect(await ids(registry, { q: '  ' })).toEqual(['f1', 'f2', 'p1']);
      expect(await ids(registry, { q: 'fridge' })).toEqual([]);
    });

    it('pages through devices by id', async () => {
      const { registry } = await open();
      const names = ['a', 'B', 'c.1', 'c-1', 'd'];
      await registry.apply(logged(names.map((name) => registered(name))), 5);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const { items, next } = await registry.devices({ limit: 2, cursor });
        expect(items.length).toBeLessThanOrEqual(2);
        seen.push(...items.map(({ id }) => id));
        cursor = next ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(['B', 'a', 'c-1', 'c.1', 'd']);
    });

    it('keeps pack versions as published first', async () => {
      const { registry, reopen } = await open();
      const pack = (product: string, version: number, source: string): Fact => {
        return { type: 'pack-published', at: version * 10, product, version, file: `${product}.yaml`, source };
      };
      const facts = [pack('pump', 1, 'a'), pack('fridge', 1, 'b'), pack('fridge', 10, 'd'), pack('fridge', 2, 'c')];
      await registry.apply(logged([...facts, pack('pump', 1, 'other')]), 5);
      const again = await reopen();
      expect((await again.packs('fridge')).map(({ version }) => version)).toEqual([1, 2, 10]);
      expect(await again.packs()).toEqual([
        { product: 'fridge', version: 10, publishedAt: 100, file: 'fridge.yaml', source: 'd' },
        { product: 'pump', version: 1, publishedAt: 10, file: 'pump.yaml', source: 'a' },
      ]);
      expect(await again.packs('nothing')).toEqual([]);
    });

    it('keeps maintenance, that which begins last first, by what it is now', async () => {
      const { registry, reopen } = await open();
      const plan = (id: string, from: number, to: number): Fact => {
        return {
          type: 'maintenance-planned',
          at: 5,
          plan: { id, query: { site: 'x' }, owner: 'Ana', reason: 'r', from, to },
        };
      };
      const ended: Fact = { type: 'maintenance-ended', at: 150, id: 'early', by: 'Bo' };
      const off: Fact = { type: 'maintenance-ended', at: 150, id: 'off', by: 'Bo' };
      const plans = [plan('past', 10, 100), plan('now', 100, 300), plan('next', 200, 300), plan('early', 100, 300)];
      await registry.apply(logged([...plans, plan('off', 250, 300), ended, off]), 7);
      const again = await reopen();
      const idsOf = async (query: object) =>
        (await again.maintenance({ now: 160, limit: 10, ...query })).items.map(({ id }) => id);
      expect(await idsOf({})).toEqual(['off', 'next', 'now', 'early', 'past']);
      expect(await idsOf({ state: 'active' })).toEqual(['now']);
      expect(await idsOf({ state: 'planned' })).toEqual(['next']);
      expect(await idsOf({ state: 'past' })).toEqual(['off', 'early', 'past']);
      expect((await again.maintenance({ id: 'early', now: 0, limit: 1 })).items).toEqual([
        { ...{ id: 'early', query: { site: 'x' }, owner: 'Ana', reason: 'r', from: 100, to: 300 }, ...endedBy('Bo') },
      ]);
      const first = await again.maintenance({ now: 0, limit: 2 });
      const rest = await again.maintenance({ now: 0, limit: 9, cursor: first.next ?? undefined });
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(await idsOf({}));
      expect(rest.next).toBeNull();
    });

    it('saves, replaces and forgets credentials', async () => {
      const { registry, reopen } = await open();
      const account = credential({ kind: 'account', key: 'ana', hash: '$argon2id$x', expiresAt: undefined });
      await registry.saveCredential(account);
      await registry.saveCredential(credential({ key: 'ana' }));
      await registry.saveCredential({ ...account, hash: '$argon2id$y' });
      const again = await reopen();
      expect(await again.credential('account', 'ana', 9e15)).toEqual({ ...account, hash: '$argon2id$y' });
      await again.saveCredential(account, true);
      expect(await again.credential('account', 'ana', 0)).toBeUndefined();
      expect(await again.credential('session', 'ana', 0)).toEqual(credential({ key: 'ana' }));
    });

    it('holds an expired credential for absent', async () => {
      const { registry } = await open();
      await registry.saveCredential(credential());
      expect(await registry.credential('session', 'abc', 4_999)).toBeDefined();
      expect(await registry.credential('session', 'abc', 5_000)).toBeUndefined();
    });

    it('gives the same registry for any cut of the same facts', async () => {
      const names = fc.constantFrom('a', 'b', 'c');
      const site = fc.constantFrom('x', 'y', null);
      const fact = fc.oneof(
        names.map((id) => registered(id)),
        fc.record({
          type: fc.constant('device-changed' as const),
          at: fc.nat(9),
          id: names,
          changes: site.map((value) => ({ site: value })),
        }),
        fc.record({ type: fc.constant('device-retired' as const), at: fc.nat(9), id: names }),
      );
      const run = fc.asyncProperty(fc.array(fact, { maxLength: 20 }), fc.array(fc.nat(20)), async (facts, starts) => {
        const { registry } = await open();
        const all = logged(facts);
        for (const start of starts) await registry.apply(all.slice(0, start), Math.min(start, all.length));
        await registry.apply(all, all.length);
        expect(await page(registry)).toEqual(model(facts));
      });
      await fc.assert(run, { numRuns: 30 });
    });
  });
}

function endedBy(by: string) {
  return { plannedAt: 5, endedAt: 150, endedBy: by };
}

function model(facts: readonly Fact[]): unknown[] {
  const devices = new Map<string, DeviceFacts & { retired: boolean; registeredAt: number }>();
  for (const fact of facts) {
    if (fact.type === 'device-registered' && !devices.has(fact.device.id)) {
      devices.set(fact.device.id, { ...fact.device, retired: false, registeredAt: fact.at });
    }
    const device = fact.type === 'device-changed' || fact.type === 'device-retired' ? devices.get(fact.id) : undefined;
    if (device === undefined) continue;
    if (fact.type === 'device-changed') devices.set(device.id, { ...device, ...changeDevice(device, fact.changes) });
    if (fact.type === 'device-retired') devices.set(device.id, { ...device, retired: true });
  }
  return [...devices.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
