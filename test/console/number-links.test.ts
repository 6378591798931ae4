import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../dashboards/console/src/api/model.ts';
import { linkNumbers } from '../../dashboards/console/src/case/number-links.ts';

const evidence: Evidence[] = [
  { signal: 'cabinet_temp', at: '2025-11-21T20:00:00Z', value: 9.06, low: 2.8, high: 5.6 },
  { signal: 'cabinet_temp', at: '2025-11-21T20:05:00Z', value: 9.14 },
  { signal: 'turns', at: '2025-11-21T20:05:00Z', value: 1204 },
];

describe('linkNumbers', () => {
  it('links a number to the newest reading that is written like it', () => {
    const pieces = linkNumbers('Cabinet is 9.1 °C for 12 min.', evidence);
    expect(pieces.map((piece) => piece.text)).toEqual(['Cabinet is ', '9.1', ' °C for 12 min.']);
    expect(pieces[1]?.reading?.at).toBe('2025-11-21T20:05:00Z');
  });

  it('reads thousands and negative numbers', () => {
    expect(linkNumbers('1,204 turns', evidence)[0]?.reading?.value).toBe(1204);
    expect(linkNumbers('at −3.5 °C', [{ signal: 't', at: '', value: -3.5 }])[1]?.reading?.value).toBe(-3.5);
  });

  it('does not take a limit or a duration for a reading', () => {
    expect(linkNumbers('above 9 °C for 9 min', evidence)).toEqual([{ text: 'above 9 °C for 9 min' }]);
  });

  it('leaves names and versions alone', () => {
    const readings: Evidence[] = [21, 40, 2, 3, 1].map((value) => ({ signal: 's', at: '', value }));
    expect(linkNumbers('E21 on P40 with 2.3.1', readings)).toEqual([{ text: 'E21 on P40 with 2.3.1' }]);
  });

  it('gives the sentence back whole when nothing matches', () => {
    expect(linkNumbers('Silent since noon.', evidence)).toEqual([{ text: 'Silent since noon.' }]);
    expect(linkNumbers('', evidence)).toEqual([]);
  });
});
