import type { SessionStore } from '@fastify/session';
import type { Session } from 'fastify';
import { type Clock, dayMs } from '../base/index.ts';
import type { Registry } from '../registry/index.ts';

declare module 'fastify' {
  interface Session {
    /** Key of the account that signed in. */
    account?: string;
    /** When the session was last prolonged, epoch ms. */
    renewedAt?: number;
    /** The CSRF plugin's. */
    _csrf?: string;
  }
}

export const sessionCookie = 'aftercare_session';

/** Cookies go with API calls only. */
export const sessionPath = '/api/v1';

/** A session ends when it was not used for so long. */
export const sessionIdleMs = 7 * dayMs;

/** A session in use is prolonged at most this often: each time is a durable write. */
export const sessionRenewMs = dayMs;

interface StoreDeps {
  readonly registry: Pick<Registry, 'credential' | 'saveCredential'>;
  readonly clock: Clock;
  readonly hashToken: (token: string) => string;
}

/** Sessions in the registry, found by the hash of their id: a restart signs nobody out, a stolen file nobody in. */
export function createSessionStore({ registry, clock, hashToken }: StoreDeps): SessionStore {
  const credential = (sessionId: string, data: Record<string, unknown>) => {
    const now = clock();
    const expiresAt = now + sessionIdleMs;
    return { kind: 'session', key: hashToken(sessionId), hash: '', data, createdAt: now, expiresAt } as const;
  };
  return {
    set(sessionId, session, callback) {
      const { account, renewedAt, _csrf } = session;
      registry.saveCredential(credential(sessionId, { account, renewedAt, _csrf })).then(() => callback(), callback);
    },
    get(sessionId, callback) {
      registry.credential('session', hashToken(sessionId), clock()).then((found) => {
        callback(null, found ? sessionOf(found.data) : null);
      }, callback);
    },
    destroy(sessionId, callback) {
      registry.saveCredential(credential(sessionId, {}), true).then(() => callback(), callback);
    },
  };
}

/** The registry's own expiry decides, so the cookie that comes back is always a fresh one. */
function sessionOf(data: Readonly<Record<string, unknown>>): Session {
  const { account, renewedAt, _csrf } = data;
  return {
    cookie: { originalMaxAge: sessionIdleMs, httpOnly: true, sameSite: 'strict', path: sessionPath, secure: false },
    ...(typeof account === 'string' ? { account } : {}),
    ...(typeof renewedAt === 'number' ? { renewedAt } : {}),
    ...(typeof _csrf === 'string' ? { _csrf } : {}),
  };
}
