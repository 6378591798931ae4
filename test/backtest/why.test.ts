import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyAt } from '../../src/backtest/index.ts';
import { openCheckpoint } from '../../src/pipeline/index.ts';
import { openEmbeddedStore } from '../../src/store/index.ts';
import { encodeRecord, type Fact, type LogRecord, type Report } from '../../src/telemetry/index.ts';
import { minute, pack, start } from '../engine/fixture.ts';

const source = `
product: oven
title: Oven
reports: {every: 1m, silentAfter: 10m}
signals: {temp: {unit: Cel, kind: gauge}}
failureModes: {gone: {title: Gone}}
rules:
  - {id: gone, when: silent(), failureMode: gone}
`;

/** Reports for five minutes. The service is away from minute 6 to minute 120, and ticks on to minute 140. */
async function makeFolder(folder: string): Promise<void> {
  const unknown = { serial: undefined, site: undefined, customer: undefined, timezone: undefined, parent: undefined };
  const device = { id: 'd1', product: 'oven', ...unknown, batch: undefined, installedAt: undefined };
  const facts: Fact[] = [
    { type: 'pack-published', at: start, product: 'oven', version: 1, file: 'oven.yaml', source },
    { type: 'device-registered', at: start, device },
  ];
  const reports = Array.from({ length: 5 }, (_, index): Report => {
    const at = start + index * minute;
    const identity = { rawAt: undefined, boot: 'b1', seq: index, firmware: undefined, faults: [] };
    const place = { device: 'd1', product: 'oven', offset: 2 + index, index: 0, at, receivedAt: at };
    return { ...place, ...identity, signals: { temp: 200 } };
  });
  const ticks = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index): LogRecord => ({ kind: 'tick', at: start + (from + index) * minute }));
  const later: LogRecord[] = [...ticks(5, 7), { kind: 'resumed', at: start + 120 * minute }, ...ticks(120, 141)];
  const next = 2 + reports.length + later.length;
  const store = await openEmbeddedStore({ folder });
  await store.write(reports, next);
  await store.close();
  const checkpoint = openCheckpoint(folder);
  const history = [
    ...facts.map((fact, offset) => ({ offset, payload: encodeRecord({ kind: 'fact', fact }) })),
    ...later.map((record, index) => ({ offset: 2 + reports.length + index, payload: encodeRecord(record) })),
  ];
  const nothing = { devices: [], snapshots: [], bands: [], quarantine: [], facts };
  const meta = { next, globals: { lastHeardAt: start, downMs: 0 }, forwarded: undefined, ages: [] };
  await checkpoint.save({ ...nothing, meta, history });
  checkpoint.close();
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
