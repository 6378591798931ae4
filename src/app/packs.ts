import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileReason } from '../base/index.ts';
import { checkWatch } from '../engine/index.ts';
import { formatProblem, type PackProblem, type PackReader, type ProductPack, parsePack } from '../product/index.ts';
import type { Directory, Registry } from '../registry/index.ts';
import { conditionChecker } from '../rules/index.ts';

export interface PackFile {
  readonly file: string;
  readonly source: string;
}

/** Pack files below the given files and folders, by name. `wrong` names those that cannot be read, and why. */
export function findPackFiles(paths: readonly string[]): { files: PackFile[]; wrong: string[] } {
  const files: PackFile[] = [];
  const wrong: string[] = [];
  for (const path of paths) {
    try {
      const names = statSync(path).isDirectory() ? packNames(path).map((name) => join(path, name)) : [path];
      for (const file of names) files.push({ file, source: readFileSync(file, 'utf8') });
    } catch (error) {
      wrong.push(`${path}: ${fileReason(error)}`);
    }
  }
  return { files, wrong };
}

function packNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !name.endsWith('.schema.json'))
    .sort();
}

export function readPack(file: string, source: string): { pack: ProductPack } | { problems: readonly PackProblem[] } {
  const parsed = parsePack({ file, source, ...checkers });
  return parsed.pack ? { pack: parsed.pack } : { problems: parsed.problems };
}

const checkers = { checkCondition: conditionChecker, checkWatch };

/** Reads a published source again, when the log is replayed; undefined when this version does not read it any more. */
export const readPublishedPack: PackReader = (file, source) =>
  parsePack({ file, source, ...checkers, published: true }).pack;

export interface PackPublisher {
  /** Publishes a text as the next version of its product; the text of the newest version again changes nothing. */
  publish(file: string, source: string): Promise<Publication>;
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
}): PackPublisher {
  const { directory, registry, onPublished } = options;
  let last: Promise<unknown> = Promise.resolve();
  const publishNext = async (file: string, source: string, name: string): Promise<Publication> => {
    const read = readPack(file, source);
    if ('problems' in read) return read;
    const { product } = read.pack;
    const newest = (await registry.packs(product)).at(-1);
    if (newest?.source === source) return { product, version: newest.version, isNew: false };
    const version = (newest?.version ?? 0) + 1;
    await directory.publishPack({ product, version, file: name, source });
    onPublished(product);
    return { product, version, isNew: true };
  };
  const inTurn = (file: string, source: string, name: string): Promise<Publication> => {
    const published = last.then(() => publishNext(file, source, name));
    last = published.catch(() => undefined);
    return published;
  };
  return {
    publish: (file, source) => inTurn(file, source, basename(file)),
    import: (file, source) => inTurn(file, source, `${importFolder}${basename(file)}`),
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
  const { files, wrong } = findPackFiles([options.folder]);
  const problems = [...wrong];
  const published: { product: string; version: number }[] = [];
  const seen = new Map<string, string>();
  for (const { file, source } of files) {
    const read = readPack(file, source);
    if ('problems' in read) {
      problems.push(...read.problems.map(formatProblem));
      continue;
    }
    const { product } = read.pack;
    const other = seen.get(product);
    if (other !== undefined) {
      problems.push(`${file}:1:1: product ${product} is described by ${other} already; keep one of the two`);
      continue;
    }
    seen.set(product, file);
    const ofFile = (await options.registry.packs(product)).filter((version) => version.file === basename(file));
    if (ofFile.at(-1)?.source === source) continue;
    const publication = await options.publisher.publish(file, source);
    if ('version' in publication && publication.isNew) published.push(publication);
  }
  return { published: published.map(({ product, version }) => ({ product, version })), problems };
}
