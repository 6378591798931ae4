import { formatProblem } from '../product/index.ts';
import { readBack } from '../rules/index.ts';
import type { ExitCode } from './command-line.ts';
import { packsAround } from './known-packs.ts';
import { findPackFiles, readPack } from './packs.ts';

/** `aftercare check`: 1 when a pack has problems, 2 when a file cannot be read. */
export function checkCommand(paths: readonly string[], options: { readonly json: boolean }): ExitCode {
  const { files, wrong } = findPackFiles(paths);
  const problems: string[] = [];
  const packs: { file: string; product: string; title: string; rules: { id: string; sentence: string }[] }[] = [];
  const known = packsAround(files);
  for (const { file, source } of files) {
    const read = readPack(file, source, known);
    if ('problems' in read) {
      problems.push(...read.problems.map(formatProblem));
      continue;
    }
    const { product, title, rules } = read.pack;
    const parent = read.pack.parent === undefined ? undefined : known.get(read.pack.parent);
    const sentences = rules.map((rule) => ({ id: rule.id, sentence: readBack(rule, read.pack, parent) }));
    packs.push({ file, product, title, rules: sentences });
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ wrong, problems, packs })}\n`);
  else {
    for (const text of [...wrong, ...problems]) process.stdout.write(`${text}\n`);
    for (const { file, product, title, rules } of packs) {
      process.stdout.write(`${file}: ${title} (${product}) is sound\n`);
      for (const { id, sentence } of rules) process.stdout.write(`  ${id}: ${sentence}\n`);
    }
  }
  if (wrong.length > 0 || files.length === 0) return 2;
  return problems.length > 0 ? 1 : 0;
}
