import { z } from 'zod';
import { AftercareError, nearest } from '../base/index.ts';
import type { PipelineView } from '../pipeline/index.ts';
import type { FailureMode, ProductPack, SignalSpec } from '../product/index.ts';
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

const failureModeShape = z.object({
  id: z.string(),
  title: z.string(),
  severity,
  safety: z.boolean(),
  playbook: z
    .object({
      id: z.string(),
      title: z.string(),
      steps: z.array(
        z.object({
          do: z.string(),
          who: z.enum(['customer', 'remote', 'technician']).nullable().describe('remote: staff, from where they sit'),
          expect: z.string().nullable().describe('What shows that the step worked'),
        }),
      ),
    })
    .nullable()
    .describe('What to do about it, in order'),
});

const productShape = z
  .object({
    id: z.string(),
    title: z.string(),
    version: z.int(),
    everyMs: z.number(),
    silentAfterMs: z.number(),
    signals: z.array(signalShape),
    failureModes: z.array(failureModeShape),
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
    failureModes: pack.failureModes.map((mode) => failureModeItem(pack, mode)),
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
      return item(findProduct(view, request.params.id), await versions());
    },
  );
}

/** The pack of a product in force. Throws `product-not-found`. */
export function findProduct(view: Pick<PipelineView, 'pack' | 'packs'>, id: string): ProductPack {
  const pack = view.pack(id);
  if (pack) return pack;
  const meant = nearest(
    id,
    view.packs().map(({ product }) => product),
  );
  throw new AftercareError('product-not-found', `There is no product ${JSON.stringify(id)}.`, {
    hint: meant === undefined ? 'GET /api/v1/products lists them.' : `Did you mean ${meant}?`,
  });
}

function failureModeItem(pack: ProductPack, mode: FailureMode): z.infer<typeof failureModeShape> {
  const { id, title, severity, safety } = mode;
  const playbook = pack.playbooks.find((candidate) => candidate.id === mode.playbook);
  if (playbook === undefined) return { id, title, severity, safety, playbook: null };
  const steps = playbook.steps.map((step) => ({ do: step.do, who: orNull(step.who), expect: orNull(step.expect) }));
  return { id, title, severity, safety, playbook: { id: playbook.id, title: playbook.title, steps } };
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
