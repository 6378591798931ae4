import cookie from '@fastify/cookie';
import csrf from '@fastify/csrf-protection';
import rateLimit from '@fastify/rate-limit';
import session from '@fastify/session';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AftercareError, assert } from '../base/index.ts';
import { type Accounts, type Role, roles } from './accounts.ts';
import type { ApiDeps } from './deps.ts';
import { equalText } from './equal-text.ts';
import { createSessionStore, sessionCookie, sessionIdleMs, sessionPath, sessionRenewMs } from './sessions.ts';
import type { ApiServer } from './shapes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call it: anybody, or people and programs with at least this role. Every route of the API says so. */
    access?: 'public' | Role;
  }
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

export interface Caller {
  readonly by: 'token' | 'session';
  /** What timelines call them: the account's name, or `api`. */
  readonly name: string;
  readonly role: Role;
}

/** The caller of a route that is not public. */
export function callerOf(request: FastifyRequest): Caller {
  assert(request.caller, 'only public routes have no caller');
  return request.caller;
}

/** Lets in: sessions, tokens, limits, roles and CSRF, in this order, for all routes registered on `api` afterwards. */
export async function guardAccess(api: ApiServer, deps: ApiDeps, accounts: Accounts): Promise<void> {
  await registerSessions(api, deps);
  await api.register(rateLimit, { global: false });
  const limit = createLimit(api, deps);

  api.decorateRequest('caller', undefined);
  api.addHook('onRoute', ({ config, url }) => assert(config?.access, `route ${url} says who may call it`));
  api.addHook('onRequest', async (request, reply) => {
    request.caller = await identify(request, deps, accounts);
    await limit(request, reply);
    authorize(request);
  });
  api.addHook('onRequest', (request, reply, done) => {
    if (needsCsrf(request)) api.csrfProtection(request, reply, done);
    else done();
  });
}

async function registerSessions(api: ApiServer, deps: ApiDeps): Promise<void> {
  await api.register(cookie);
  await api.register(session, {
    // The id is 256 random bits and only its hash is stored: a signature would add nothing but a key to keep.
    secret: { sign: (value) => value, unsign: (value) => ({ valid: true, renew: false, value }) },
    idGenerator: () => Buffer.from(deps.random(32)).toString('base64url'),
    cookieName: sessionCookie,
    // Not `secure`: the service itself speaks plain HTTP, in most places on a local network.
    cookie: { path: sessionPath, httpOnly: true, sameSite: 'strict', secure: false, maxAge: sessionIdleMs },
    store: createSessionStore(deps),
    saveUninitialized: false,
    rolling: false,
  });
  await api.register(csrf, {
    sessionPlugin: '@fastify/session',
    getToken: (request) => {
      const token = request.headers['x-csrf-token'];
      return typeof token === 'string' ? token : '';
    },
  });
}

const bearerPattern = /^bearer +(\S+) *$/i;

async function identify(request: FastifyRequest, deps: ApiDeps, accounts: Accounts): Promise<Caller | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = bearerPattern.exec(authorization)?.[1];
    const known = token !== undefined && equalText(deps.hashToken(token), deps.adminTokenHash);
    return known ? { by: 'token', name: 'api', role: 'admin' } : undefined;
  }
  if (request.session.account === undefined) return undefined;
  const account = await accounts.get(request.session.account);
  if (!account) return undefined;
  const now = deps.clock();
  if (now - (request.session.renewedAt ?? 0) >= sessionRenewMs) request.session.renewedAt = now;
  return { by: 'session', name: account.name, role: account.role };
}

function createLimit(api: ApiServer, { limits }: ApiDeps) {
  const byToken = api.createRateLimit({
    max: limits.tokenCallsPerSecondMax,
    timeWindow: 1_000,
    keyGenerator: () => 'token',
  });
  const byAddress = api.createRateLimit({ max: limits.addressCallsPerMinuteMax, timeWindow: 60_000 });
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const token = request.caller?.by === 'token';
    if (!token && isLoopback(request.ip)) return;
    const result = await (token ? byToken : byAddress)(request);
    if (result.isAllowed || !result.isExceeded) return;
    reply.header('retry-after', result.ttlInSeconds);
    throw new AftercareError('too-many-requests', `More than ${result.max} calls in ${result.timeWindow / 1_000} s.`, {
      hint: `Wait ${result.ttlInSeconds} s. The limits are settings of the service.`,
    });
  };
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

function authorize(request: FastifyRequest): void {
  const { access } = request.routeOptions.config;
  if (access === 'public') return;
  assert(access, 'a guarded route says who may call it');
  if (!request.caller) {
    const given = request.headers.authorization !== undefined;
    throw new AftercareError('unauthenticated', given ? 'This token is not known.' : 'This needs a signed-in caller.', {
      hint: 'Send `Authorization: Bearer <token>`, or sign in with POST /api/v1/session.',
    });
  }
  if (roles.indexOf(request.caller.role) < roles.indexOf(access)) {
    throw new AftercareError(
      'forbidden',
      `This needs the role ${access}; ${request.caller.name} is ${request.caller.role}.`,
      {
        hint: 'Ask an admin.',
      },
    );
  }
}

const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** A browser adds the cookie by itself, so a change by cookie must show that our own page asked for it. */
function needsCsrf(request: FastifyRequest): boolean {
  if (request.caller?.by !== 'session' || safeMethods.includes(request.method)) return false;
  return request.routeOptions.config.access !== 'public';
}
