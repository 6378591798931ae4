import type { ParentVocabulary } from './checkers.ts';
import type { SourceDocument } from './document.ts';
import { didYouMean, productIdProblem } from './names.ts';
import type { ProductPack, SignalSpec } from './pack.ts';
import { parentSchema } from './schema.ts';
import { readShape } from './shape.ts';

/** What conditions may ask of a parent, from its pack: what devices send, not what is calculated from it. */
export function parentVocabulary(
  product: string,
  pack: Pick<ProductPack, 'signals' | 'derived'> | undefined,
): ParentVocabulary {
  return { product, signals: pack?.signals, derived: pack?.derived.map(({ name }) => name) ?? [] };
}

export interface ParentContext {
  readonly document: SourceDocument;
  readonly value: unknown;
  /** Packs that are known, by product; undefined: it is not known which there are. */
  readonly packs: ReadonlyMap<string, ProductPack> | undefined;
  /** The pack's own product and signals, undefined where some have problems: a device may belong to another of its kind. */
  readonly own: { readonly product: string; readonly signals: readonly SignalSpec[] | undefined };
}

/** Reads which product the parents are of. */
export function parseParent({ document, value, packs, own }: ParentContext): ParentVocabulary | undefined {
  if (value === undefined) return undefined;
  const product = readShape(document, ['parent'], parentSchema, value);
  if (product === undefined) return undefined;
  if (product === own.product) return parentVocabulary(product, own.signals && { signals: own.signals, derived: [] });
  const problem = productIdProblem(product);
  if (problem !== undefined) document.atValue(['parent'], problem);
  const pack = packs?.get(product);
  if (problem === undefined && packs !== undefined && pack === undefined) {
    const meant = didYouMean(product, packs.keys());
    const hint = meant === '' ? '; name its file too, or publish it first' : meant;
    document.atValue(['parent'], `there is no sound pack of a product '${product}'${hint}`);
  }
  return parentVocabulary(product, pack);
}
