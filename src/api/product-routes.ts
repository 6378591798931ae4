import { z } from 'zod';
import { AftercareError, nearest } from '../base/index.ts';
import type { ProductPack, SignalSpec } from '../product/index.ts';
import type { ApiDeps } from './deps.ts';
import { problems } from './problem.ts';
import { type ApiServer, orNull, pageOf, pageQuery, severity } from './shapes.ts';

const signalShape = z.object({
  name: z.string(),
  title: z.string(),
  kind: z.enum(['gauge', 'counter', 'state']),
  unit: z.string().nullable().describe('UCUM'),
  type: z.enum(['number', 'boolean', 'string']),
  range: z.array(z.number()).length(2).nullable(),
  watch: z.array(z.string()).describe('Kinds of the detectors that watch it'),
});

const productShape = z
  .object({
    id: z.string(),
    title: z.string(),
    version: z.int(),
    everyMs: z.number(),
    silentAfterMs: z.number(),
    signals: z.array(signalShape),
    failureModes: z.array(z.object({ id: z.string(), title: z.string(), severity, safety: z.boolean() })),
    rules: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        sentence: z.string().describe('The rule in plain words'),
        stage: z.enum(['draft', 'shadow', 'live', 'retired']),
        severity,
        failureMode: z.string(),
      }),
    ),
  })
  .meta({ id: 'Product' });

const tags = ['products'];

export function productRoutes(api: ApiServer, deps: ApiDeps): void {
  const { registry, view } = deps;

  const versions = async (): Promise<ReadonlyMap<string, number>> =>
    new Map((await registry.packs()).map(({ product, version }) => [product, version]));

  const item = (pack: ProductPack, known: ReadonlyMap<string, number>): z.infer<typeof productShape> => ({
    id: pack.product,
    title: pack.title,
    version: known.get(pack.product) ?? 0,
    everyMs: pack.reports.everyMs,
    silentAfterMs: pack.reports.silentAfterMs,
    signals: pack.signals.map(signalItem),
    failureModes: pack.failureModes.map(({ id, title, severity, safety }) => ({ id, title, severity, safety })),
    rules: pack.rules.map((rule) => {
      const { id, title, stage, severity, failureMode } = rule;
      return { id, title, sentence: deps.ruleSentence(pack, rule), stage, severity, failureMode };
    }),
  });

  api.get(
    '/products',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Products, by id',
        tags,
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(productShape), ...problems },
      },
    },
    async (request) => {
      const { limit, cursor = '' } = request.query;
      const known = await versions();
      const rest = view
        .packs()
        .filter(({ product }) => product > cursor)
        .sort((a, b) => (a.product < b.product ? -1 : 1));
      const items = rest.slice(0, limit).map((pack) => item(pack, known));
      return { items, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  api.get(
    '/products/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A product: its signals, failure modes and rules',
        tags,
        params: z.object({ id: z.string() }),
        response: { 200: productShape, ...problems },
      },
    },
    async (request) => {
      const { id } = request.params;
      const pack = view.pack(id);
      if (pack) return item(pack, await versions());
      const meant = nearest(
        id,
        view.packs().map(({ product }) => product),
      );
      throw new AftercareError('product-not-found', `There is no product ${JSON.stringify(id)}.`, {
        hint: meant === undefined ? 'GET /api/v1/products lists them.' : `Did you mean ${meant}?`,
      });
    },
  );
}

function signalItem(signal: SignalSpec): z.infer<typeof signalShape> {
  return {
    name: signal.name,
    title: signal.title,
    kind: signal.kind,
    unit: orNull(signal.unit),
    type: signal.type,
    range: signal.range ? [...signal.range] : null,
    watch: signal.watch.map(({ kind }) => kind),
  };
}
