import { z } from 'zod';
import { type PackProblem, type ProductPack, packChanges } from '../product/index.ts';
import type { ApiDeps } from './deps.ts';
import { changeItem, changeShape, fileName, packBytesMax } from './pack-version-routes.ts';
import { problems } from './problem.ts';
import { findProduct } from './product-routes.ts';
import type { ApiServer } from './shapes.ts';

const checkShape = z
  .object({
    version: z.int().describe('The newest published version, which it is compared with'),
    isNew: z.boolean().describe('Whether its text differs from that version at all, and may be published'),
    problems: z
      .array(z.object({ line: z.int(), column: z.int(), text: z.string() }))
      .describe('Where there is one, it cannot be published'),
    changes: z.array(changeShape).describe('Against the newest version; none where there are problems'),
    rules: z
      .array(z.object({ id: z.string(), title: z.string(), stage: z.string(), sentence: z.string() }))
      .describe('Rules that are new, or read differently now'),
  })
  .meta({ id: 'PackCheck' });

/** Reading a pack's text without publishing it: its problems, else what it would change. */
export function packCheckRoute(api: ApiServer, deps: ApiDeps): void {
  api.post(
    '/products/:id/check',
    {
      config: { access: 'agent' },
      bodyLimit: packBytesMax,
      schema: {
        summary: 'Checks a product pack without publishing it: its problems, or what it would change',
        tags: ['products'],
        params: z.object({ id: z.string() }),
        body: z.strictObject({
          source: z.string().min(1).describe('YAML or JSON'),
          file: fileName.default('pack.yaml').describe('Name to tell problems by'),
        }),
        response: { 200: checkShape, ...problems },
      },
    },
    async (request) => {
      const inForce = findProduct(deps.view, request.params.id);
      const newest = (await deps.registry.packs(inForce.product)).at(-1);
      const { file, source } = request.body;
      const read = readFor(inForce.product, deps.readPack(file, source));
      const about = { version: newest?.version ?? 0, isNew: newest?.source !== source };
      if ('problems' in read) return { ...about, problems: read.problems.map(placeOf), changes: [], rules: [] };
      const changes = packChanges(newest?.source ?? '', source).map(changeItem);
      return { ...about, problems: [], changes, rules: newRules(deps, inForce, read.pack) };
    },
  );
}

type Read = ReturnType<ApiDeps['readPack']>;

function readFor(product: string, read: Read): Read {
  if ('problems' in read || read.pack.product === product) return read;
  const text = `the pack is of ${read.pack.product}, not of ${product}`;
  return { problems: [{ file: '', line: 1, column: 1, text }] };
}

function placeOf({ line, column, text }: PackProblem) {
  return { line, column, text };
}

function newRules({ ruleSentence }: Pick<ApiDeps, 'ruleSentence'>, before: ProductPack, now: ProductPack) {
  const told = (pack: ProductPack) =>
    pack.rules.map((rule) => {
      const { id, title, stage } = rule;
      return { id, title, stage, sentence: ruleSentence(pack, rule) };
    });
  const known = new Map(told(before).map((rule) => [rule.id, rule]));
  return told(now).filter(({ id, stage, sentence }) => {
    const old = known.get(id);
    return old?.stage !== stage || old.sentence !== sentence;
  });
}
