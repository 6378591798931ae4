import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countReports } from '../../src/broker/count-reports.ts';

const count = (value: unknown): number => countReports(Buffer.from(JSON.stringify(value)));

it('counts the reports of an array, and anything else as one', () => {
  const report = fc.oneof(
    fc.record({ at: fc.nat(), signals: fc.dictionary(fc.stringMatching(/^[a-r][a-z]{0,5}$/), fc.double()) }),
    fc.record({
      seq: fc.nat(),
      signals: fc.constant({ temp: 4 }),
      faults: fc.constant([{ code: 'E1', active: true }]),
    }),
  );
  fc.assert(
    fc.property(fc.array(report, { minLength: 1, maxLength: 50 }), (reports) => {
      expect(count(reports)).toBe(reports.length);
      expect(count(reports[0])).toBe(1);
    }),
  );
  expect(count([{ faults: [{ code: 'E1', active: true }] }, { faults: [] }])).toBe(2);
  for (const payload of ['', '[]', 'null', '  {"signals":{}}', '\u0000'])
    expect(countReports(Buffer.from(payload))).toBe(1);
});
