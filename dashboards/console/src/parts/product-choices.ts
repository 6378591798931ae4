import type { ProductItem } from '../api/model.ts';

/** A product of the URL that is not listed (yet) stays chosen all the same. */
export function productChoices(products: readonly ProductItem[], chosen: string | undefined) {
  const choices = products.map((product) => ({ value: product.id, label: product.title }));
  if (chosen !== undefined && !products.some((product) => product.id === chosen)) {
    choices.push({ value: chosen, label: chosen });
  }
  return [{ value: '', label: 'All products' }, ...choices];
}
