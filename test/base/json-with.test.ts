import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonWith } from '../../src/base/index.ts';

it('appends members that are JSON already as if they had been there', () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
  fc.assert(
    fc.property(members, members, (own, more) => {
      const texts = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, JSON.stringify(value)]));
      expect(JSON.parse(jsonWith(own, texts))).toEqual(JSON.parse(JSON.stringify({ ...own, ...more })));
    }),
  );
  expect(jsonWith({ a: 1 }, { b: undefined, c: '"d"' })).toBe('{"a":1,"c":"d"}');
});
