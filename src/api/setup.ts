import { AftercareError, type Clock, dayMs } from '../base/index.ts';
import type { Credential, Registry } from '../registry/index.ts';
import type { Account, Accounts } from './accounts.ts';
import { equalText } from './equal-text.ts';

/** One link at a time: a new one replaces the one before. */
const linkKey = 'link';
/** Kept for ever once the first account exists. */
const closedKey = 'closed';
const linkMs = dayMs;
const tokenBytes = 32;

interface SetupDeps {
  readonly registry: Pick<Registry, 'credential' | 'saveCredential'>;
  readonly clock: Clock;
  readonly hashToken: (token: string) => string;
}

function setupCredential(key: string, now: number): Credential {
  return { kind: 'setup', key, hash: '', data: {}, createdAt: now, expiresAt: undefined };
}

/**
 * Makes the link that lets the first person in, once, within 24 h; the one before it stops working. Its token is in the
 * fragment, so that no log or proxy sees it. Resolves to its path, `/setup#…`, or undefined once there is an account.
 */
export async function createSetupLink(
  deps: SetupDeps & { readonly random: (bytes: number) => Uint8Array },
): Promise<string | undefined> {
  const { registry, clock, random, hashToken } = deps;
  const now = clock();
  if (await registry.credential('setup', closedKey, now)) return undefined;
  const token = Buffer.from(random(tokenBytes)).toString('base64url');
  const link = { ...setupCredential(linkKey, now), hash: hashToken(token), expiresAt: now + linkMs };
  await registry.saveCredential(link);
  return `/setup#${token}`;
}

export interface Setup {
  open(token: string): Promise<boolean>;
  /** Makes the first account, an admin, and closes the link. Rejects with `setup-not-found`. */
  claim(token: string, person: { readonly name: string; readonly password: string }): Promise<Account>;
}

export function createSetup(deps: SetupDeps, accounts: Accounts): Setup {
  const { registry, clock, hashToken } = deps;
  let claiming = false;

  const open = async (token: string): Promise<boolean> => {
    if (await registry.credential('setup', closedKey, clock())) return false;
    const link = await registry.credential('setup', linkKey, clock());
    return link !== undefined && equalText(link.hash, hashToken(token));
  };

  return {
    open,
    async claim(token, person) {
      // Hashing the password takes a while: without this, two calls could both find the link open.
      if (claiming) throw notFound();
      claiming = true;
      try {
        if (!(await open(token))) throw notFound();
        const account = await accounts.create({ ...person, role: 'admin' });
        await registry.saveCredential(setupCredential(closedKey, clock()));
        await registry.saveCredential(setupCredential(linkKey, clock()), true);
        return account;
      } finally {
        claiming = false;
      }
    },
  };
}

function notFound(): AftercareError {
  return new AftercareError('setup-not-found', 'This set-up link was used already, or it is older than 24 hours.', {
    hint: 'Start the service again for a new link while there is no account; otherwise sign in.',
  });
}
