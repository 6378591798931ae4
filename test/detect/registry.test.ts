import { describe, expect, it } from 'vitest';
import { detectors } from '../../src/detect/index.ts';
import { detectorContract } from '../contract/detector.ts';

/** Parameters for the kinds that cannot do without. */
const samples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { range: { low: -10, high: 25 } };

describe('detectors', () => {
  it('are found by their own kind', () => {
    expect([...detectors].map(([name, kind]) => [name, kind.kind])).toEqual([
      ['range', 'range'],
      ['stuck', 'stuck'],
      ['level', 'level'],
      ['seasonal', 'seasonal'],
      ['spread', 'spread'],
      ['drift', 'drift'],
    ]);
  });
});

for (const [name, kind] of detectors) detectorContract(kind, samples[name] ?? {});
