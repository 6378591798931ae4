import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AftercareError } from '../base/index.ts';
import { callerOf } from './access.ts';
import { type Account, type Accounts, accountKey, accountName, newPassword, roles } from './accounts.ts';
import type { ApiDeps } from './deps.ts';
import { problems } from './problem.ts';
import { sessionCookie, sessionPath } from './sessions.ts';
import type { Setup } from './setup.ts';
import type { ApiServer } from './shapes.ts';
import { createThrottle } from './throttle.ts';

const sessionShape = z
  .object({
    name: z.string(),
    role: z.enum(roles),
    csrfToken: z.string().describe('For the header x-csrf-token of changes made with the cookie'),
  })
  .meta({ id: 'Session' });

const setupQuery = z.strictObject({ token: z.string().max(200) });
const setupBody = z.strictObject({ token: z.string().max(200), name: accountName, password: newPassword });
const signInBody = z.strictObject({ name: z.string().max(200), password: z.string().max(1_000) });

type SignIn = (request: FastifyRequest, reply: FastifyReply, account: Account) => Promise<z.infer<typeof sessionShape>>;

function createSignIn({ clock }: ApiDeps): SignIn {
  return async (request, reply, account) => {
    // A new id, so that one planted before the sign-in opens nothing.
    await request.session.regenerate();
    request.session.account = account.key;
    request.session.renewedAt = clock();
    return { name: account.name, role: account.role, csrfToken: reply.generateCsrf() };
  };
}

export function setupRoutes(api: ApiServer, deps: ApiDeps, setup: Setup): void {
  const signIn = createSignIn(deps);

  api.get(
    '/setup',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Whether a set-up link is still open',
        tags: ['people'],
        querystring: setupQuery,
        response: { 200: z.object({ open: z.literal(true) }), ...problems },
      },
    },
    async (request) => {
      if (await setup.open(request.query.token)) return { open: true as const };
      throw new AftercareError('setup-not-found', 'This set-up link was used already, or it has expired.', {
        hint: 'Sign in, or start the service again for a new link while there is no account.',
      });
    },
  );

  api.post(
    '/setup',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Make the first account and sign in',
        tags: ['people'],
        body: setupBody,
        response: { 201: sessionShape, ...problems },
      },
    },
    async (request, reply) => {
      const { token, name, password } = request.body;
      const account = await setup.claim(token, { name, password });
      return reply.status(201).send(await signIn(request, reply, account));
    },
  );
}

export function sessionRoutes(api: ApiServer, deps: ApiDeps, accounts: Accounts): void {
  const signIn = createSignIn(deps);
  const checkPace = createPace(deps);

  api.post(
    '/session',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Sign in',
        tags: ['people'],
        body: signInBody,
        response: { 200: sessionShape, ...problems },
      },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      const succeeded = checkPace(request, reply, name);
      const account = await accounts.verify(name, password);
      if (!account) throw new AftercareError('unauthenticated', 'Name or password are wrong.');
      succeeded();
      return signIn(request, reply, account);
    },
  );

  api.get(
    '/session',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Who is signed in', tags: ['people'], response: { 200: sessionShape, ...problems } },
    },
    async (request, reply) => {
      const { name, role, by } = callerOf(request);
      return { name, role, csrfToken: by === 'session' ? reply.generateCsrf() : '' };
    },
  );

  api.delete(
    '/session',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Sign out', tags: ['people'], response: { 204: z.null(), ...problems } },
    },
    async (request, reply) => {
      await request.session.destroy();
      return reply.clearCookie(sessionCookie, { path: sessionPath }).status(204).send(null);
    },
  );
}

/** Refuses an attempt that comes too early after wrong ones; returns how to say that the password was right. */
function createPace({ clock, limits }: ApiDeps) {
  const throttle = createThrottle(clock, limits.loginFailuresMax);
  return (request: FastifyRequest, reply: FastifyReply, name: string): (() => void) => {
    const key = `${request.ip} ${accountKey(name)}`;
    const waitMs = throttle.attempt(key);
    if (waitMs === 0) return () => throttle.succeeded(key);
    const waitSeconds = Math.ceil(waitMs / 1_000);
    reply.header('retry-after', waitSeconds);
    throw new AftercareError('too-many-requests', 'There were too many wrong passwords for this name.', {
      hint: `Try again in ${waitSeconds} s.`,
    });
  };
}
