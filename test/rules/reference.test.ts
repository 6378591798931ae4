import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem, parsePack } from '../../src/product/index.ts';
import { usage } from '../../src/rules/condition-errors.ts';
import { compileRules, conditionChecker, readBack } from '../../src/rules/index.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8');
const [head = '', ...more] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

interface Example {
  readonly condition: string;
  readonly words: string;
}

/** Rows of tables that begin with a condition; the last column says how it reads. */
const examples: Example[] = [...page.matchAll(/^\| `(.*?)` \| (?:.* \| )?(.*) \|$/gm)].map(([, condition, words]) => ({
  condition: (condition ?? '').replaceAll('\\|', '|'),
  words: (words ?? '').replaceAll('\\|', '|'),
}));

function packOf(rules: string) {
  const { pack, problems } = parsePack({
    file: 'rules.md',
    source: `${head}${rules}`,
    checkCondition: conditionChecker,
    checkWatch: () => [],
  });
  if (pack === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return pack;
}

describe('the page about the language', () => {
  it.each(examples)('$condition', ({ condition, words }) => {
    const pack = packOf(`rules:\n  - {id: r, when: ${JSON.stringify(condition)}}\n`);
    const [rule] = pack.rules;
    expect(compileRules(pack).problems).toBe(undefined);
    expect(rule && readBack(rule, pack)).toBe(`When ${words}, opens 'Unusual behaviour' (minor).`);
  });

  it('has an example of every function', () => {
    const told = examples.map(({ condition }) => condition).join('\n');
    expect(Object.keys(usage).filter((name) => !told.includes(`${name}(`))).toEqual([]);
  });

  it('has rules that are sound', () => {
    expect(more).toHaveLength(1);
    const pack = packOf(more[0] ?? '');
    expect(pack.rules.map((rule) => readBack(rule, pack))).toEqual([
      "When the 15-minute average of cabinet temperature is above 8 °C for 10 minutes, opens 'Unusual behaviour' (minor). It is critical while the 15-minute average of cabinet temperature is above 15 °C or the time for which cabinet temperature has been above 10 °C is above 4 hours. It is major while the 15-minute average of cabinet temperature is above 12 °C.",
    ]);
  });
});
