import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { assert } from '../../base/index.ts';
import { answer, drain, integer, openDatabase, type Row, relax, sync, transaction } from '../../sqlite/index.ts';
import { Book, type BookOptions, defaultCasesPerRuleHourMax } from '../book.ts';
import type { Case, CaseChange, Finding, TimelineItem } from '../case.ts';
import type { DeviceTrouble } from '../health.ts';
import type { CaseQuery, CaseStore, FindingQuery, Page } from '../store.ts';
import { urgencyOf } from '../urgency.ts';
import { type Conditions, caseConditions, findingConditions, timelinePosition } from './queries.ts';
import { createRecords } from './records.ts';
import { caseOf, findingOf, timelineOf } from './rows.ts';
import { caseMigrations } from './schema.ts';
import { prepareTroubles, readTroubles } from './troubles.ts';

export interface EmbeddedCaseStoreOptions {
  /** A folder that exists; the cases are in `cases.sqlite` in it. */
  readonly folder: string;
  /** Default {@link defaultCasesPerRuleHourMax}. */
  readonly casesPerRuleHourMax?: number | undefined;
}

const changesMax = 10_000;
const pageMax = 1_000;

/** A case is named after its first finding. */
const idOf = (text: string): string => hash('sha256', text).slice(0, 16);

export async function openEmbeddedCaseStore(options: EmbeddedCaseStoreOptions): Promise<CaseStore> {
  const database = openDatabase(options.folder, 'cases.sqlite', caseMigrations);
  relax(database);
  return new EmbeddedCaseStore(database, options);
}

class EmbeddedCaseStore implements CaseStore {
  readonly #database: DatabaseSync;
  readonly #troubles;
  readonly #lists = new Map<string, StatementSync>();
  readonly #book: BookOptions;

  constructor(database: DatabaseSync, { casesPerRuleHourMax }: EmbeddedCaseStoreOptions) {
    this.#database = database;
    this.#troubles = prepareTroubles(database);
    const records = createRecords(database);
    this.#book = { records, idOf, casesPerRuleHourMax: casesPerRuleHourMax ?? defaultCasesPerRuleHourMax };
  }

  apply(changes: readonly CaseChange[]): Promise<readonly Case[]> {
    assert(changes.length <= changesMax, `at most ${changesMax} changes a call`);
    return answer(() => {
      if (changes.length === 0) return [];
      const changed = transaction(this.#database, () => new Book(this.#book).apply(changes));
      if (changes.some(({ kind }) => kind !== 'finding' && kind !== 'tick')) sync(this.#database);
      return changed;
    });
  }

  sync(): Promise<void> {
    return answer(async () => {
      await drain(this.#database);
      sync(this.#database);
    });
  }

  list(query: CaseQuery): Promise<Page<Case>> {
    return answer(() => {
      const rows = this.#list('service_case', 'urgency_rank, urgency_at, number', caseConditions(query), query.limit);
      return pageOf(rows.map(caseOf), query.limit, (item) => urgencyOf(item).join('_'));
    });
  }

  timeline(id: string, page: { limit: number; cursor?: string | undefined }): Promise<Page<TimelineItem>> {
    return answer(() => {
      const conditions: Conditions = {
        where: 'WHERE case_id = ? AND position > ?',
        values: [id, timelinePosition(page.cursor)],
      };
      const rows = this.#list('timeline', 'position', conditions, page.limit);
      const { items, next } = pageOf(rows, page.limit, (row) => String(integer(row.position)));
      return { items: items.map(timelineOf), next };
    });
  }

  findings(query: FindingQuery): Promise<Page<Finding>> {
    return answer(() => {
      const order = query.newestFirst ? 'starts_at DESC, id DESC' : 'starts_at, id';
      const rows = this.#list('finding', order, findingConditions(query), query.limit);
      return pageOf(rows.map(findingOf), query.limit, (item) => `${item.startsAt}_${item.id}`);
    });
  }

  troubles(device?: string): Promise<readonly DeviceTrouble[]> {
    return answer(() => readTroubles(this.#troubles, device));
  }

  close(): Promise<void> {
    return answer(() => {
      if (this.#database.isOpen) this.#database.close();
    });
  }

  /** One row more than the page holds, if there is one. Few hundred different texts, so statements are kept. */
  #list(table: string, order: string, { where, values }: Conditions, limit: number): readonly Row[] {
    assert(limit >= 1, 'a page has at least one item');
    const sql = `SELECT * FROM ${table} ${where} ORDER BY ${order} LIMIT ?`;
    let statement = this.#lists.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#lists.set(sql, statement);
    }
    return statement.all(...values, Math.min(limit, pageMax) + 1);
  }
}

function pageOf<Item>(found: readonly Item[], limit: number, cursorOf: (last: Item) => string): Page<Item> {
  const items = found.slice(0, Math.min(limit, pageMax));
  const last = items.at(-1);
  return { items, next: found.length > items.length && last !== undefined ? cursorOf(last) : null };
}
