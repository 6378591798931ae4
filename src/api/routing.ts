import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConsolePages } from './console.ts';
import { sendProblem } from './problem.ts';
import type { ApiServer } from './shapes.ts';

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Remembers which methods each path knows, for routes registered afterwards. */
export function collectMethods(app: ApiServer): (path: string) => readonly string[] {
  const known = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`);
    const path = known.get(url) ?? { pattern, methods: new Set<string>() };
    known.set(url, path);
    for (const name of [method].flat()) path.methods.add(name);
  });
  return (path) => [...known.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : []));
}

/** Answers what no route takes: with another method's problem, a page of the console, or nothing here. */
export function createNotFound(methodsOf: (path: string) => readonly string[], pages: ConsolePages) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = methodsOf(path);
    if (methods.length > 0) {
      reply.header('allow', methods.join(', '));
      return sendProblem(request, reply, {
        code: 'method-not-allowed',
        detail: `${path} knows ${methods.join(', ')}, not ${request.method}.`,
      });
    }
    const reading = request.method === 'GET' || request.method === 'HEAD';
    if (reading && !path.startsWith('/api/') && (await pages(request, reply))) return reply;
    return sendProblem(request, reply, {
      code: 'not-found',
      detail: `There is nothing at ${path}.`,
      hint: '/openapi.json lists every call.',
    });
  };
}
