import { mkdirSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { integer, openDatabase, text, transaction } from '../../sqlite/index.ts';
import { lineOf, type Refused } from './point.ts';

/** A point that InfluxDB did not take, kept with its reason. */
export interface PoisonPoint {
  /** Log offset of the report. */
  readonly offset: number;
  /** As line protocol, time in ms; cut at 4,000 characters. */
  readonly line: string;
  readonly reason: string;
}

export interface Poison {
  /** All that were ever kept, also those that had to go. */
  readonly total: number;
  /** Newest first. */
  readonly points: readonly PoisonPoint[];
}

const lineCharactersMax = 4_000;
const reasonCharactersMax = 500;

const migrations = [
  `CREATE TABLE target (
     id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next INTEGER NOT NULL DEFAULT 0, poisoned INTEGER NOT NULL DEFAULT 0
   );
   CREATE TABLE poison (
     id INTEGER PRIMARY KEY, target INTEGER NOT NULL, position INTEGER NOT NULL, line TEXT NOT NULL, reason TEXT NOT NULL
   );
   CREATE INDEX poison_target ON poison (target, id)`,
];

/**
 * What InfluxDB has of the log, and what it did not take, in one file of the data folder; both move in one step. A
 * server and database have a cursor of their own, so that another one is filled from the start.
 */
export class CursorFile {
  readonly #db: DatabaseSync;
  readonly #target: number;
  readonly #poisonMax: number;

  constructor(folder: string, target: string, poisonMax: number) {
    mkdirSync(folder, { recursive: true });
    this.#db = openDatabase(folder, 'influx.sqlite', migrations);
    this.#db.prepare('INSERT OR IGNORE INTO target (name) VALUES (?)').run(target);
    this.#target = integer(this.#db.prepare('SELECT id FROM target WHERE name = ?').get(target)?.id);
    this.#poisonMax = poisonMax;
  }

  next(): number {
    return integer(this.#db.prepare('SELECT next FROM target WHERE id = ?').get(this.#target)?.next);
  }

  move(next: number, refused: readonly Refused[]): void {
    transaction(this.#db, () => {
      const move = this.#db.prepare('UPDATE target SET next = ?, poisoned = poisoned + ? WHERE id = ?');
      move.run(next, refused.length, this.#target);
      if (refused.length > 0) this.#keep(refused);
    });
  }

  poison(limit: number): Poison {
    const total = this.#db.prepare('SELECT poisoned FROM target WHERE id = ?').get(this.#target)?.poisoned;
    const rows = this.#db
      .prepare('SELECT position, line, reason FROM poison WHERE target = ? ORDER BY id DESC LIMIT ?')
      .all(this.#target, limit);
    const points = rows.map(({ position, line, reason }) => ({
      offset: integer(position),
      line: text(line),
      reason: text(reason),
    }));
    return { total: integer(total), points };
  }

  close(): void {
    this.#db.close();
  }

  #keep(refused: readonly Refused[]): void {
    const add = this.#db.prepare('INSERT INTO poison (target, position, line, reason) VALUES (?, ?, ?, ?)');
    for (const { point, reason } of refused.slice(-this.#poisonMax)) {
      const line = lineOf(point).slice(0, lineCharactersMax);
      add.run(this.#target, point.offset, line, reason.slice(0, reasonCharactersMax));
    }
    this.#db
      .prepare(
        `DELETE FROM poison WHERE target = ?1 AND id <= (
           SELECT id FROM poison WHERE target = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2
         )`,
      )
      .run(this.#target, this.#poisonMax);
  }
}
