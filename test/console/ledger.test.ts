import { describe, expect, it } from 'vitest';
import { missingWords, rangeWords, reportsIn } from '../../dashboards/console/src/ledger/missing.ts';
import { stuckForMs } from '../../dashboards/console/src/ledger/stages.ts';

describe('reports that are missing behind the log', () => {
  it('are named by their range, apart for store and engine', () => {
    expect(missingWords({ acknowledged: 1_204, stored: 1_204, evaluated: 1_204 })).toEqual([]);
    expect(missingWords({ acknowledged: 1_204, stored: 1_180, evaluated: 1_203 })).toEqual([
      'reports 1,181 to 1,204 of those accepted are not stored yet',
      'report 1,204 of those accepted is not judged yet',
    ]);
  });
});

describe('gaps', () => {
  it('are ranges of numbers, both ends included', () => {
    const gaps = [
      { from: 4, to: 6 },
      { from: 9, to: 9 },
    ];
    expect(gaps.map(rangeWords)).toEqual(['4–6', '9']);
    expect(reportsIn(gaps)).toBe(4);
  });
});

it('takes a minute behind for work under way, and more for a trouble', () => {
  expect(stuckForMs(undefined, 90_000)).toBeUndefined();
  expect(stuckForMs(30_000, 90_000)).toBeUndefined();
  expect(stuckForMs(29_999, 90_000)).toBe(60_001);
});
