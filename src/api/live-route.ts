import { fastifySSE } from '@fastify/sse';
import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import type { LiveHub } from './live.ts';
import { problems } from './problem.ts';
import type { ApiServer } from './shapes.ts';

export async function liveRoute(api: ApiServer, deps: ApiDeps, live: LiveHub): Promise<void> {
  await api.register(fastifySSE, { heartbeatInterval: deps.limits.liveHeartbeatMs });
  api.get(
    '/live',
    {
      config: { access: 'viewer' },
      // A HEAD would hold a stream open that nobody can read.
      exposeHeadRoute: false,
      // Not `only`: its answer to a wrong Accept header is no problem document.
      sse: { kind: 'manual' },
      schema: {
        summary: 'Changes as they happen: server-sent events `case`, `device`, first `hello`',
        tags: ['live'],
        response: {
          200: {
            description: 'A stream that stays open',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          ...problems,
        },
      },
    },
    async (_request, reply) => {
      live.join(reply, deps.clock());
    },
  );
}
