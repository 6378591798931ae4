import type { FindingEvent } from '../../src/findings/index.ts';

/** 2025-11-21 20:00 UTC */
export const start = Date.UTC(2025, 10, 21, 20);

/** Event `n` of the finding `name` of device f1: a losing fridge, unless `changes` says otherwise. */
export function eventOf(name: string, n: number, changes: Partial<FindingEvent> = {}): FindingEvent {
  const device = changes.device ?? 'f1';
  const finding = `${device}~rule:losing~${name}.0`;
  return {
    id: `${finding}#${n}`,
    finding,
    state: n === 0 ? 'raised' : 'cleared',
    device,
    product: 'fridge',
    source: 'rule:losing',
    signal: 'duty',
    failureMode: 'refrigerant-loss',
    title: 'Losing refrigerant',
    severity: 'minor',
    safety: false,
    opensCase: true,
    startsAt: start - 3_600_000,
    openedAt: start,
    endsAt: undefined,
    at: start,
    receivedAt: start + 500,
    explanation: `Runs 21 h a day (${name}); normal for it is 9–12 h.`,
    evidence: [{ signal: 'duty', at: start, value: 21, low: 9, high: 12 }],
    ...changes,
  };
}
