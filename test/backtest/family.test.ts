import { describe, expect, it } from 'vitest';
import { familiesOf } from '../../src/backtest/index.ts';
import type { HistoryRecord } from '../../src/pipeline/index.ts';
import { deviceFacts } from '../../src/telemetry/index.ts';

function registered(offset: number, id: string, product: string, parent?: string): HistoryRecord {
  const device = deviceFacts({ id, product, parent });
  return { offset, record: { kind: 'fact', fact: { type: 'device-registered', at: offset, device } } };
}

function moved(offset: number, id: string, parent: string): HistoryRecord {
  return { offset, record: { kind: 'fact', fact: { type: 'device-changed', at: offset, id, changes: { parent } } } };
}

const records: readonly HistoryRecord[] = [
  registered(0, 'gateway', 'hub'),
  registered(1, 'a', 'fridge', 'gateway'),
  registered(2, 'b', 'fridge'),
  registered(3, 'c', 'pump'),
  moved(4, 'b', 'gateway'),
  { offset: 5, record: { kind: 'resumed', at: 5 } },
  registered(6, 'd', 'fridge'),
  registered(7, 'e', 'fridge', 'c'),
  moved(8, 'e', 'a'),
];

describe('families', () => {
  it('are single devices of the product, each with its own facts', () => {
    const families = familiesOf({
      records,
      product: 'fridge',
      devices: undefined,
      withParents: false,
      withAbove: false,
    });
    expect(families.map(({ members }) => members.map(({ id }) => id))).toEqual([['a'], ['b'], ['d'], ['e']]);
    const offsets = families.map(({ members }) => members[0]?.facts.map(({ offset }) => offset));
    expect(offsets).toEqual([[1], [2, 4], [6], [7, 8]]);
    expect(families.flatMap(({ parents }) => parents)).toEqual([]);
  });

  it('keep devices of one parent together, where rules ask for it, and name all that was ever above them', () => {
    const families = familiesOf({
      records,
      product: 'fridge',
      devices: undefined,
      withParents: true,
      withAbove: false,
    });
    expect(families.map(({ members }) => members.map(({ id }) => id))).toEqual([['a', 'b'], ['d'], ['e']]);
    expect(families.map(({ parents }) => parents)).toEqual([
      [{ id: 'gateway', product: 'hub' }],
      [],
      [
        { id: 'c', product: 'pump' },
        { id: 'a', product: 'fridge' },
      ],
    ]);
  });

  it('are those of the devices that are asked for', () => {
    const families = familiesOf({
      records,
      product: 'fridge',
      devices: ['d', 'c'],
      withParents: false,
      withAbove: false,
    });
    expect(families.map(({ members }) => members.map(({ id }) => id))).toEqual([['d']]);
  });

  it('have what ever stood above them with them, where silence is asked for', () => {
    const families = familiesOf({
      records,
      product: 'fridge',
      devices: ['b', 'e'],
      withParents: false,
      withAbove: true,
    });
    expect(families.flatMap(({ members }) => members.map(({ id }) => id))).toEqual(['gateway', 'a', 'b', 'c', 'e']);
  });
});
