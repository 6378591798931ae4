import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Case, decide, urgencyOf } from '../../src/cases/index.ts';
import { severities, severityRank } from '../../src/telemetry/index.ts';
import { eventOf, start } from './events.ts';

const decision = decide(
  { subject: undefined, finding: undefined, open: undefined, resolved: undefined },
  { kind: 'finding', event: eventOf('1', 0), now: start },
  { idOf: (text) => text, nextNumber: () => 1000 },
);

const someCase: fc.Arbitrary<Case> = fc
  .record({
    state: fc.constantFrom('new' as const, 'acknowledged' as const, 'resolved' as const),
    safety: fc.boolean(),
    severity: fc.constantFrom(...severities),
    createdAt: fc.nat(3),
    number: fc.nat(3),
    resolvedAt: fc.nat(3),
  })
  .map((drawn) => {
    if (decision.kind !== 'done' || decision.case === undefined) throw new Error('no case');
    return { ...decision.case, ...drawn };
  });

/** The sentence of the contract, one comparison after the other. */
function compare(a: Case, b: Case): number {
  const resolved = (item: Case): number => Number(item.state === 'resolved');
  if (resolved(a) !== resolved(b)) return resolved(a) - resolved(b);
  if (resolved(a)) return (b.resolvedAt ?? 0) - (a.resolvedAt ?? 0) || a.number - b.number;
  return (
    Number(b.safety) - Number(a.safety) ||
    severityRank(b.severity) - severityRank(a.severity) ||
    a.createdAt - b.createdAt ||
    a.number - b.number
  );
}

describe('urgencyOf', () => {
  it('orders any two cases as the contract says', () => {
    const property = fc.property(someCase, someCase, (a, b) => {
      const [left, right] = [urgencyOf(a), urgencyOf(b)];
      const order = left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
      expect(Math.sign(order)).toBe(Math.sign(compare(a, b)));
    });
    fc.assert(property, { numRuns: 500 });
  });
});
