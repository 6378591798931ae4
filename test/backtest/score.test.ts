import { describe, expect, it } from 'vitest';
import { type OpenedCase, type PlantedFault, type ReportTally, scoreRun } from '../../src/backtest/index.ts';

const hour = 3_600_000;
const day = 24 * hour;

const leak: PlantedFault = {
  device: 'd1',
  fault: 'refrigerant-leak',
  kind: 'product',
  failureMode: 'refrigerant-leak',
  alsoFits: ['cooling-loss', 'anomaly'],
  startsAt: 2 * day,
  noticeableAt: 3 * day,
  failsAt: 5 * day,
  endsAt: 6 * day,
  settledAt: 8 * day,
};

function opened(openedAt: number, failureMode: string, more: Partial<OpenedCase> = {}): OpenedCase {
  return {
    device: 'd1',
    product: 'fridge',
    failureMode,
    source: `rule:${failureMode}`,
    openedAt,
    delayMs: 80,
    ...more,
  };
}

const reports: ReportTally = {
  generated: 100,
  lostByDevices: 3,
  waitingInDevices: 2,
  sent: 95,
  repeated: 5,
  received: 100,
  acknowledged: 95,
  duplicates: 5,
  quarantined: 0,
  conflicts: 0,
  late: 0,
};

function score(cases: readonly OpenedCase[], more: Partial<Parameters<typeof scoreRun>[0]> = {}) {
  return scoreRun({ truth: [leak], cases, silences: [], reports, devices: 10, startAt: 0, endAt: 10 * day, ...more });
}

describe('a score card', () => {
  it('counts a case that names the fault as right, with its lead time', () => {
    const card = score([opened(4 * day, 'refrigerant-leak')]);
    expect(card).toMatchObject({
      precision: 1,
      recall: 1,
      falsePer1000DeviceDays: 0,
      deviceDays: 100,
      leadTime: { medianMs: day, n: 1, tooLate: 0 },
      faults: { planted: 1, found: 1, missed: 0, tooEarly: 0 },
    });
  });

  it('takes what the fault leads to for right too; after failing the lead is negative', () => {
    const card = score([opened(5.5 * day, 'cooling-loss'), opened(5.6 * day, 'refrigerant-leak')]);
    expect(card.cases).toEqual({ opened: 2, right: 2, wrongCause: 0, echoes: 0, false: 0 });
    expect(card.leadTime).toEqual({ medianMs: -0.5 * day, n: 1, tooLate: 1 });
    expect(card.modes.map(({ failureMode, faults }) => [failureMode, faults.found])).toEqual([
      ['cooling-loss', 0],
      ['refrigerant-leak', 1],
    ]);
  });

  it('tells a wrong cause, an echo of the repair and a false case apart', () => {
    const cases = [
      opened(4 * day, 'door-seal'),
      opened(7 * day, 'cooling-loss'),
      opened(1 * day, 'refrigerant-leak'),
      opened(4 * day, 'refrigerant-leak', { device: 'd2' }),
    ];
    const card = score(cases);
    expect(card.cases).toEqual({ opened: 4, right: 0, wrongCause: 1, echoes: 1, false: 2 });
    expect(card).toMatchObject({ precision: 0, recall: 0, falsePer1000DeviceDays: 20 });
    expect(card.faults).toMatchObject({ found: 0, missed: 1 });
    expect(card.blunders).toEqual([
      { source: 'rule:refrigerant-leak', false: 2, wrongCause: 0 },
      { source: 'rule:door-seal', false: 0, wrongCause: 1 },
    ]);
  });

  it('asks for nothing that could not be seen before the end', () => {
    const card = score([], { endAt: 2.5 * day, truth: [{ ...leak, endsAt: 2.5 * day }] });
    expect(card.faults).toEqual({ planted: 1, found: 0, missed: 0, tooEarly: 1 });
    expect(card.recall).toBeUndefined();
    expect(card.precision).toBeUndefined();
  });

  it('holds silences against failed links', () => {
    const link = { ...leak, kind: 'link', fault: 'link-loss', failureMode: 'silent', failsAt: undefined } as const;
    const unnoticed = { ...link, device: 'd2' };
    const silentBefore = { ...link, device: 'd4' };
    const silences = [
      { device: 'd1', startsAt: 2 * day - 60_000, openedAt: 2 * day + hour, endsAt: 6 * day },
      { device: 'd4', startsAt: 1.5 * day, openedAt: 1.6 * day, endsAt: undefined },
      { device: 'd3', startsAt: day, openedAt: day + hour, endsAt: 1.2 * day },
    ];
    const { silence } = score([], { truth: [link, unnoticed, silentBefore], silences });
    expect(silence?.linkFaults).toEqual({ planted: 3, found: 2, missed: 1, tooEarly: 0 });
    expect(silence).toMatchObject({ noticedAfterMs: hour / 2, others: 1 });
    expect(score([], { silences: undefined }).silence).toBeUndefined();
  });

  it('says what the service lost, and that a conflict is no gain', () => {
    expect(score([]).reports.lost).toBe(0);
    expect(score([], { reports: { ...reports, acknowledged: 93 } }).reports.lost).toBe(2);
    expect(score([], { reports: { ...reports, acknowledged: 95, conflicts: 4 } }).reports.lost).toBe(4);
  });

  it('gives the delays of cases that a report opened', () => {
    const delays = [50, 100, 150, undefined];
    const cases = delays.map((delayMs) => opened(4 * day, 'refrigerant-leak', { delayMs }));
    expect(score(cases).readingToCase).toEqual({ p50Ms: 100, p99Ms: 149, n: 3 });
  });
});
