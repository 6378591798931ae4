import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parentVocabulary } from '../../src/product/index.ts';
import { ConditionLanguage } from '../../src/rules/language.ts';
import type { ConditionInputs } from '../../src/rules/reads.ts';
import { walk, writtenText } from '../../src/rules/syntax.ts';
import { packOf } from './fixture.ts';

const signals = `  temp: {kind: gauge}
  current: {kind: gauge}
  level: {kind: gauge}
  door: {kind: state}
  mode: {kind: state, values: [idle, run]}`;

const derived = `derived:
  twice: {is: temp * 2}
  mean: {is: 'avg(twice, "1h") - 1.0'}
  warm: {is: mean > current || mode == "run"}`;

/** Conditions over every kind of operand; some that only CEL itself evaluates among them. */
const { condition } = fc.letrec<{ condition: string; number: string }>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('temp', 'current', '3.5', '-2.0', '0.0', 'avg(temp, "5m")', 'count(door, "5m")', 'double(mode)'),
    fc.constantFrom('previous(temp)', 'ago(current, "1h")', 'median(temp, "5m")', 'slope(temp, "5m")', 'hour', 'twice'),
    fc.constantFrom('parent.temp', 'double(parent.mode)'),
    fc.tuple(tie('number'), fc.constantFrom('+', '-', '*', '/'), tie('number')).map((parts) => `(${parts.join(' ')})`),
    fc.tuple(tie('number'), fc.constantFrom('*', '+', '/'), fc.nat(3)).map((parts) => `(${parts.join(' ')})`),
    tie('number').map((number) => `(-${number})`),
  ),
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('door', 'mode == "run"', 'mode < "j"', 'fault("E21")', 'silent()', 'size(mode) > 3', 'true'),
    fc.constantFrom('age(temp) > duration("90s")', 'age(level) <= duration("1m")', 'mode in ["idle"]', 'door == true'),
    fc.constantFrom(
      'held(door) > duration("90s")',
      'since(temp > 3) < duration("1m")',
      'since(fault("E7")) <= age(temp)',
    ),
    fc.constantFrom(
      'ago(door, "1h")',
      'previous(door)',
      'previous(mode) == "run"',
      'site == "7"',
      'parent.door',
      'parent.mode == "run"',
      'count(parent.temp > temp, "5m") > 2.0',
      'warm',
      'mean < 2.0',
    ),
    fc
      .tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number'))
      .map((parts) => parts.join(' ')),
    fc
      .tuple(tie('number'), fc.constantFrom('<', '>='), fc.integer({ min: -3, max: 9 }))
      .map((parts) => parts.join(' ')),
    fc.tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition')).map((parts) => `(${parts.join(' ')})`),
    tie('condition').map((inner) => `!(${inner})`),
    fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
}));

const number = fc.option(fc.constantFrom(-2, 0, 1.5, 3.5, 8, 1e308), { nil: undefined });
const inputs = fc.record({
  number,
  before: number,
  window: number,
  door: fc.option(fc.boolean(), { nil: undefined }),
  mode: fc.option(fc.constantFrom('idle', 'run', '7'), { nil: undefined }),
  ageMs: fc.option(fc.constantFrom(0, 60_000, 90_001), { nil: undefined }),
  flag: fc.boolean(),
});

describe('a condition as closures', () => {
  const pack = packOf('  - {id: r, when: door}', signals, derived);

  it('says what CEL says, whatever is known', () => {
    fc.assert(
      fc.property(condition, inputs, (text, given) => {
        const language = new ConditionLanguage({
          signals: [...pack.signals, ...pack.derived],
          unsureSignals: [],
          parent: parentVocabulary('above', pack),
          faultCodes: ['E21', 'E7'],
        });
        const result = language.compile(text);
        if (!('condition' in result)) throw new Error(`${text}: ${result.problem.text}`);
        const { door, mode } = given;
        const byName: Readonly<Record<string, number | boolean | string | undefined>> = {
          door,
          mode,
          'parent.door': door === undefined ? given.flag : !door,
          'parent.mode': mode === '7' ? undefined : (mode ?? '7'),
        };
        language.inputs = {
          value: (slot) => byName[language.slots[slot] ?? ''] ?? numberOf(language.slots[slot], given.number),
          before: (slot) => byName[language.slots[slot] ?? ''] ?? numberOf(language.slots[slot], given.before),
          window: () => given.window,
          ageMs: () => given.ageMs,
          fault: () => given.flag,
          silent: () => !given.flag,
          heldMs: () => given.ageMs,
          sinceMs: () => given.ageMs,
          fact: (name) => (name === 'firmware' || name === 'site' ? given.mode : given.number),
        } satisfies ConditionInputs;
        const byCel = language.part(result.condition.ast)();
        expect(result.condition.holds()).toBe(typeof byCel === 'boolean' ? byCel : undefined);
      }),
      { numRuns: 400 },
    );
  });
});

function numberOf(name: string | undefined, value: number | undefined): number | undefined {
  return name?.endsWith('door') || name?.endsWith('mode') ? undefined : value;
}

describe('a part of a condition', () => {
  it.each([
    ['temp - (current - level) > 0.0', '-', 'temp - (current - level)'],
    ['((temp  +\n current)) * level > 0.0', '*', '((temp + current)) * level'],
    ['level * ((temp + current)) > 0.0', '*', 'level * ((temp + current))'],
    ['(temp > 1.0) == (mode == "(run  :)")', '==', '(temp > 1.0) == (mode == "(run  :)")'],
  ])('of %s is read as it was written', (text, op, written) => {
    const { ast } = new Environment().parse(text);
    const found: string[] = [];
    walk(ast, (node) => {
      if (node.op === op) found.push(writtenText(node));
      return 'into';
    });
    expect(found[0]).toBe(written);
  });
});
