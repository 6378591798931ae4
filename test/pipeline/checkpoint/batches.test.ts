import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonText, jsonWith } from '../../../src/base/index.ts';
import { Packing, Unpacking } from '../../../src/pipeline/checkpoint/batches.ts';

it('gives every text back as it would have been, whatever room there is for its numbers', () => {
  const json = fc
    .tuple(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), fc.array(fc.float64Array()))
    .map(([own, arrays]) =>
      jsonWith(own, Object.fromEntries(arrays.map((numbers, index) => [`+${index}`, [numbers]]))),
    );
  fc.assert(
    fc.property(fc.array(json), fc.nat(20), (texts, room) => {
      const packing = new Packing<ReturnType<Packing<never>['json']>>(new Float64Array(room));
      for (const parts of texts) packing.add(packing.json(parts), 1);
      const { items, numbers } = packing.batch();
      const unpacking = new Unpacking(numbers);
      expect(items.map((item) => unpacking.text(item))).toEqual(texts.map(jsonText));
      const lengths = texts.flat().map((part) => (typeof part === 'string' ? part.length : part.byteLength));
      expect(packing.bytes).toBe(lengths.reduce((sum, length) => sum + length, texts.length));
    }),
  );
});
