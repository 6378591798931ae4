import { z } from 'zod';
import { AftercareError, type Clock } from '../base/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Passwords } from './passwords.ts';

/** Each may do what those before it may: read; work the cases; everything. */
export const roles = ['viewer', 'agent', 'admin'] as const;

export type Role = (typeof roles)[number];

export interface Account {
  readonly key: string;
  readonly name: string;
  readonly role: Role;
}

/** What timelines call the service itself and programs: no person may pass for them. */
const reservedKeys: readonly string[] = ['api', 'engine'];

export const accountName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(64, 'must have at most 64 characters')
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')
  .refine((name) => !reservedKeys.includes(accountKey(name)), 'is what timelines call a program; choose another');

const passwordMin = 12;

export const newPassword = z
  .string()
  .min(passwordMin, `must have at least ${passwordMin} characters`)
  .max(1_000, 'must have at most 1000 characters');

const accountData = z.object({ name: z.string(), role: z.enum(roles) });

/** Names that look alike are one account: capitals and compatibility forms do not matter. */
export function accountKey(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

export interface Accounts {
  /** Rejects with `account-exists`. */
  create(account: { name: string; role: Role; password: string }): Promise<Account>;
  get(key: string): Promise<Account | undefined>;
  /** The account whose name and password these are. */
  verify(name: string, password: string): Promise<Account | undefined>;
}

export function createAccounts(registry: Registry, passwords: Passwords, clock: Clock): Accounts {
  const find = async (key: string) => {
    const credential = await registry.credential('account', key, clock());
    const data = accountData.safeParse(credential?.data);
    return credential && data.success ? { account: { key, ...data.data }, phc: credential.hash } : undefined;
  };
  return {
    async create({ name, role, password }) {
      const key = accountKey(name);
      if (await find(key)) throw new AftercareError('account-exists', `There is an account ${name} already.`);
      const hash = await passwords.hash(password);
      const data = { name, role };
      await registry.saveCredential({ kind: 'account', key, hash, data, createdAt: clock(), expiresAt: undefined });
      return { key, name, role };
    },
    async get(key) {
      return (await find(key))?.account;
    },
    async verify(name, password) {
      const found = await find(accountKey(name));
      const right = await passwords.verify(password, found?.phc);
      return right ? found?.account : undefined;
    },
  };
}
