import { describe, expect, it } from 'vitest';
import { familiesOf, mergeReports } from '../../src/backtest/index.ts';
import type { HistoryRecord } from '../../src/pipeline/index.ts';
import type { StoredBlock } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';

const facts = { serial: undefined, site: undefined, customer: undefined, timezone: undefined };

function registered(offset: number, id: string, product: string, parent?: string): HistoryRecord {
  const device = { id, product, ...facts, parent, batch: undefined, installedAt: undefined };
  return { offset, record: { kind: 'fact', fact: { type: 'device-registered', at: offset, device } } };
}

const records: readonly HistoryRecord[] = [
  registered(0, 'gateway', 'hub'),
  registered(1, 'a', 'fridge', 'gateway'),
  registered(2, 'b', 'fridge'),
  registered(3, 'c', 'pump'),
  {
    offset: 4,
    record: { kind: 'fact', fact: { type: 'device-changed', at: 4, id: 'b', changes: { parent: 'gateway' } } },
  },
  { offset: 5, record: { kind: 'resumed', at: 5 } },
  registered(6, 'd', 'fridge'),
];

describe('families', () => {
  it('are single devices of the product, each with its own facts', () => {
    const families = familiesOf({ records, product: 'fridge', devices: undefined, together: false, withAbove: false });
    expect(families.map(({ devices }) => devices)).toEqual([['a'], ['b'], ['d']]);
    expect(families.map((family) => family.facts.map(({ offset }) => offset))).toEqual([[1], [2, 4], [6]]);
  });

  it('keep what belongs to a gateway together with it, where a pack asks for that', () => {
    const families = familiesOf({ records, product: 'fridge', devices: undefined, together: true, withAbove: false });
    expect(families.map(({ devices }) => devices)).toEqual([['a', 'b', 'gateway'], ['d']]);
    expect(families[0]?.facts.map(({ offset }) => offset)).toEqual([0, 1, 2, 4]);
  });

  it('are those of the devices that are asked for', () => {
    const families = familiesOf({ records, product: 'fridge', devices: ['d', 'c'], together: false, withAbove: false });
    expect(families.map(({ devices }) => devices)).toEqual([['d']]);
  });
});

describe('the reports of a family', () => {
  const block = (...offsets: readonly number[]): StoredBlock => {
    const reports = offsets.map((offset) => ({ offset, index: 0 }) as Report);
    return { reports, behindMs: undefined };
  };

  it('are merged in log order', () => {
    const streams = [[block(1, 2, 7), block(9)], [block(3), block(4, 8)], []];
    const merged = [...mergeReports(streams.map((stream) => stream.values()))];
    expect(merged.flatMap(({ reports }) => reports.map(({ offset }) => offset))).toEqual([1, 2, 3, 4, 7, 8, 9]);
  });

  it('that came late stand where the reports stand that they came behind, and are known by it', () => {
    const late = { ...block(1, 2, 9, 5), behindMs: Float64Array.of(0, 0, 60_000, 0) };
    const merged = [...mergeReports([[late].values(), [block(3, 4, 8)].values()])];
    expect(merged.flatMap(({ reports }) => reports.map(({ offset }) => offset))).toEqual([1, 2, 9, 3, 4, 5, 8]);
    expect(merged.flatMap(({ behindMs }) => [...(behindMs ?? [])])).toEqual([0, 0, 60_000, 0]);
  });

  it('of one device go through as they are', () => {
    const blocks = [block(1, 2), block(3)];
    expect([...mergeReports([blocks.values()])]).toEqual(blocks);
  });
});
