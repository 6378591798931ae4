import { fastifySSE } from '@fastify/sse';
import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import type { LiveHub } from './live.ts';
import { problems } from './problem.ts';
import { type ApiServer, filter } from './shapes.ts';

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
        summary: 'Changes as they happen: server-sent events, first `hello`',
        description:
          'Every changed case as `case`. Of devices: with `device`, its changes as `device`; without, at most one `fleet` ' +
          'a second, which names none.',
        tags: ['live'],
        querystring: z.strictObject({ device: filter.describe('Id of the device to follow') }),
        response: {
          200: {
            description: 'A stream that stays open',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      live.join(reply, { now: deps.clock(), device: request.query.device });
    },
  );
}
