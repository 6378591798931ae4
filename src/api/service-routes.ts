import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import { problems } from './problem.ts';
import type { ApiServer } from './shapes.ts';

const readyShape = z.object({ ok: z.boolean(), checks: z.record(z.string(), z.boolean()) });

const tags = ['service'];

/** What machines ask: alive, ready, counted, described. Open to all, without secrets. */
export function serviceRoutes(app: ApiServer, deps: ApiDeps): void {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'The process lives',
        tags,
        response: { 200: z.object({ ok: z.literal(true) }), ...problems },
      },
    },
    async () => ({ ok: true as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'MQTT and HTTP accept, and the log is open',
        tags,
        response: { 200: readyShape, 503: readyShape, ...problems },
      },
    },
    async (_request, reply) => {
      const { ok, checks } = deps.ready();
      return reply
        .status(ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ ok, checks: { ...checks } });
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        summary: 'Metrics of the service, in the Prometheus text format',
        tags,
        response: {
          200: { description: 'Prometheus text', content: { 'text/plain': { schema: z.string() } } },
          ...problems,
        },
      },
    },
    async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await deps.metrics()),
  );

  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
