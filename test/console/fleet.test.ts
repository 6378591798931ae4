import { describe, expect, it } from 'vitest';
import type { Device } from '../../dashboards/console/src/api/model.ts';
import { fleetFilterQuery, parseFleetFilter, withHealth } from '../../dashboards/console/src/fleet/filter.ts';
import { changedHealth, refreshRows } from '../../dashboards/console/src/fleet/rows.ts';
import { healthHelp, healths, healthWords } from '../../dashboards/console/src/words/health.ts';

function device(id: string, changes: Partial<Device> = {}): Device {
  return {
    ...{ id, product: 'cold-fridge', serial: null, site: null, customer: null, timezone: null, parent: null },
    ...{ batch: null, installedAt: null, registeredAt: '2025-11-21T20:00:00Z', life: 'active', online: true },
    ...{ lastSeenAt: null, watermark: null, firmware: null, clockSuspect: null },
    ...{ health: 'good', openCases: 0, openFindings: 0 },
    ...changes,
  };
}

const ids = (rows: readonly Device[]) => rows.map(({ id }) => id);

describe('the filter in the URL', () => {
  it('keeps what it knows and leaves out the rest', () => {
    const filter = { health: 'failing', product: 'pump', q: 'oslo', retired: 'true' };
    expect(parseFleetFilter(filter)).toEqual(filter);
    expect(parseFleetFilter({ health: 'fine', product: '', q: 7, retired: 'yes', state: 'open' })).toEqual({});
  });

  it('asks for devices in use unless retired ones are wanted', () => {
    expect(fleetFilterQuery({ q: 'oslo' })).toMatchObject({ q: 'oslo', retired: 'false' });
    expect(fleetFilterQuery({ retired: 'true' })).toMatchObject({ retired: 'true' });
  });

  it('is set and taken back by a tile', () => {
    expect(withHealth({ q: 'oslo', health: 'good' }, 'silent')).toEqual({ q: 'oslo', health: 'silent' });
    expect(withHealth({ q: 'oslo', health: 'silent' }, 'silent')).toEqual({ q: 'oslo' });
    expect(withHealth({ retired: 'true' }, 'good')).toEqual({ health: 'good' });
  });
});

describe('rows that are read again', () => {
  const rows = [device('b'), device('d'), device('f')];

  it('change where they stand and never move', () => {
    const fresh = [device('b', { health: 'failing' }), device('d'), device('f', { openCases: 1 })];
    const { rows: after, waiting, missing } = refreshRows(rows, fresh, false);
    expect([ids(after), after[0]?.health, after[2]?.openCases]).toEqual([['b', 'd', 'f'], 'failing', 1]);
    expect([waiting, missing]).toEqual([0, []]);
    expect(changedHealth(rows, after)).toEqual(['b']);
  });

  it('let new devices wait; those behind the last row only where the list ends there', () => {
    const fresh = [device('a'), ...rows, device('g')];
    expect(refreshRows(rows, fresh, false)).toMatchObject({ waiting: 1 });
    expect(refreshRows(rows, fresh, true)).toMatchObject({ waiting: 2 });
    expect(ids(refreshRows(rows, fresh, true).rows)).toEqual(['b', 'd', 'f']);
  });

  it('stay when they have left the filter, and are named', () => {
    const { rows: after, missing } = refreshRows(rows, [device('d')], true);
    expect([ids(after), missing]).toEqual([
      ['b', 'd', 'f'],
      ['b', 'f'],
    ]);
  });
});

describe('the words of health', () => {
  it('name and explain each state once', () => {
    expect(new Set(healths).size).toBe(Object.keys(healthWords).length);
    for (const health of healths) expect(healthHelp[health]).toMatch(/\w/);
  });
});
