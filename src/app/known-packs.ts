import { dirname } from 'node:path';
import type { ProductPack } from '../product/index.ts';
import { findPackFiles, type PackFile, readPack, readPublishedPack } from './packs.ts';

/** Packs by product: those in which the parents that a pack names are looked up. */
export type KnownPacks = ReadonlyMap<string, ProductPack>;

/** The sound packs of files and, where these lack one, of others in their folders. */
export function packsAround(files: readonly PackFile[]): KnownPacks {
  const beside = findPackFiles([...new Set(files.map(({ file }) => dirname(file)))]).files;
  const packs = new Map<string, ProductPack>();
  for (const { file, source } of [...files, ...beside]) {
    const read = readPack(file, source);
    if ('pack' in read && !packs.has(read.pack.product)) packs.set(read.pack.product, read.pack);
  }
  return packs;
}

/** Packs that were published, as they are read now. */
export function packsPublished(texts: Iterable<PackFile>): Map<string, ProductPack> {
  const packs = new Map<string, ProductPack>();
  for (const { file, source } of texts) {
    const pack = readPublishedPack(file, source);
    if (pack) packs.set(pack.product, pack);
  }
  return packs;
}

/** In the order in which they can be published: each after the one that its parents are of, if that is among them. */
export function parentsFirst<Item extends { readonly pack: ProductPack }>(items: readonly Item[]): Item[] {
  const byProduct = new Map(items.map((item) => [item.pack.product, item]));
  const ordered = new Set<Item>();
  const seen = new Set<Item>();
  const place = (item: Item): void => {
    if (seen.has(item)) return;
    seen.add(item);
    const above = item.pack.parent === undefined ? undefined : byProduct.get(item.pack.parent);
    if (above) place(above);
    ordered.add(item);
  };
  for (const item of items) place(item);
  return [...ordered];
}
