import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AftercareError } from '../base/index.ts';
import { formatProblem } from '../product/index.ts';
import { type Api, apiOf, call, hasText, itemsOf, refused } from './api-client.ts';
import type { ExitCode } from './command-line.ts';
import { readConfig } from './config.ts';
import { parentsFirst } from './known-packs.ts';
import { findPackFiles, readPack } from './packs.ts';

export interface ImportOptions {
  readonly url?: string;
  readonly json: boolean;
}

export interface ExportOptions extends ImportOptions {
  /** Absent: the newest. */
  readonly version?: number;
  /** A folder to write files into; absent: everything goes to stdout. */
  readonly to?: string;
}

interface Imported {
  readonly file: string;
  readonly product: string;
  readonly version: number;
  /** False: it was the newest version already. */
  readonly published: boolean;
  readonly changes: readonly string[];
}

/** `aftercare import`: publishes packs in a running service. 1 when a pack has problems: then nothing is published. */
export async function importCommand(paths: readonly string[], options: ImportOptions): Promise<ExitCode> {
  const api = apiOf(readConfig(process.cwd(), process.env), options);
  const { files, wrong } = findPackFiles(paths);
  // The service checks what is asked of parents: it knows the packs in force.
  const read = files.map(({ file, source }) => ({ file, source, ...readPack(file, source) }));
  const problems = read.flatMap((item) => ('problems' in item ? item.problems.map(formatProblem) : []));
  const sound = parentsFirst(read.flatMap((item) => ('pack' in item ? [item] : [])));
  const imported: Imported[] = [];
  const isSound = wrong.length === 0 && problems.length === 0 && files.length > 0;
  if (isSound) for (const { file, source } of sound) imported.push(await importOne(api, file, source));
  if (options.json) process.stdout.write(`${JSON.stringify({ wrong, problems, imported })}\n`);
  else {
    for (const text of [...wrong, ...problems]) process.stdout.write(`${text}\n`);
    for (const { file, product, version, published, changes } of imported) {
      const fate = published ? 'is published' : 'is in force already';
      process.stdout.write(`${file}: version ${version} of ${product} ${fate}\n`);
      for (const change of changes) process.stdout.write(`  ${change}\n`);
    }
  }
  if (wrong.length > 0 || files.length === 0) return 2;
  return problems.length > 0 ? 1 : 0;
}

async function importOne(api: Api, file: string, source: string): Promise<Imported> {
  const answer = await call(api, '/api/v1/products', { file: basename(file), source });
  const { status, body } = answer;
  if (status !== 201 || !hasText(body, 'product') || !hasNumber(body, 'version')) throw refused(answer);
  const { product, version } = body;
  const published = 'isNew' in body && body.isNew === true;
  if (!published || version === 1) return { file, product, version, published, changes: [] };
  const changes = await itemsOf(api, `/api/v1/products/${product}/versions/${version}/changes`);
  return {
    file,
    product,
    version,
    published,
    changes: changes.map((item) => (hasText(item, 'text') ? item.text : '')),
  };
}

/** `aftercare export`: what was published, as it was written. All products when none is named. */
export async function exportCommand(products: readonly string[], options: ExportOptions): Promise<ExitCode> {
  const api = apiOf(readConfig(process.cwd(), process.env), options);
  const wanted = products.length > 0 ? products : await productIds(api);
  const exported: { product: string; version: number; file: string; source: string }[] = [];
  for (const product of wanted) {
    const version = options.version ?? (await newestVersion(api, product));
    const answer = await call(api, `/api/v1/products/${product}/versions/${version}`);
    const { body } = answer;
    if (!hasText(body, 'source') || !hasText(body, 'file')) throw refused(answer);
    exported.push({ product, version, file: body.file, source: body.source });
  }
  if (options.to !== undefined) writePacks(options.to, exported);
  if (options.json) process.stdout.write(`${JSON.stringify({ exported })}\n`);
  else if (options.to === undefined)
    process.stdout.write(exported.map(({ source }) => ensureLine(source)).join('---\n'));
  return 0;
}

function writePacks(folder: string, packs: readonly { product: string; version: number; source: string }[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { product, version, source } of packs) {
    const file = join(folder, `${product}.yaml`);
    try {
      writeFileSync(file, source, { flag: 'wx' });
    } catch (cause) {
      throw new AftercareError('request-invalid', `${file} exists already; nothing is overwritten`, {
        cause,
        hint: 'name an empty folder with --to',
      });
    }
    process.stderr.write(`${file}: version ${version} of ${product}\n`);
  }
}

async function productIds(api: Api): Promise<string[]> {
  const items = await itemsOf(api, '/api/v1/products?limit=1000');
  return items.flatMap((item) => (hasText(item, 'id') ? [item.id] : []));
}

async function newestVersion(api: Api, product: string): Promise<number> {
  const [newest] = await itemsOf(api, `/api/v1/products/${product}/versions?limit=1`);
  if (hasNumber(newest, 'version')) return newest.version;
  throw new AftercareError('product-not-found', `the service does not know the product ${product}`);
}

function ensureLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function hasNumber<Key extends string>(value: unknown, key: Key): value is Record<Key, number> {
  return typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[key] === 'number';
}
