import { stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import files from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiServer } from './shapes.ts';

/** Serves the console to a GET that no route takes. Resolves to false when there is nothing to serve. */
export type ConsolePages = (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>;

const yearMs = 365 * 24 * 3_600_000;
const buildSecondsHint = 2;

const buildingPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${buildSecondsHint}">
<meta name="color-scheme" content="light dark">
<title>Aftercare</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; margin: 20vh auto; max-width: 30rem; padding: 0 1rem }</style>
</head>
<body>
<main>
<h1>The console is being built</h1>
<p>This takes a few seconds, once after an update. The page comes by itself. Devices and the API work already.</p>
</main>
</body>
</html>
`;

/** `folder` is undefined while the console is being built: then a page says so and asks again. */
export async function createConsolePages(
  app: ApiServer,
  folder: (() => string | undefined) | undefined,
): Promise<ConsolePages> {
  if (!folder) return async () => false;
  await app.register(files, { serve: false });

  return async (request, reply) => {
    const path = pathOf(request);
    const page = acceptsPage(request, path);
    const root = folder();
    if (root === undefined) {
      if (page) reply.status(503).header('retry-after', buildSecondsHint).type('text/html').send(buildingPage);
      return page;
    }
    if (path !== undefined && (await isFile(root, path))) {
      // What the bundler puts into `assets` has its hash in its name.
      const forever = path.startsWith('/assets/');
      reply.sendFile(path, root, forever ? { maxAge: yearMs, immutable: true } : { cacheControl: false });
      if (!forever) reply.header('cache-control', 'no-cache');
      return true;
    }
    if (!page) return false;
    reply.header('cache-control', 'no-cache').sendFile('index.html', root, { cacheControl: false });
    return true;
  };
}

/** The decoded path; undefined when it cannot be one of a file. */
function pathOf(request: FastifyRequest): string | undefined {
  try {
    const path = decodeURIComponent(request.url.split('?', 1)[0] ?? '');
    return path.includes('\0') ? undefined : path;
  } catch {
    return undefined;
  }
}

/**
 * Pages of the console have no file behind them: index.html draws them, also where an id in the path has a dot. A
 * missing file stays missing: who wants one does not ask for HTML by name.
 */
function acceptsPage(request: FastifyRequest, path: string | undefined): boolean {
  if (path === undefined || path.startsWith('/assets/')) return false;
  const accept = request.headers.accept ?? '*/*';
  return accept.includes('text/html') || (accept.includes('*/*') && !/\.\w+$/.test(path));
}

async function isFile(root: string, path: string): Promise<boolean> {
  const full = join(root, path);
  if (!full.startsWith(root.endsWith(sep) ? root : root + sep)) return false;
  const found = await stat(full).catch(() => undefined);
  return found?.isFile() ?? false;
}
