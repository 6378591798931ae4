import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AftercareError, assert } from '../../base/index.ts';
import type { FindingEvent } from '../../findings/index.ts';
import { answer, integer, openDatabase, type Row, relax, sync, text, transaction } from '../../sqlite/index.ts';
import type { Case, CaseChange, Finding, TimelineItem } from '../case.ts';
import { decide } from '../decide.ts';
import type { Standing } from '../decide-finding.ts';
import type { DeviceTrouble } from '../health.ts';
import type { CaseQuery, CaseStore, Page } from '../store.ts';
import { urgencyOf } from '../urgency.ts';
import { type Conditions, caseConditions, findingConditions, timelinePosition } from './queries.ts';
import { caseOf, caseRow, findingOf, findingRow, timelineOf, timelineRow } from './rows.ts';
import { caseMigrations } from './schema.ts';
import { prepareTroubles, readTroubles } from './troubles.ts';

export interface EmbeddedCaseStoreOptions {
  /** A folder that exists; the cases are in `cases.sqlite` in it. */
  readonly folder: string;
  /** Deterministic, short and without collisions: a hash. A case is named after its first finding. */
  readonly idOf: (text: string) => string;
}

const changesMax = 10_000;
const pageMax = 1_000;
const firstNumber = 1_000;

export async function openEmbeddedCaseStore(options: EmbeddedCaseStoreOptions): Promise<CaseStore> {
  const database = openDatabase(options.folder, 'cases.sqlite', caseMigrations);
  relax(database);
  return new EmbeddedCaseStore(database, options.idOf);
}

class EmbeddedCaseStore implements CaseStore {
  readonly #database: DatabaseSync;
  readonly #sql;
  readonly #lists = new Map<string, StatementSync>();
  readonly #naming;

  constructor(database: DatabaseSync, idOf: (text: string) => string) {
    this.#database = database;
    this.#sql = prepare(database);
    const nextNumber = (): number => integer(this.#sql.nextNumber.get()?.number);
    this.#naming = { idOf, nextNumber };
  }

  apply(changes: readonly CaseChange[]): Promise<readonly Case[]> {
    assert(changes.length <= changesMax, `at most ${changesMax} changes a call`);
    return answer(() => {
      if (changes.length === 0) return [];
      const changed = transaction(this.#database, () => {
        const items = new Map<string, Case>();
        for (const change of changes) {
          const item = change.kind === 'finding' ? this.#applyFinding(change) : this.#applyAction(change);
          if (item !== undefined) items.set(item.id, item);
        }
        return [...items.values()];
      });
      if (changes.some(({ kind }) => kind !== 'finding')) sync(this.#database);
      return changed;
    });
  }

  sync(): Promise<void> {
    return answer(() => sync(this.#database));
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

  findings(query: Parameters<CaseStore['findings']>[0]): Promise<Page<Finding>> {
    return answer(() => {
      const order = query.newestFirst ? 'starts_at DESC, id DESC' : 'starts_at, id';
      const rows = this.#list('finding', order, findingConditions(query), query.limit);
      return pageOf(rows.map(findingOf), query.limit, (item) => `${item.startsAt}_${item.id}`);
    });
  }

  troubles(device?: string): Promise<readonly DeviceTrouble[]> {
    return answer(() => readTroubles(this.#sql, device));
  }

  close(): Promise<void> {
    return answer(() => {
      if (this.#database.isOpen) this.#database.close();
    });
  }

  #applyFinding(change: Extract<CaseChange, { kind: 'finding' }>): Case | undefined {
    const { event } = change;
    const number = numberOf(event);
    const row = this.#sql.finding.get(event.finding);
    // A finding's events are numbered in the order in which they are applied, so its last one tells all repeats.
    if (row !== undefined && number <= integer(row.last_event)) return undefined;
    const finding = row === undefined ? undefined : findingOf(row);
    const joined = finding?.case ?? null;
    const decision = decide(
      {
        finding,
        subject: joined === null ? undefined : this.#case(this.#sql.caseById.get(joined)),
        open: this.#case(this.#sql.openCase.get(event.device, event.failureMode)),
        resolved: this.#case(this.#sql.resolvedCase.get(event.device, event.failureMode)),
      },
      change,
      this.#naming,
    );
    assert(decision.kind === 'done', 'a finding is never refused');
    assert(decision.finding !== undefined, 'an event changes its finding');
    this.#save(decision.case, decision.timeline);
    this.#sql.saveFinding.run(findingRow(decision.finding, number));
    return decision.case;
  }

  #applyAction(change: Exclude<CaseChange, { kind: 'finding' }>): Case | undefined {
    const subject = this.#case(this.#sql.caseById.get(change.case));
    const standing: Standing = { subject, finding: undefined, open: undefined, resolved: undefined };
    const decision = decide(standing, change, this.#naming);
    if (decision.kind === 'refused') {
      const hint = decision.code === 'version-conflict' ? { hint: 'Read the case again, then decide.' } : {};
      throw new AftercareError(decision.code, decision.reason, hint);
    }
    this.#save(decision.case, decision.timeline);
    return decision.case;
  }

  #save(item: Case | undefined, timeline: readonly TimelineItem[]): void {
    if (item === undefined) return;
    this.#sql.saveCase.run(caseRow(item));
    for (const entry of timeline) this.#sql.addToTimeline.run(timelineRow(entry, item.id));
  }

  #case(row: Row | undefined): Case | undefined {
    return row === undefined ? undefined : caseOf(row);
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

function prepare(database: DatabaseSync) {
  return {
    ...prepareTroubles(database),
    caseById: database.prepare('SELECT * FROM service_case WHERE id = ?'),
    openCase: database.prepare(
      "SELECT * FROM service_case WHERE device = ? AND failure_mode = ? AND state <> 'resolved'",
    ),
    resolvedCase: database.prepare(
      `SELECT * FROM service_case INDEXED BY case_history WHERE device = ? AND failure_mode = ? AND state = 'resolved'
       ORDER BY number DESC LIMIT 1`,
    ),
    nextNumber: database.prepare(`SELECT coalesce(max(number) + 1, ${firstNumber}) AS number FROM service_case`),
    saveCase: database.prepare(upsert(database, 'service_case')),
    finding: database.prepare('SELECT * FROM finding WHERE id = ?'),
    saveFinding: database.prepare(upsert(database, 'finding')),
    addToTimeline: database.prepare(
      `INSERT INTO timeline (id, case_id, at, kind, actor, text, data)
       VALUES (:id, :case_id, :at, :kind, :actor, :text, :data)`,
    ),
  };
}

/**
 * Writes a row whole, by its id. Any other conflict is an error: a second open case must never replace the first. The
 * id itself is not set again: SQLite would look through all rows that may refer to it.
 */
function upsert(database: DatabaseSync, table: string): string {
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table);
  const names = columns.map(({ name }) => text(name));
  const changing = names.filter((name) => name !== 'id');
  return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})
    ON CONFLICT (id) DO UPDATE SET ${changing.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}

function pageOf<Item>(found: readonly Item[], limit: number, cursorOf: (last: Item) => string): Page<Item> {
  const items = found.slice(0, Math.min(limit, pageMax));
  const last = items.at(-1);
  return { items, next: found.length > items.length && last !== undefined ? cursorOf(last) : null };
}

/** `n` of the event id `${finding}#${n}`. */
function numberOf(event: FindingEvent): number {
  const number = Number(event.id.slice(event.finding.length + 1));
  assert(event.id === `${event.finding}#${number}`, `the event ${event.id} is numbered within its finding`);
  return number;
}
