import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCasesSql, openFindingsSql } from '../../../src/cases/embedded/troubles.ts';
import { openEmbeddedCaseStore } from '../../../src/cases/index.ts';
import { caseStoreContract } from '../../contract/cases.ts';
import { eventOf, start } from '../events.ts';

const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

caseStoreContract(async (casesPerRuleHourMax) => {
  const folder = await mkdtemp(join(tmpdir(), 'cases-'));
  let store = await openEmbeddedCaseStore({ folder, casesPerRuleHourMax });
  return {
    store,
    async reopen() {
      await store.close();
      store = await openEmbeddedCaseStore({ folder, casesPerRuleHourMax });
      return store;
    },
    async destroy() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('embedded case store', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cases-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('names a case after its finding', async () => {
    const store = await openEmbeddedCaseStore({ folder });
    const event = eventOf('1', 0);
    const [item] = await store.apply([{ kind: 'finding', event, now: start }]);
    expect(item?.id).toBe(idOf(event.finding));
    await store.close();
  });

  it('holds the one open case per failure mode in the database itself', async () => {
    const store = await openEmbeddedCaseStore({ folder });
    await store.apply([{ kind: 'finding', event: eventOf('1', 0), now: start }]);
    await store.close();
    const database = new DatabaseSync(join(folder, 'cases.sqlite'));
    const columns = database.prepare("SELECT name FROM pragma_table_info('service_case')").all();
    const names = columns.map(({ name }) => name).join(', ');
    const copied = names.replace(/\bid\b/, "'other'").replace(/\bnumber\b/, '2000');
    const copy = `INSERT INTO service_case (${names}) SELECT ${copied} FROM service_case`;
    expect(() => database.exec(copy)).toThrow(/UNIQUE.*device.*failure_mode/);
    database.close();
  });

  it('looks a page up in an index, whatever it is filtered by', async () => {
    const store = await openEmbeddedCaseStore({ folder });
    await store.close();
    const database = new DatabaseSync(join(folder, 'cases.sqlite'));
    const order = 'ORDER BY urgency_rank, urgency_at, number LIMIT 10';
    for (const where of ['', 'WHERE device = 1', 'WHERE product = 1', 'WHERE owner = 1', 'WHERE urgency_rank = 8']) {
      const plan = database.prepare(`EXPLAIN QUERY PLAN SELECT * FROM service_case ${where} ${order}`).all();
      expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining('USING INDEX')]);
    }
    database.close();
  });

  it('sums up what is open without reading what is over, or any evidence', async () => {
    const store = await openEmbeddedCaseStore({ folder });
    await store.close();
    const database = new DatabaseSync(join(folder, 'cases.sqlite'));
    const plan = (sql: string) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => detail);
    for (const narrowed of ['', 'AND device = ?']) {
      expect(plan(openFindingsSql(narrowed)).join()).toContain('USING COVERING INDEX finding_that_holds');
      expect(plan(openCasesSql(narrowed)).join()).toContain('USING INDEX one_open_case');
    }
    database.close();
  });

  it('refuses an event that is not numbered within its finding', async () => {
    const store = await openEmbeddedCaseStore({ folder });
    const event = { ...eventOf('1', 0), id: 'something' };
    await expect(store.apply([{ kind: 'finding', event, now: start }])).rejects.toThrow('assertion failed');
    await store.close();
  });
});
