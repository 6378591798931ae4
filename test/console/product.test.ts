import { describe, expect, it } from 'vitest';
import { byState } from '../../dashboards/console/src/device/why.ts';
import {
  caseBeside,
  leadWords,
  outcomeSentence,
  placeIn,
  safeFileName,
  shareWords,
} from '../../dashboards/console/src/product/words.ts';
import { caseItem } from './case-item.ts';

const none = { against: 0, candidate: 0, added: 0, removed: 0, earlier: 0, later: 0, same: 0 };
const sentence = (counts: Partial<typeof none>): string => outcomeSentence({ cases: { ...none, ...counts } });

describe('the outcome of a trial', () => {
  it('is one sentence with its counts', () => {
    expect(sentence({ against: 12, candidate: 10, removed: 2, earlier: 1, later: 2, same: 7 })).toBe(
      'It would have opened 10 cases instead of 12: 2 removed, 1 earlier, 2 later; 7 stay the same.',
    );
    expect(sentence({ against: 1, candidate: 1, earlier: 1 })).toBe(
      'It would have opened 1 case, as many as now: 1 earlier; none stays the same.',
    );
  });

  it('says when nothing changes', () => {
    expect(sentence({})).toBe('Neither pack would have opened a case.');
    expect(sentence({ against: 3, candidate: 3, same: 3 })).toBe('Nothing changes: all 3 cases are the same.');
    expect(sentence({ against: 1, candidate: 1, same: 1 })).toBe('Nothing changes: the one case is the same.');
  });

  it('shows no figure where there is nothing to go by', () => {
    expect(shareWords({ value: 0.875, n: 8 })).toBe('87.5 % (n\u00a0=\u00a08)');
    expect(shareWords({ value: null, n: 0 })).toBe('too few to say');
    expect(leadWords({ medianMs: 7_200_000, n: 4 })).toBe('2 h (n\u00a0=\u00a04)');
    expect(leadWords({ medianMs: null, n: 0 })).toBe('too few to say');
  });
});

describe('a finding in shadow', () => {
  const finding = { device: 'd1', startsAt: '2025-11-20T10:00:00Z', endsAt: '2025-11-20T12:00:00Z' };
  const at = (startsAt: string, resolvedAt: string | null = null) => ({
    ...caseItem,
    device: 'd1',
    failureMode: 'relay',
    startsAt,
    resolvedAt,
  });

  it('stands beside the case of its device and failure mode that was there within a day', () => {
    const near = at('2025-11-21T09:00:00Z');
    expect(caseBeside(finding, 'relay', [near])).toBe(near);
    expect(caseBeside(finding, 'leak', [near])).toBeUndefined();
    expect(caseBeside({ ...finding, device: 'd2' }, 'relay', [near])).toBeUndefined();
    expect(caseBeside(finding, 'relay', [at('2025-11-22T09:00:00Z')])).toBeUndefined();
    expect(caseBeside(finding, 'relay', [at('2025-11-01T00:00:00Z', '2025-11-18T00:00:00Z')])).toBeUndefined();
  });
});

describe('a pack that is tried', () => {
  it('has a name that the service takes', () => {
    expect(safeFileName('my pack (2).yaml')).toBe('my-pack--2-.yaml');
    expect(safeFileName('')).toBe('pack.yaml');
  });

  it('leads to line and column', () => {
    expect(placeIn('ab\ncd\nef', 2, 2)).toBe(4);
    expect(placeIn('ab', 9, 9)).toBe(2);
  });
});

describe('how rules stood', () => {
  it('tells what holds first', () => {
    const rules = [{ state: 'quiet' }, { state: 'waiting' }, { state: 'open' }] as const;
    expect(byState(rules).map(({ state }) => state)).toEqual(['open', 'waiting', 'quiet']);
  });
});
