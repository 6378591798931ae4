import { argon2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPasswords } from '../../src/api/passwords.ts';

const zeros = (bytes: number) => new Uint8Array(bytes);

describe('passwords', () => {
  it('are kept as PHC strings of argon2id, and recognised', async () => {
    const passwords = createPasswords(zeros);
    const phc = await passwords.hash('correct horse battery');
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$A{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await passwords.verify('correct horse battery', phc)).toBe(true);
    expect(await passwords.verify('correct horse batterz', phc)).toBe(false);
    expect(await passwords.verify('correct horse battery', undefined)).toBe(false);
  });

  it('are recognised by the costs that their string names', async () => {
    const costs = { memory: 64, passes: 1, parallelism: 1, tagLength: 32 };
    const tag = argon2Sync('argon2id', { message: 'Grüße', nonce: Buffer.alloc(16, 1), ...costs });
    const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    const phc = `$argon2id$v=19$m=64,t=1,p=1$${text(Buffer.alloc(16, 1))}$${text(tag)}`;
    expect(await createPasswords(zeros).verify('Grüße', phc)).toBe(true);
  });

  it('wait in a line that is not endless', async () => {
    const passwords = createPasswords(zeros);
    const cheap = `$argon2id$v=19$m=64,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
    const attempts = Array.from({ length: 60 }, () => passwords.verify('guess', cheap));
    const results = await Promise.allSettled(attempts);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(52);
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'too-many-requests' } });
    expect(await passwords.verify('guess', cheap)).toBe(false);
  });
});
