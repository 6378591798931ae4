import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../src/product/index.ts';
import { faultCodeProblem, productIdProblem, signalNameProblem, titleFromName } from '../../src/product/names.ts';

describe('ids', () => {
  it('takes the ids of the contract and no others', () => {
    expect(productIdProblem('cold-fridge')).toBeUndefined();
    expect(productIdProblem('reports')).toContain("cannot be called 'reports'");
    for (const id of ['Fridge', '1a', '', 'a_b', 'a b', 'é', 'x'.repeat(65)])
      expect(productIdProblem(id)).toBeDefined();
    expect(signalNameProblem('cabinet_temp')).toBeUndefined();
    for (const name of ['device', 'time', 'avg', 'median', 'true', 'in', 'duration', 'a-b', '_a', 'A', '']) {
      expect(signalNameProblem(name), name).toBeDefined();
    }
    expect(faultCodeProblem('E-21.a')).toBeUndefined();
    expect(faultCodeProblem('E 21')).toBeDefined();
  });

  it('makes a title of a name', () => {
    expect(titleFromName('cabinet_temp')).toBe('Cabinet temp');
    expect(titleFromName('warm-cabinet')).toBe('Warm cabinet');
  });
});

describe('did you mean', () => {
  it('offers the nearest word, and none that is far', () => {
    expect(didYouMean('mayor', ['minor', 'major'])).toBe("; did you mean 'major'?");
    expect(didYouMean('flow', ['cabinet_temp', 'door_open'])).toBe('');
  });
});
