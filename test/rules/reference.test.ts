import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runPackTests } from '../../src/backtest/index.ts';
import { formatProblem, type ProductPack, parsePack } from '../../src/product/index.ts';
import { usage } from '../../src/rules/condition-errors.ts';
import { compileRules, conditionChecker, readBack } from '../../src/rules/index.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8');
const [head = '', parentSource = '', ...more] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  (match) => match[1] ?? '',
);

interface Example {
  readonly condition: string;
  readonly words: string;
}

/** Rows of tables that begin with a condition; the last column says how it reads. */
const examples: Example[] = [...page.matchAll(/^\| `(.*?)` \| (?:.* \| )?(.*) \|$/gm)].map(([, condition, words]) => ({
  condition: (condition ?? '').replaceAll('\\|', '|'),
  words: (words ?? '').replaceAll('\\|', '|'),
}));

function packOf(source: string, packs?: ReadonlyMap<string, ProductPack>) {
  const checkers = { checkCondition: conditionChecker, checkWatch: () => [] };
  const { pack, problems } = parsePack({ file: 'rules.md', source, packs, ...checkers });
  if (pack === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return pack;
}

const parent = packOf(parentSource);
const withRules = (rules: string) => packOf(`${head}${rules}`, new Map([['plant', parent]]));

describe('the page about the language', () => {
  it.each(examples)('$condition', ({ condition, words }) => {
    const pack = withRules(`rules:\n  - {id: r, when: ${JSON.stringify(condition)}}\n`);
    const [rule] = pack.rules;
    expect(compileRules(pack, parent).problems).toBe(undefined);
    expect(rule && readBack(rule, pack, parent)).toBe(`When ${words}, opens 'Unusual behaviour' (minor).`);
  });

  it('has an example of every function', () => {
    const told = examples.map(({ condition }) => condition).join('\n');
    expect(Object.keys(usage).filter((name) => !told.includes(`${name}(`))).toEqual([]);
  });

  it('has rules that are sound', () => {
    expect(more).toHaveLength(2);
    const pack = withRules(more[1] ?? '');
    expect(pack.rules.map((rule) => readBack(rule, pack, parent))).toEqual([
      "When the 15-minute average of cabinet temperature is above 8 °C for 10 minutes, opens 'Unusual behaviour' (minor). It is critical while the 15-minute average of cabinet temperature is above 15 °C or the time for which cabinet temperature has been above 10 °C is above 4 hours. It is major while the 15-minute average of cabinet temperature is above 12 °C.",
    ]);
  });

  it('has tests that pass', async () => {
    const results = await runPackTests(withRules(more[0] ?? ''), parent);
    expect(results.map(({ failures }) => failures)).toEqual([[], []]);
  });
});
