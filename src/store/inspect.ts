import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isAftercareError } from '../base/index.ts';
import { blob, integer, openReadOnly, text } from '../sqlite/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { Block } from './block.ts';
import { openBlock } from './block-codec.ts';
import { blockReports } from './block-reports.ts';
import { readRecent } from './recent-rows.ts';
import { fileName, formatVersions } from './sqlite.ts';

/** Stored reports of one device by their places in the log: column by column, a row each. */
export interface StoredRows {
  readonly kind: 'rows';
  readonly device: string;
  readonly count: number;
  readonly offsets: ArrayLike<number>;
  readonly indexes: ArrayLike<number>;
  readonly boots: ArrayLike<unknown>;
  readonly seqs: ArrayLike<unknown>;
}

/** A part of the store that cannot be read. */
export interface StoreDamage {
  readonly kind: 'damage';
  readonly table: 'chunk' | 'recent';
  /** Row of the table; undefined where the table itself cannot be read on. */
  readonly row: number | undefined;
  readonly problem: string;
  /** What it held, where that is known. */
  readonly device: string | undefined;
  readonly reports: number | undefined;
}

export interface StoreInspection {
  /** The next log offset that the store has not got. */
  readonly cursor: number;
  /** Every stored report, and what cannot be read. */
  parts(): Generator<StoredRows | StoreDamage, void, void>;
  /** Reports of an older event time may have been let go by age; undefined when none was. */
  keptFrom(device: string): number | undefined;
  /** Reports of the device that were deleted or let go by age; undefined where they were not counted. */
  letGo(device: string): number | undefined;
  /** Stored reports of an identity, as far as they can be read; in any order. */
  byIdentity(device: string, boot: string, seq: number): readonly Report[];
  /** Stored reports of one event time, as far as they can be read; in any order. */
  byTime(device: string, at: number): readonly Report[];
  close(): void;
}

/**
 * Looks at the embedded store that no process has open, and changes nothing. What is damaged is told, not thrown.
 * Undefined when there is none. Errors: `data-folder-unusable` when the file is no store, or of another format.
 */
export function inspectEmbeddedStore(folder: string): StoreInspection | undefined {
  const opened = openReadOnly(folder, fileName, formatVersions);
  if (opened === undefined) return undefined;
  try {
    return new Inspection(opened.db, opened.close);
  } catch (error) {
    opened.close();
    throw error;
  }
}

interface ChunkRow {
  readonly id: number;
  readonly device: number;
  readonly count: number;
}

const blocksHeldMax = 64;
const letGoNothing = Number.MIN_SAFE_INTEGER;

class Inspection implements StoreInspection {
  readonly cursor: number;
  readonly #db: DatabaseSync;
  readonly #close: () => void;
  readonly #body: StatementSync;
  readonly #bySeq: StatementSync;
  readonly #byTime: StatementSync;
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #keptFrom = new Map<string, number>();
  readonly #letGo = new Map<string, number>();
  readonly #recent: ReadonlyMap<string, readonly Report[]>;
  readonly #recentDamage: StoreDamage[] = [];
  /** The blocks opened last: who asks for one report mostly asks for its neighbours next. */
  readonly #blocks = new Map<number, Block>();

  constructor(db: DatabaseSync, close: () => void) {
    this.#db = db;
    this.#close = close;
    this.cursor = integer(db.prepare('SELECT next FROM cursor').get()?.next);
    this.#body = db.prepare('SELECT body FROM chunk WHERE id = ?');
    this.#bySeq = db.prepare('SELECT id FROM chunk WHERE device = ?1 AND seq_min <= ?2 AND seq_max >= ?2');
    this.#byTime = db.prepare('SELECT id FROM chunk WHERE device = ?1 AND first_at <= ?2 AND last_at >= ?2');
    for (const row of db.prepare('SELECT * FROM device').iterate()) {
      this.#ids.set(text(row.name), integer(row.id));
      this.#names.set(integer(row.id), text(row.name));
      // The first format let nothing go.
      const keptFrom = row.raw_from === undefined ? letGoNothing : integer(row.raw_from);
      if (keptFrom > letGoNothing) this.#keptFrom.set(text(row.name), keptFrom);
      // Formats before the third counted nothing that went.
      const letGo = row.let_go === undefined ? -1 : integer(row.let_go);
      if (letGo > 0 || keptFrom > letGoNothing) this.#letGo.set(text(row.name), letGo);
    }
    this.#recent = readRecent(db, (body, row) => {
      const read = readable(() => blockReports(openBlock(body)));
      if (read.ok) return read.value;
      this.#recentDamage.push({ ...unknown, kind: 'damage', table: 'recent', row, problem: read.problem });
      return [];
    });
  }

  *parts(): Generator<StoredRows | StoreDamage, void, void> {
    for (const chunk of this.#chunkRows()) {
      if ('kind' in chunk) yield chunk;
      // What was deleted waits for its room to be freed.
      else if (!this.#names.get(chunk.device)?.includes('\n')) yield this.#chunk(chunk);
    }
    yield* this.#recentDamage;
    for (const [device, reports] of this.#recent) {
      yield {
        kind: 'rows',
        device,
        count: reports.length,
        offsets: reports.map(({ offset }) => offset),
        indexes: reports.map(({ index }) => index),
        boots: reports.map(({ boot }) => boot),
        seqs: reports.map(({ seq }) => seq),
      };
    }
  }

  keptFrom(device: string): number | undefined {
    return this.#keptFrom.get(device);
  }

  letGo(device: string): number | undefined {
    const count = this.#letGo.get(device) ?? 0;
    return count < 0 ? undefined : count;
  }

  byIdentity(device: string, boot: string, seq: number): readonly Report[] {
    const isIt = (report: Report) => report.boot === boot && report.seq === seq;
    return this.#find({ device, chunks: this.#bySeq, key: seq }, (block, row) => {
      return block.seqs()[row] === seq && block.boots()[row] === boot;
    }).concat((this.#recent.get(device) ?? []).filter(isIt));
  }

  byTime(device: string, at: number): readonly Report[] {
    const chunks = this.#find({ device, chunks: this.#byTime, key: at }, (block, row) => block.at()[row] === at);
    return chunks.concat((this.#recent.get(device) ?? []).filter((report) => report.at === at));
  }

  close(): void {
    this.#close();
  }

  #find(
    { device, chunks, key }: { device: string; chunks: StatementSync; key: number },
    isWanted: (block: Block, row: number) => boolean,
  ): Report[] {
    const id = this.#ids.get(device);
    const found: Report[] = [];
    for (const row of id === undefined ? [] : chunks.all(id, key)) {
      const block = this.#open(integer(row.id));
      if (block === undefined) continue;
      for (let i = 0; i < block.rows; i++) if (isWanted(block, i)) found.push(block.report(i));
    }
    return found;
  }

  /** Undefined when it is damaged. */
  #open(id: number): Block | undefined {
    const held = this.#blocks.get(id);
    if (held) return held;
    const block = readable(() => openBlock(blob(this.#body.get(id)?.body)));
    if (!block.ok) return undefined;
    this.#blocks.set(id, block.value);
    if (this.#blocks.size > blocksHeldMax) this.#blocks.delete(this.#blocks.keys().next().value ?? id);
    return block.value;
  }

  *#chunkRows(): Generator<ChunkRow | StoreDamage, void, void> {
    const rows = this.#db.prepare('SELECT id, device, count FROM chunk ORDER BY id').iterate();
    for (;;) {
      const next = readable(() => rows.next());
      if (!next.ok) {
        yield { ...unknown, kind: 'damage', table: 'chunk', row: undefined, problem: next.problem };
        return;
      }
      const { done, value } = next.value;
      if (done === true || value === undefined) return;
      yield { id: integer(value.id), device: integer(value.device), count: integer(value.count) };
    }
  }

  #chunk({ id, device, count }: ChunkRow): StoredRows | StoreDamage {
    const name = this.#names.get(device);
    const read = readable((): StoredRows => {
      const block = openBlock(blob(this.#body.get(id)?.body));
      const [offsets, indexes, boots, seqs] = [block.offsets(), block.indexes(), block.boots(), block.seqs()];
      const of = name ?? block.report(0).device;
      return { kind: 'rows', device: of, count: block.rows, offsets, indexes, boots, seqs };
    });
    if (read.ok) return read.value;
    return { kind: 'damage', table: 'chunk', row: id, problem: read.problem, device: name, reports: count };
  }
}

const unknown = { device: undefined, reports: undefined };

/** Damaged content, and pages that SQLite cannot make sense of, are an answer here. */
function readable<Value>(
  work: () => Value,
): { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: string } {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    const isOfTheWorld = isAftercareError(error, 'store-failed') || (error instanceof Error && 'errcode' in error);
    if (!isOfTheWorld || !(error instanceof Error)) throw error;
    return { ok: false, problem: error.message };
  }
}
