import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyAt } from '../../src/backtest/index.ts';
import { deviceFacts, type Fact, type LogRecord, type Report } from '../../src/telemetry/index.ts';
import { minute, pack, start } from '../engine/fixture.ts';
import { fillFolder } from './stored-folder.ts';

const source = `
product: oven
title: Oven
reports: {every: 1m, silentAfter: 10m}
signals: {temp: {unit: Cel, kind: gauge}}
failureModes: {gone: {title: Gone}}
rules:
  - {id: gone, when: silent(), failureMode: gone}
`;

const device = deviceFacts({ id: 'd1', product: 'oven' });

function reportAt(minuteAt: number, offset: number, temp = 200): Report {
  const at = start + minuteAt * minute;
  const identity = { rawAt: undefined, boot: 'b1', seq: offset, firmware: undefined, faults: [] };
  return { device: 'd1', product: 'oven', offset, index: 0, at, receivedAt: at, ...identity, signals: { temp } };
}

/** Reports for five minutes. The service is away from minute 6 to minute 120, and ticks on to minute 140. */
async function makeFolder(folder: string): Promise<void> {
  const facts: Fact[] = [
    { type: 'pack-published', at: start, product: 'oven', version: 1, file: 'oven.yaml', source },
    { type: 'device-registered', at: start, device },
  ];
  const reports = [0, 1, 2, 3, 4].map((index) => reportAt(index, 2 + index));
  const ticks = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index): LogRecord => ({ kind: 'tick', at: start + (from + index) * minute }));
  const later: LogRecord[] = [...ticks(5, 7), { kind: 'resumed', at: start + 120 * minute }, ...ticks(120, 141)];
  await fillFolder(folder, reports, [
    ...facts.map((fact, offset) => ({ offset, record: { kind: 'fact', fact } as const })),
    ...later.map((record, index) => ({ offset: 2 + reports.length + index, record })),
  ]);
}

describe('why a rule held, or did not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-why-'));
  beforeAll(() => makeFolder(folder));
  afterAll(() => rmSync(folder, { recursive: true }));

  const stateAt = (after: number) => {
    const [rule] = whyAt(folder, { device: 'd1', at: start + after * minute }, (_, text) => pack(text)).rules;
    return rule?.state;
  };

  it('counts the time in which the service was away as no silence, also behind the last report', () => {
    expect(stateAt(6)).toBe('quiet');
    expect(stateAt(121)).toBe('quiet');
    expect(stateAt(140)).toBe('open');
  });
});

describe('why a rule held under a version that is in force no more', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-why-'));
  const versionOf = (version: number, rule: string) => {
    const text = source.replace('{id: gone, when: silent(), failureMode: gone}', rule);
    return { type: 'pack-published', at: start, product: 'oven', version, file: 'oven.yaml', source: text } as const;
  };
  beforeAll(() => {
    const facts: readonly (readonly [number, Fact])[] = [
      [0, versionOf(1, '{id: hot, when: temp > 180.0, for: 5m, failureMode: gone}')],
      [1, { type: 'device-registered', at: start, device }],
      [8, versionOf(2, '{id: hot, when: temp > 300.0, for: 5m, failureMode: gone}')],
    ];
    const reports = [0, 1, 2, 3, 4, 5].map((index) => reportAt(index, 2 + index));
    // The last two come late: before the new version in event time, and before all others.
    const late = [reportAt(2.5, 10), reportAt(-3, 11)];
    return fillFolder(
      folder,
      [...reports, reportAt(10, 9), ...late],
      facts.map(([offset, fact]) => ({ offset, record: { kind: 'fact', fact } })),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is told by it, whatever came late from its time after the next one', () => {
    const at = (after: number) => whyAt(folder, { device: 'd1', at: start + after * minute }, (_, text) => pack(text));
    expect(at(-2)).toMatchObject({ version: 1, rules: [{ state: 'waiting' }] });
    expect(at(5)).toMatchObject({ version: 1, rules: [{ state: 'open', openedAt: '2026-03-01T12:02:00.000Z' }] });
    expect(at(10)).toMatchObject({ version: 2, rules: [{ state: 'quiet' }] });
  });
});
