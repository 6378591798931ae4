import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, nearest } from '../../src/base/index.ts';

it('finds the word that was meant', () => {
  const names = ['cabinet_temp', 'compressor_current', 'door_open'];
  expect(nearest('cabinet_tmp', names)).toBe('cabinet_temp');
  expect(nearest('door_opne', names)).toBe('door_open');
  expect(nearest('wehn', ['then', 'when'])).toBe('when');
  expect(nearest('DOOR', ['door', 'doors'])).toBe('door');
  expect(nearest('vibration', names)).toBeUndefined();
  expect(nearest('x'.repeat(5_000), names)).toBeUndefined();
});

it('writes equal values as equal text', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(value));
      expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
    }),
  );
});
