import { z } from 'zod';
import { AftercareError, formatInstant } from '../base/index.ts';
import { formatPackChange, type PackChange, packChanges } from '../product/index.ts';
import type { PackVersion } from '../registry/index.ts';
import type { ApiDeps } from './deps.ts';
import { problems, sendProblem } from './problem.ts';
import { type ApiServer, instant, orNull, pageOf, pageQuery } from './shapes.ts';

export const packBytesMax = 2 * 1024 * 1024;
export const fileName = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/);

const versionShape = z
  .object({
    product: z.string(),
    version: z.int().describe('1, 2, …; applies from its place in the log on'),
    publishedAt: instant,
    file: z.string().describe('Name that it came under; `import/…` is not of the products folder'),
  })
  .meta({ id: 'PackVersion' });

const sourceShape = versionShape.extend({ source: z.string().describe('YAML or JSON, as it was published') });

export const changeShape = z.object({
  change: z.enum(['added', 'removed', 'changed']),
  path: z.string().describe('By names, like `rules.warm-cabinet.for`'),
  before: z.string().nullable(),
  after: z.string().nullable(),
  text: z.string().describe('The change in one line'),
});

const tags = ['products'];
const params = z.object({ id: z.string(), version: z.coerce.number().int().min(1) });

/** The versions of a product pack: publishing, reading back, comparing. */
export function packVersionRoutes(api: ApiServer, deps: ApiDeps): void {
  const { registry } = deps;

  const versionOf = async (product: string, version: number): Promise<PackVersion> => {
    const known = (await registry.packs(product)).find((item) => item.version === version);
    if (known) return known;
    throw new AftercareError('product-not-found', `There is no version ${version} of ${JSON.stringify(product)}.`, {
      hint: `GET /api/v1/products/${product}/versions lists them.`,
    });
  };

  api.post(
    '/products',
    {
      config: { access: 'admin' },
      bodyLimit: packBytesMax,
      schema: {
        summary: 'Publishes a product pack: the next version of its product',
        description:
          'It applies to every report that comes after it. The text of the newest version again changes nothing: ' +
          '`isNew` is false then. A pack with problems is refused with each of them.',
        tags,
        body: z.strictObject({
          source: z.string().min(1).describe('YAML or JSON'),
          file: fileName.default('imported.yaml').describe('Name to tell problems by'),
        }),
        response: { 201: versionShape.extend({ isNew: z.boolean() }), ...problems },
      },
    },
    async (request, reply) => {
      const { file, source } = request.body;
      const publication = await deps.publishPack(file, source);
      if ('problems' in publication) {
        const errors = publication.problems.map(({ line, column, text }) => ({
          path: `${file}:${line}:${column}`,
          message: text,
        }));
        const detail = `The pack has ${errors.length === 1 ? 'a problem' : `${errors.length} problems`}.`;
        return sendProblem(request, reply, { code: 'pack-invalid', detail, errors });
      }
      const { product, version, isNew } = publication;
      reply.status(201);
      return { ...versionItem(await versionOf(product, version)), isNew };
    },
  );

  api.get(
    '/products/:id/versions',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Published versions of a product, newest first',
        tags,
        params: z.object({ id: z.string() }),
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(versionShape), ...problems },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const before = cursor === undefined ? Number.POSITIVE_INFINITY : versionOfCursor(cursor);
      const all = (await registry.packs(request.params.id)).toReversed();
      if (all.length === 0) {
        throw new AftercareError('product-not-found', `There is no product ${JSON.stringify(request.params.id)}.`, {
          hint: 'GET /api/v1/products lists them.',
        });
      }
      const rest = all.filter(({ version }) => version < before);
      const items = rest.slice(0, limit).map(versionItem);
      return { items, next: rest.length > limit ? String(items.at(-1)?.version) : null };
    },
  );

  api.get(
    '/products/:id/versions/:version',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A published version with its text',
        tags,
        params,
        response: { 200: sourceShape, ...problems },
      },
    },
    async (request) => {
      const known = await versionOf(request.params.id, request.params.version);
      return { ...versionItem(known), source: known.source };
    },
  );

  api.get(
    '/products/:id/versions/:version/changes',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What a version changed',
        tags,
        params,
        querystring: z.strictObject({
          from: z.coerce.number().int().min(1).optional().describe('Version to compare with; absent: the one before'),
        }),
        response: { 200: z.object({ items: z.array(changeShape) }), ...problems },
      },
    },
    async (request) => {
      const { id, version } = request.params;
      const now = await versionOf(id, version);
      const from = request.query.from ?? version - 1;
      const before = from === 0 ? '' : (await versionOf(id, from)).source;
      return { items: packChanges(before, now.source).map(changeItem) };
    },
  );
}

function versionOfCursor(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new AftercareError('request-invalid', 'The cursor is not one of this list.', {
    hint: 'Give the `next` of the page before as it is, or none for the first page.',
  });
}

export function changeItem(change: PackChange): z.infer<typeof changeShape> {
  const { before, after } = change;
  return { ...change, before: orNull(before), after: orNull(after), text: formatPackChange(change) };
}

function versionItem({ product, version, publishedAt, file }: PackVersion): z.infer<typeof versionShape> {
  return { product, version, publishedAt: formatInstant(publishedAt), file };
}
