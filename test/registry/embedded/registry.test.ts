import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedRegistry } from '../../../src/registry/index.ts';
import { registryContract } from '../../contract/registry.ts';

registryContract(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'registry-'));
  let registry = await openEmbeddedRegistry({ folder });
  return {
    registry,
    async reopen() {
      await registry.close();
      registry = await openEmbeddedRegistry({ folder });
      return registry;
    },
    async destroy() {
      await registry.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('embedded registry', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'registry-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is readable by its owner only', async () => {
    const registry = await openEmbeddedRegistry({ folder });
    await registry.apply([], 1);
    for (const file of ['registry.sqlite', 'registry.sqlite-wal']) {
      expect((await stat(join(folder, file))).mode & 0o077).toBe(0);
    }
    await registry.close();
  });

  it('refuses the tables of a newer version', async () => {
    await (await openEmbeddedRegistry({ folder })).close();
    const database = new DatabaseSync(join(folder, 'registry.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(openEmbeddedRegistry({ folder })).rejects.toMatchObject({
      code: 'data-folder-unusable',
      message: expect.stringContaining('newer'),
    });
  });

  it('says where a database is that cannot be opened', async () => {
    await expect(openEmbeddedRegistry({ folder: '/proc/nowhere' })).rejects.toMatchObject({
      code: 'data-folder-unusable',
      message: expect.stringContaining('/proc/nowhere/registry.sqlite'),
    });
  });

  it('forgets expired sessions when new ones come, some at a time', async () => {
    const registry = await openEmbeddedRegistry({ folder });
    const session = { kind: 'session', hash: '', data: {} } as const;
    for (let i = 0; i < 150; i++) {
      await registry.saveCredential({ ...session, key: `old-${i}`, createdAt: 0, expiresAt: 10 + i });
    }
    await registry.saveCredential({ ...session, key: 'other', createdAt: 0, expiresAt: undefined });
    await registry.saveCredential({ ...session, key: 'new-1', createdAt: 1_000, expiresAt: 2_000 });
    const database = new DatabaseSync(join(folder, 'registry.sqlite'), { readOnly: true });
    const count = database.prepare('SELECT count(*) AS n FROM credential');
    expect(count.get()).toEqual({ n: 52 });
    await registry.saveCredential({ ...session, key: 'new-2', createdAt: 1_000, expiresAt: 2_000 });
    expect(count.get()).toEqual({ n: 3 });
    database.close();
    await registry.close();
  });

  it('closes twice without complaint', async () => {
    const registry = await openEmbeddedRegistry({ folder });
    await registry.close();
    await expect(registry.close()).resolves.toBeUndefined();
  });
});
