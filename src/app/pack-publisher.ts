import { basename } from 'node:path';
import { formatProblem, type PackProblem, type ProductPack } from '../product/index.ts';
import type { Directory, Registry } from '../registry/index.ts';
import { type KnownPacks, packsPublished, parentsFirst } from './known-packs.ts';
import { findPackFiles, type PackFile, readPack } from './packs.ts';

export interface PackPublisher {
  /**
   * Publishes a text as the next version of its product; the text of the newest version again changes nothing. Parents
   * that it names are looked up in `beside`, packs that are published with it, and among those that are published.
   */
  publish(file: string, source: string, beside?: KnownPacks): Promise<Publication>;
  /** The same for a text that is no file of the products folder: the folder's file of that name says nothing new by it. */
  import(file: string, source: string): Promise<Publication>;
}

/** Before the names of what was imported. */
const importFolder = 'import/';

export type Publication =
  | { readonly product: string; readonly version: number; readonly isNew: boolean }
  | { readonly problems: readonly PackProblem[] };

/** One after the other: the number of a version follows from those before it. */
export function createPackPublisher(options: {
  readonly directory: Directory;
  readonly registry: Registry;
  /** Told of each product that has a version. */
  readonly onPublished: (product: string) => void;
  /** Told of what packs in force ask of parents that a version just imported does not have: it is unknown to them now. */
  readonly onLacking?: (problem: string) => void;
}): PackPublisher {
  const { directory, registry, onPublished, onLacking = () => undefined } = options;
  let last: Promise<unknown> = Promise.resolve();
  const readWithParents = async (file: string, source: string, beside: KnownPacks) => {
    const read = readPack(file, source);
    if ('problems' in read || read.pack.parent === undefined) return read;
    return readPack(file, source, new Map([...packsPublished(await registry.packs()), ...beside]));
  };
  const publishNext = async (asked: PackFile & { name: string; beside: KnownPacks }): Promise<Publication> => {
    const { file, source, name, beside } = asked;
    const read = await readWithParents(file, source, beside);
    if ('problems' in read) return read;
    const { product } = read.pack;
    const newest = (await registry.packs(product)).at(-1);
    if (newest?.source === source) return { product, version: newest.version, isNew: false };
    const version = (newest?.version ?? 0) + 1;
    await directory.publishPack({ product, version, file: name, source });
    onPublished(product);
    return { product, version, isNew: true };
  };
  const tellLacking = async (publication: Publication): Promise<void> => {
    if (!('isNew' in publication && publication.isNew)) return;
    const texts = await registry.packs();
    const packs = packsPublished(texts);
    for (const { product, file, source } of texts) {
      if (packs.get(product)?.parent !== publication.product || product === publication.product) continue;
      const read = readPack(file, source, packs);
      if ('problems' in read) for (const problem of read.problems) onLacking(formatProblem(problem));
    }
  };
  const inTurn = (asked: Parameters<typeof publishNext>[0]): Promise<Publication> => {
    const published = last.then(() => publishNext(asked));
    last = published.catch(() => undefined);
    return published;
  };
  return {
    publish: (file, source, beside = new Map()) => inTurn({ file, source, name: basename(file), beside }),
    import: async (file, source) => {
      const asked = { file, source, name: `${importFolder}${basename(file)}`, beside: new Map() };
      const publication = await inTurn(asked);
      await tellLacking(publication);
      return publication;
    },
  };
}

export interface PublishedPacks {
  readonly published: readonly { product: string; version: number }[];
  /** What was left out, as `file:line:col: text`: an earlier version of such a pack stays in force. */
  readonly problems: readonly string[];
}

/**
 * Publishes each pack of the folder whose file has changed since it was last published from there: what was imported
 * meanwhile stays in force until its file says something new.
 */
export async function publishPacks(options: {
  readonly folder: string;
  readonly publisher: PackPublisher;
  readonly registry: Registry;
}): Promise<PublishedPacks> {
  const { publisher, registry } = options;
  const { files, wrong } = findPackFiles([options.folder]);
  const problems = [...wrong];
  const inFolder = onePerProduct(files, problems);
  const changed = new Set<string>();
  for (const { file, source, pack } of inFolder) {
    const ofFile = (await registry.packs(pack.product)).filter((version) => version.file === basename(file));
    if (ofFile.at(-1)?.source !== source) changed.add(file);
  }
  const beside = new Map(inFolder.filter(({ file }) => changed.has(file)).map(({ pack }) => [pack.product, pack]));
  const known = new Map([...packsPublished(await registry.packs()), ...beside]);
  const published: { product: string; version: number }[] = [];
  for (const { file, source } of parentsFirst(inFolder)) {
    // One that has not changed may ask for what the parents' new version does not have.
    const read = readPack(file, source, known);
    if ('problems' in read) problems.push(...read.problems.map(formatProblem));
    else if (changed.has(file)) {
      const publication = await publisher.publish(file, source, beside);
      if ('version' in publication && publication.isNew) published.push(publication);
    }
  }
  return { published: published.map(({ product, version }) => ({ product, version })), problems };
}

function onePerProduct(files: readonly PackFile[], problems: string[]): (PackFile & { readonly pack: ProductPack })[] {
  const seen = new Map<string, PackFile & { readonly pack: ProductPack }>();
  for (const { file, source } of files) {
    const read = readPack(file, source);
    if ('problems' in read) {
      problems.push(...read.problems.map(formatProblem));
      continue;
    }
    const { product } = read.pack;
    const other = seen.get(product);
    if (other === undefined) seen.set(product, { file, source, pack: read.pack });
    else problems.push(`${file}:1:1: product ${product} is described by ${other.file} already; keep one of the two`);
  }
  return [...seen.values()];
}
