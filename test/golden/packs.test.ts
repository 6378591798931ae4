import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblem, parsePack } from '../../src/product/index.ts';
import { conditionChecker, readBack } from '../../src/rules/index.ts';

const folder = new URL('./packs/', import.meta.url);

function check(name: string): string {
  const source = readFileSync(new URL(`${name}.pack.txt`, folder), 'utf8');
  const checkWatch = (kind: string) => (kind === 'level' ? [] : [`there is no detector '${kind}'`]);
  const options = { file: `${name}.yaml`, source, checkCondition: conditionChecker, checkWatch };
  const { pack, problems } = parsePack(options);
  const lines = pack?.rules.map((rule) => `${rule.id}: ${readBack(rule, pack)}`) ?? problems?.map(formatProblem) ?? [];
  return `${lines.join('\n')}\n`;
}

describe('what is said of a pack file', () => {
  it('names every problem of a file at once, each at its place', async () => {
    await expect(check('many-problems')).toMatchFileSnapshot('./packs/many-problems.said.txt');
  });

  it('reads every kind of rule back as a sentence', async () => {
    await expect(check('read-backs')).toMatchFileSnapshot('./packs/read-backs.said.txt');
  });

  it('places problems inside quotes, escapes and folded texts', async () => {
    await expect(check('quoting')).toMatchFileSnapshot('./packs/quoting.said.txt');
  });

  it('stops at what is no YAML', async () => {
    await expect(check('broken-syntax')).toMatchFileSnapshot('./packs/broken-syntax.said.txt');
  });
});
