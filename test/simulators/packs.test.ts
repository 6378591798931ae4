import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { models, simulate } from '../../simulators/index.ts';
import { dayMs } from '../../src/base/index.ts';
import { checkWatch } from '../../src/engine/index.ts';
import { type ProductPack, parsePack, reservedFailureModes } from '../../src/product/index.ts';
import { conditionChecker } from '../../src/rules/index.ts';
import { scenario } from './runs.ts';

function packOf(product: string): ProductPack {
  const file = join(import.meta.dirname, '..', '..', 'products', `${product}.yaml`);
  const parsed = parsePack({ file, source: readFileSync(file, 'utf8'), checkCondition: conditionChecker, checkWatch });
  if (!parsed.pack) throw new Error(`${file} has problems`);
  return parsed.pack;
}

describe.each([...models.keys()])('a simulated %s and its pack', (product) => {
  const pack = packOf(product);
  const run = simulate(
    scenario({ mix: { [product]: 1 }, devices: 24, faultShare: 1, faultPace: 20, lengthMs: 4 * dayMs }),
  );
  const arrivals = [...run.arrivals];

  it('agree on the signals, their types and their ranges', () => {
    const wrong = new Set<string>();
    const told = new Set<string>();
    for (const { reports } of arrivals) {
      for (const { signals } of reports) {
        for (const [name, value] of Object.entries(signals)) {
          told.add(name);
          const spec = pack.signals.find((signal) => signal.name === name);
          if (typeof value !== spec?.type) wrong.add(`${name} is ${typeof value}`);
          const [low, high] = spec?.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
          if (typeof value === 'number' && !(value >= low && value <= high)) wrong.add(`${name} is ${value}`);
        }
      }
    }
    expect([...wrong]).toEqual([]);
    expect([...told].toSorted()).toEqual(pack.signals.map(({ name }) => name).toSorted());
  });

  it('agree on how often it reports and which codes it tells', () => {
    expect(models.get(product)?.everyMs).toBe(pack.reports.everyMs);
    const codes = new Set(
      arrivals.flatMap(({ reports }) => reports.flatMap(({ faults = [] }) => faults)).map((f) => f.code),
    );
    expect(pack.faultCodes.map(({ code }) => code)).toEqual(expect.arrayContaining([...codes]));
  });

  it('agree on the failure modes that faults lead to, each with a live rule that opens it', () => {
    const known = [...pack.failureModes, ...reservedFailureModes].map(({ id }) => id);
    const opened = pack.rules.filter(({ stage }) => stage === 'live').map(({ failureMode }) => failureMode);
    expect(run.truth).toHaveLength(24);
    for (const { failureMode, alsoFits } of run.truth) {
      expect(known).toEqual(expect.arrayContaining([failureMode, ...alsoFits]));
      expect(opened).toContain(failureMode);
    }
  });
});
