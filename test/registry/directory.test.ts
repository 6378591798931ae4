import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectory, type Directory, openEmbeddedRegistry, type Registry } from '../../src/registry/index.ts';
import { decodeRecord, encodeRecord, type Fact } from '../../src/telemetry/index.ts';
import { type MemoryLog, memoryLog } from './memory-log.ts';

let folder: string;
let registry: Registry;
let log: MemoryLog;
let directory: Directory;
let now: number;
let counter: number;

function makeDirectory(changes: { registry?: Registry } = {}): Directory {
  return createDirectory({
    log,
    registry: changes.registry ?? registry,
    clock: () => now,
    random: (bytes) => new Uint8Array(bytes).fill(++counter),
    serverKey: new Uint8Array(32).fill(7),
    knownProducts: () => ['fridge', 'pump'],
  });
}

function loggedFacts(): Fact[] {
  return log.payloads.map(decodeRecord).flatMap((record) => (record.kind === 'fact' ? [record.fact] : []));
}

function message(device: string): Uint8Array {
  return encodeRecord({ kind: 'message', receivedAt: 1, device, topic: 'x', payload: new Uint8Array(3) });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'directory-'));
  registry = await openEmbeddedRegistry({ folder });
  log = memoryLog();
  now = 1_000;
  counter = 0;
  directory = makeDirectory();
});

afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});

describe('register', () => {
  it('logs the facts, never the secret, and gives the device and its secret', async () => {
    const { device, secret } = await directory.register({
      id: 'f1',
      product: 'fridge',
      site: 'Oslo',
      timezone: 'Europe/Oslo',
      installedAt: 500,
    });
    expect(device).toMatchObject({ id: 'f1', site: 'Oslo', registeredAt: 1_000, retired: false });
    expect(Buffer.from(secret, 'base64url').length * 8).toBeGreaterThanOrEqual(128);
    expect(loggedFacts()).toEqual([
      {
        type: 'device-registered',
        at: 1_000,
        device: { id: 'f1', product: 'fridge', site: 'Oslo', timezone: 'Europe/Oslo', installedAt: 500 },
      },
    ]);
    expect(Buffer.concat(log.payloads).toString('latin1')).not.toContain(secret);
    expect(JSON.stringify(await registry.credential('device-secret', 'f1', now))).not.toContain(secret);
  });

  it('names every problem at once and writes nothing', async () => {
    const call = directory.register({ id: 'a b', product: 'fridg', site: ' ', timezone: '+01:00', parent: 'ghost' });
    await expect(call).rejects.toMatchObject({
      code: 'device-invalid',
      status: 422,
      message:
        '"a b" cannot be a device id: one has 1 to 64 letters A–Z a–z, digits, dots, underscores and hyphens. ' +
        'There is no product "fridg": did you mean fridge? The site is empty: leave it out instead. ' +
        '"+01:00" is not a time zone of the IANA list, such as Europe/Oslo. ' +
        'There is no device "ghost" that could be its parent.',
    });
    expect(log.payloads).toEqual([]);
  });

  it.each([
    { id: '', product: 'fridge' },
    { id: 'x'.repeat(65), product: 'fridge' },
    { id: 'a/b', product: 'fridge' },
    { id: 'f', product: 'washer' },
    { id: 'f', product: 'fridge', timezone: 'Mars/Olympus' },
    { id: 'f', product: 'fridge', timezone: '' },
    { id: 'f', product: 'fridge', serial: 'x'.repeat(201) },
    { id: 'f', product: 'fridge', customer: 'a\nb' },
    { id: 'f', product: 'fridge', installedAt: Number.NaN },
    { id: 'f', product: 'fridge', installedAt: 8.64e15 },
    { id: 'f', product: 'fridge', parent: 'f' },
  ])('refuses $id $product $timezone', async (input) => {
    await expect(directory.register(input)).rejects.toMatchObject({ code: 'device-invalid' });
    expect(await directory.device(input.id)).toBeUndefined();
  });

  it('refuses an id that is taken, also by a retired device and by a call under way', async () => {
    const both = [1, 2].map(() => directory.register({ id: 'f1', product: 'fridge' }));
    const results = await Promise.allSettled(both);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await directory.retire('f1');
    await expect(directory.register({ id: 'f1', product: 'fridge' })).rejects.toMatchObject({
      code: 'device-exists',
      hint: expect.stringContaining('/devices/f1/secret'),
    });
    expect(loggedFacts()).toHaveLength(2);
  });

  it('changes nothing when the log refuses', async () => {
    log.failNext(new Error('full'));
    await expect(directory.register({ id: 'f1', product: 'fridge' })).rejects.toThrow('full');
    expect(await directory.device('f1')).toBeUndefined();
    await expect(directory.register({ id: 'f1', product: 'fridge' })).resolves.toBeDefined();
  });
});

describe('change and retire', () => {
  beforeEach(async () => {
    await directory.register({ id: 'g', product: 'fridge' });
    await directory.register({ id: 'f1', product: 'fridge', site: 'Oslo', parent: 'g' });
  });

  it('changes what is named, forgets what is null, logs only what differs', async () => {
    now = 2_000;
    const device = await directory.change('f1', { site: null, serial: 'S1', parent: 'g', batch: null });
    expect(device).toMatchObject({ site: undefined, serial: 'S1', parent: 'g' });
    expect(loggedFacts().at(-1)).toEqual({
      type: 'device-changed',
      at: 2_000,
      id: 'f1',
      changes: { site: null, serial: 'S1' },
    });
    await directory.change('f1', { serial: 'S1' });
    expect(loggedFacts()).toHaveLength(3);
  });

  it('refuses unknown devices, bad facts and circles', async () => {
    await expect(directory.change('ghost', { site: 'x' })).rejects.toMatchObject({ code: 'device-not-found' });
    await expect(directory.change('f1', { timezone: 'Nowhere' })).rejects.toMatchObject({ code: 'device-invalid' });
    await expect(directory.change('g', { parent: 'f1' })).rejects.toMatchObject({
      code: 'device-invalid',
      message: 'The parent f1 would make g a part of itself.',
    });
    expect(loggedFacts()).toHaveLength(2);
  });

  it('bounds the parents above a device', async () => {
    for (let i = 2; i <= 16; i++) await directory.register({ id: `f${i}`, product: 'fridge', parent: `f${i - 1}` });
    const call = directory.register({ id: 'f17', product: 'fridge', parent: 'f16' });
    await expect(call).rejects.toThrow('more than 16 parents');
  });

  it('retires once and for all', async () => {
    expect(await directory.retire('f1')).toMatchObject({ retired: true });
    expect(await directory.retire('f1')).toMatchObject({ retired: true });
    expect(loggedFacts()).toHaveLength(3);
    await expect(directory.newSecret('f1')).rejects.toMatchObject({ code: 'device-invalid' });
    await expect(directory.retire('ghost')).rejects.toMatchObject({ code: 'device-not-found' });
  });
});

describe('authenticate', () => {
  it('lets the right secret in, and nothing else', async () => {
    const { secret } = await directory.register({ id: 'f1', product: 'fridge' });
    const other = await directory.register({ id: 'f2', product: 'fridge' });
    expect(await directory.authenticate('f1', secret)).toBe(true);
    expect(await directory.authenticate('f1', other.secret)).toBe(false);
    expect(await directory.authenticate('f1', '')).toBe(false);
    expect(await directory.authenticate('ghost', secret)).toBe(false);
    await directory.retire('f1');
    expect(await directory.authenticate('f1', secret)).toBe(false);
  });

  it('ends the old secret with the new one', async () => {
    const { secret } = await directory.register({ id: 'f1', product: 'fridge' });
    const fresh = await directory.newSecret('f1');
    expect(fresh).not.toBe(secret);
    expect(await directory.authenticate('f1', secret)).toBe(false);
    expect(await directory.authenticate('f1', fresh)).toBe(true);
    await expect(directory.newSecret('ghost')).rejects.toMatchObject({ code: 'device-not-found' });
  });
});

describe('publishPack', () => {
  const pack = { product: 'fridge', version: 1, file: 'fridge.yaml', source: 'title: Fridge' };

  it('logs a version once', async () => {
    expect(await directory.publishPack(pack)).toEqual({ ...pack, publishedAt: 1_000 });
    now = 2_000;
    expect(await directory.publishPack(pack)).toEqual({ ...pack, publishedAt: 1_000 });
    expect(loggedFacts()).toEqual([{ type: 'pack-published', at: 1_000, ...pack }]);
    expect(await registry.packs()).toEqual([{ ...pack, publishedAt: 1_000 }]);
  });

  it('never changes a published version', async () => {
    await directory.publishPack(pack);
    await expect(directory.publishPack({ ...pack, source: 'other' })).rejects.toThrow('assertion failed');
  });
});

describe('recover', () => {
  it('applies what a crash left in the log only; the secret can be asked for anew', async () => {
    const lost: Registry = { ...bound(registry), apply: async (facts) => (facts.length > 0 ? crash() : 0) };
    await expect(makeDirectory({ registry: lost }).register({ id: 'f1', product: 'fridge' })).rejects.toThrow('crash');
    log.payloads.unshift(message('x'));
    log.payloads.push(message('y'), message('z'));
    expect(await directory.recover()).toBe(1);
    expect(await directory.recover()).toBe(0);
    expect(await directory.device('f1')).toMatchObject({ id: 'f1', product: 'fridge' });
    expect(await registry.apply([], 0)).toBe(4);
    const secret = await directory.newSecret('f1');
    expect(await directory.authenticate('f1', secret)).toBe(true);
  });

  it('brings a fact along that the registry refused at first', async () => {
    let full = true;
    const moody: Registry = {
      ...bound(registry),
      apply: (facts, next) => (full && facts.length > 0 ? crash() : registry.apply(facts, next)),
    };
    const unlucky = makeDirectory({ registry: moody });
    await expect(unlucky.register({ id: 'f1', product: 'fridge' })).rejects.toThrow('crash');
    await expect(unlucky.register({ id: 'f2', product: 'fridge' })).rejects.toThrow('crash');
    full = false;
    await unlucky.register({ id: 'f3', product: 'fridge' });
    const { items } = await registry.devices({ limit: 10 });
    expect(items.map(({ id }) => id)).toEqual(['f1', 'f3']);
  });

  it('refuses a registry that is older than the log', async () => {
    log.payloads.push(message('x'), message('y'));
    await log.trim(1);
    await expect(directory.recover()).rejects.toMatchObject({ code: 'data-folder-unusable' });
  });

  it('settles at the end of the log', async () => {
    await directory.register({ id: 'f1', product: 'fridge' });
    log.payloads.push(message('f1'), message('f1'));
    expect(await directory.settle()).toBe(3);
    expect(await directory.recover()).toBe(0);
  });
});

describe('maintenance', () => {
  const input = { query: { site: 'Oslo' }, owner: 'Ana', reason: 'New belts', from: undefined, to: 9_000 };

  it('is a fact in the log, from now on where no time is given', async () => {
    const item = await directory.planMaintenance(input);
    expect(item).toMatchObject({
      query: { site: 'Oslo' },
      from: 1_000,
      to: 9_000,
      plannedAt: 1_000,
      endedAt: undefined,
    });
    expect(loggedFacts()).toMatchObject([
      { type: 'maintenance-planned', at: 1_000, plan: { id: item.id, from: 1_000 } },
    ]);
    expect(await directory.maintenance(item.id)).toEqual(item);
  });

  it('is ended by somebody once', async () => {
    const { id } = await directory.planMaintenance(input);
    now = 2_000;
    expect(await directory.endMaintenance(id, 'Bo')).toMatchObject({ endedAt: 2_000, endedBy: 'Bo' });
    now = 3_000;
    expect(await directory.endMaintenance(id, 'Cy')).toMatchObject({ endedAt: 2_000, endedBy: 'Bo' });
    expect(loggedFacts()).toHaveLength(2);
    await expect(directory.endMaintenance('ghost', 'Bo')).rejects.toMatchObject({ code: 'maintenance-not-found' });
  });

  it('is refused with every problem', async () => {
    const wrong = { query: { product: 'fridg', device: 'f9' }, owner: ' ', reason: 'r', from: 9_000, to: 5_000 };
    await expect(directory.planMaintenance(wrong)).rejects.toMatchObject({
      code: 'maintenance-invalid',
      message:
        'The owner is empty. It ends at 1970-01-01T00:00:05.000Z, which is not after its beginning. ' +
        'There is no product "fridg": did you mean fridge? There is no device "f9".',
    });
    const problemOf = async (changes: object) => {
      const refused = await directory.planMaintenance({ ...input, ...changes }).catch((error: unknown) => error);
      return refused instanceof Error ? refused.message : '';
    };
    expect(await problemOf({ query: {} })).toContain('It names no devices');
    expect(await problemOf({ from: 0, to: 900 })).toContain('that is over');
    expect(await problemOf({ to: 1_000 + 91 * 86_400_000 })).toBe('It is longer than 90 days.');
    expect(await problemOf({ reason: 'x'.repeat(201) })).toContain('longer than 200');
    expect(loggedFacts()).toEqual([]);
  });
});

function crash(): Promise<never> {
  return Promise.reject(new Error('crash'));
}

function bound(inner: Registry): Registry {
  return {
    apply: (facts, next) => inner.apply(facts, next),
    devices: (query) => inner.devices(query),
    packs: (product) => inner.packs(product),
    maintenance: (query) => inner.maintenance(query),
    credential: (kind, key, at) => inner.credential(kind, key, at),
    saveCredential: (credential, remove) => inner.saveCredential(credential, remove),
    close: () => inner.close(),
  };
}
