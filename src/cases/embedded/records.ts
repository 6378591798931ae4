import type { DatabaseSync } from 'node:sqlite';
import type { FindingEvent } from '../../findings/index.ts';
import { integer, integerOrUndefined, type Row, text, textOrUndefined } from '../../sqlite/index.ts';
import type { Finding } from '../case.ts';
import type { CaseRecords } from '../records.ts';
import type { Standby, Surroundings } from '../surroundings.ts';
import { caseOf, caseRow, findingOf, findingRow, timelineRow } from './rows.ts';

const firstNumber = 1_000;

/** The records of one database; to be used inside a transaction. */
export function createRecords(database: DatabaseSync): CaseRecords {
  return { ...caseRecords(database), ...findingRecords(database), ...standbyRecords(database) };
}

function caseRecords(database: DatabaseSync) {
  const sql = {
    byId: database.prepare('SELECT * FROM service_case WHERE id = ?'),
    open: database.prepare("SELECT * FROM service_case WHERE device = ? AND failure_mode = ? AND state <> 'resolved'"),
    resolved: database.prepare(
      `SELECT * FROM service_case INDEXED BY case_history WHERE device = ? AND failure_mode = ? AND state = 'resolved'
       ORDER BY number DESC LIMIT 1`,
    ),
    silence: database.prepare(
      `SELECT item.* FROM service_case AS item INDEXED BY one_open_case
       WHERE item.device = ? AND item.state <> 'resolved' AND EXISTS (
         SELECT 1 FROM finding WHERE device = item.device AND state = 'raised' AND case_id = item.id AND by_silence = 1)
       ORDER BY item.number LIMIT 1`,
    ),
    storm: database.prepare(
      `SELECT * FROM service_case INDEXED BY open_storm
       WHERE storm = ? AND product = ? AND storm IS NOT NULL AND state <> 'resolved' ORDER BY number LIMIT 1`,
    ),
    storms: database.prepare(
      "SELECT * FROM service_case INDEXED BY open_storm WHERE storm IS NOT NULL AND state <> 'resolved' ORDER BY number",
    ),
    holds: database.prepare(
      'SELECT 1 FROM finding INDEXED BY finding_of_device WHERE device = ? AND case_id = ? AND failure_mode = ? LIMIT 1',
    ),
    nextNumber: database.prepare(`SELECT coalesce(max(number) + 1, ${firstNumber}) AS number FROM service_case`),
    touched: database.prepare("SELECT 1 FROM timeline WHERE case_id = ? AND actor <> 'engine' LIMIT 1"),
    save: database.prepare(upsert(database, 'service_case')),
    addToTimeline: database.prepare(
      `INSERT INTO timeline (id, case_id, at, kind, actor, text, data)
       VALUES (:id, :case_id, :at, :kind, :actor, :text, :data)`,
    ),
  };
  return {
    case: (id) => optional(sql.byId.get(id), caseOf),
    openCase: (device, failureMode) => optional(sql.open.get(device, failureMode), caseOf),
    resolvedCase: (device, failureMode) => optional(sql.resolved.get(device, failureMode), caseOf),
    silenceCase: (device) => optional(sql.silence.get(device), caseOf),
    stormCase: (source, product) => optional(sql.storm.get(source, product), caseOf),
    stormCaseWith: (device, failureMode) => {
      for (const row of sql.storms.iterate()) {
        if (sql.holds.get(device, text(row.id), failureMode) !== undefined) return caseOf(row);
      }
      return undefined;
    },
    nextNumber: () => integer(sql.nextNumber.get()?.number),
    isTouched: (id) => sql.touched.get(id) !== undefined,
    saveCase: (item) => {
      sql.save.run(caseRow(item));
    },
    addToTimeline: (id, entry) => {
      sql.addToTimeline.run(timelineRow(entry, id));
    },
  } satisfies Partial<CaseRecords>;
}

function findingRecords(database: DatabaseSync) {
  const sql = {
    byId: database.prepare('SELECT * FROM finding WHERE id = ?'),
    silence: database.prepare(
      "SELECT * FROM finding INDEXED BY finding_that_holds WHERE device = ? AND state = 'raised' AND source = 'silent'",
    ),
    ofDevice: database.prepare(
      'SELECT * FROM finding INDEXED BY finding_of_device WHERE case_id = ? AND device = ? ORDER BY id',
    ),
    holding: database.prepare("SELECT * FROM finding WHERE case_id = ? AND state = 'raised' ORDER BY id"),
    save: database.prepare(upsert(database, 'finding')),
    hide: database.prepare('INSERT INTO hidden (maintenance, finding) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    openings: database.prepare(
      `SELECT count(*) AS openings FROM
       (SELECT 1 FROM opening INDEXED BY opening_of WHERE source = ? AND product = ? AND at > ? LIMIT ?)`,
    ),
    open: database.prepare('INSERT INTO opening (source, product, at) VALUES (?, ?, ?)'),
    forget: database.prepare('DELETE FROM opening WHERE at <= ?'),
  };
  return {
    finding: (id) =>
      optional(sql.byId.get(id), (row) => ({ finding: findingOf(row), lastEvent: integer(row.last_event) })),
    silence: (device) => optional(sql.silence.get(device), findingOf),
    findingsOf: (id, device) => sql.ofDevice.all(id, device).map(findingOf),
    holdingIn: (id) => sql.holding.all(id).map(findingOf),
    openings: ({ source, product, since, max }) => integer(sql.openings.get(source, product, since, max)?.openings),
    saveFinding: (finding: Finding, lastEvent: number) => {
      sql.save.run(findingRow(finding, lastEvent));
      for (const maintenance of finding.hiddenBy) sql.hide.run(maintenance, finding.id);
    },
    noteOpening: ({ source, product, at, until }) => {
      sql.open.run(source, product, at);
      sql.forget.run(until);
    },
  } satisfies Partial<CaseRecords>;
}

function standbyRecords(database: DatabaseSync) {
  const sql = {
    byId: database.prepare('SELECT * FROM standby WHERE finding = ?'),
    window: database.prepare('SELECT * FROM standby WHERE window = ? ORDER BY finding'),
    due: database.prepare('SELECT * FROM standby WHERE due_at <= ? ORDER BY finding'),
    behind: database.prepare(
      'SELECT standby.* FROM behind JOIN standby USING (finding) WHERE behind.above = ? ORDER BY finding',
    ),
    windows: database.prepare('SELECT DISTINCT window FROM standby WHERE window IS NOT NULL ORDER BY window'),
    save: database.prepare(
      `INSERT INTO standby (finding, log_offset, event, around, window, above, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (finding) DO UPDATE SET log_offset = excluded.log_offset, event = excluded.event,
         around = excluded.around, window = excluded.window, above = excluded.above, due_at = excluded.due_at`,
    ),
    standBehind: database.prepare('INSERT INTO behind (above, finding) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    leaveBehind: database.prepare('DELETE FROM behind WHERE finding = ?'),
    drop: database.prepare('DELETE FROM standby WHERE finding = ?'),
  };
  return {
    standby: (finding) => optional(sql.byId.get(finding), standbyOf),
    standbys: (query) => {
      if (query.by === 'window') return sql.window.all(query.window).map(standbyOf);
      return query.by === 'due' ? sql.due.all(query.upAt).map(standbyOf) : sql.behind.all(query.device).map(standbyOf);
    },
    windows: () => sql.windows.all().map((row) => text(row.window)),
    saveStandby: ({ finding, offset, event, around, window, above, dueAt }) => {
      const [events, surroundings] = [JSON.stringify(event), JSON.stringify(around)];
      sql.save.run(finding, offset, events, surroundings, window ?? null, above ?? null, dueAt ?? null);
      for (const { device } of around.above) sql.standBehind.run(device, finding);
    },
    dropStandby: (finding) => {
      sql.leaveBehind.run(finding);
      sql.drop.run(finding);
    },
  } satisfies Partial<CaseRecords>;
}

function optional<Value>(row: Row | undefined, read: (row: Row) => Value): Value | undefined {
  return row === undefined ? undefined : read(row);
}

function standbyOf(row: Row): Standby {
  return {
    finding: text(row.finding),
    offset: integer(row.log_offset),
    // Only saveStandby writes these columns.
    event: eventOf(text(row.event)),
    around: JSON.parse(text(row.around)) as Surroundings,
    window: textOrUndefined(row.window),
    above: textOrUndefined(row.above),
    dueAt: integerOrUndefined(row.due_at),
  };
}

/** What is undefined does not survive as text. */
function eventOf(json: string): FindingEvent {
  const event = JSON.parse(json) as FindingEvent;
  return { ...event, signal: event.signal, endsAt: event.endsAt };
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
