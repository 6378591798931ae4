import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileReason } from '../base/index.ts';
import { checkWatch } from '../engine/index.ts';
import { type PackProblem, type PackReader, type ProductPack, parsePack } from '../product/index.ts';
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

/** `packs`: where parents are looked up; undefined: of them it is checked only what can be without. */
export function readPack(
  file: string,
  source: string,
  packs?: ReadonlyMap<string, ProductPack>,
): { pack: ProductPack } | { problems: readonly PackProblem[] } {
  const parsed = parsePack({ file, source, packs, ...checkers });
  return parsed.pack ? { pack: parsed.pack } : { problems: parsed.problems };
}

const checkers = { checkCondition: conditionChecker, checkWatch };

/** Reads a published source again, when the log is replayed; undefined when this version does not read it any more. */
export const readPublishedPack: PackReader = (file, source) =>
  parsePack({ file, source, ...checkers, published: true }).pack;
