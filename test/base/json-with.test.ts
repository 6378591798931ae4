import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonText, jsonWith, numbersFromText } from '../../src/base/index.ts';

it('appends members that are JSON already as if they had been there', () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
  fc.assert(
    fc.property(members, members, (own, more) => {
      const texts = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, [JSON.stringify(value)]]));
      expect(JSON.parse(jsonText(jsonWith(own, texts)))).toEqual(JSON.parse(JSON.stringify({ ...own, ...more })));
    }),
  );
  expect(jsonText(jsonWith({ a: 1 }, { b: undefined, c: ['"d"'] }))).toBe('{"a":1,"c":"d"}');
});

it('keeps numbers as numbers until it is made text, however deep they lie', () => {
  fc.assert(
    fc.property(fc.float64Array(), fc.float64Array(), (first, second) => {
      const inner = jsonWith({}, { first: [first], second: [second], text: ['1'] });
      const outer = jsonWith({}, { none: undefined, inner, last: ['true'] });
      expect(outer.filter((part) => typeof part !== 'string')).toEqual([first, second]);
      const read = JSON.parse(jsonText(outer));
      expect(read).toMatchObject({ inner: { text: 1 }, last: true });
      expect(numbersFromText(read.inner.first)).toEqual(first);
      expect(numbersFromText(read.inner.second)).toEqual(second);
    }),
  );
});
