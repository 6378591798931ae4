import { describe, expect, it } from 'vitest';
import { deviceRange } from '../../dashboards/console/src/chart/range.ts';
import { newestFirst, sourceWords } from '../../dashboards/console/src/device/findings.ts';

const day = 86_400_000;

describe('the ranges of a device', () => {
  it('reach back from its own event time, not from the clock', () => {
    const watermark = Date.UTC(2015, 0, 31);
    const week = deviceRange('week', watermark);
    expect(week.from).toBe(watermark - 7 * day);
    expect(week.to).toBeGreaterThan(watermark);
    expect(deviceRange('day', watermark).from).toBe(watermark - day);
    expect(deviceRange('all', watermark)).toEqual({ from: undefined, to: undefined });
  });
});

describe('findings', () => {
  it('stand with those that hold first, the newest of each on top', () => {
    const finding = (startsAt: string, state: 'raised' | 'cleared') => ({ startsAt, state });
    const sorted = newestFirst([
      finding('2025-11-20T00:00:00Z', 'raised'),
      finding('2025-11-22T00:00:00Z', 'cleared'),
      finding('2025-11-21T00:00:00Z', 'raised'),
    ]);
    expect(sorted.map(({ startsAt }) => startsAt.slice(8, 10))).toEqual(['21', '20', '22']);
  });

  it('say in words who found them', () => {
    const words = (source: string, caseId: string | null = null) => sourceWords({ source, case: caseId, hiddenBy: [] });
    expect(words('rule:warm-cabinet', 'c1')).toBe('Rule warm-cabinet');
    expect(words('rule:relay-chatter')).toBe('Rule relay-chatter, in shadow: it opens no case');
    expect(words('level:cabinet_temp', 'c1')).toBe('Detector level on cabinet_temp');
    expect(words('fault:E21')).toBe('Fault code E21');
    expect(words('silent')).toBe('Silence');
  });
});
