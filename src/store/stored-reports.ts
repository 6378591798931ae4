import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { blob, integer, openShared, text } from '../sqlite/index.ts';
import type { FaultCode, Report, SignalValue } from '../telemetry/index.ts';
import type { Block } from './block.ts';
import { openBlock } from './block-codec.ts';
import { readFaults, sheetPlace } from './sheet.ts';
import { fileName, translated } from './sqlite.ts';

export interface StoredReportsQuery {
  readonly device: string;
  /** Event time, epoch ms, `from` inclusive, `to` exclusive; undefined = unbounded. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Log offset, exclusive. */
  readonly before: number;
}

/** The embedded store as a replay reads it: device by device, while a service may be writing to it. */
export interface StoredReports {
  /** How many reports each of these devices has, nearly: what came meanwhile may be missing. */
  counts(devices: readonly string[]): ReadonlyMap<string, number>;
  /** A device's reports in log order, a block at a time. */
  reports(query: StoredReportsQuery): Generator<readonly Report[], void, void>;
  close(): void;
}

/**
 * Opens the embedded store to read it, whoever else uses it. Undefined when there is none. Errors:
 * `data-folder-unusable` when the file is no store or of another format, `store-failed` for damaged blocks.
 */
export function openStoredReports(folder: string): StoredReports | undefined {
  const db = openShared(folder, fileName, readableVersions);
  return db && new SharedReports(db);
}

/** Formats whose chunks and recent reports are as this file reads them. */
const readableVersions = [1, 2];
/** Chunks that are read in one transaction: a reader that stays in one keeps the writer's journal growing. */
const chunksAtOnce = 64;

class SharedReports implements StoredReports {
  readonly #db: DatabaseSync;
  readonly #device: StatementSync;
  readonly #chunks: StatementSync;
  readonly #count: StatementSync;
  /**
   * Reports that were not in chunks when this was opened, by device. They may be by now: what a device's chunks have
   * given is not given again.
   */
  readonly #recent: ReadonlyMap<string, readonly Report[]>;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#device = db.prepare('SELECT id FROM device WHERE name = ?');
    this.#count = db.prepare('SELECT coalesce(sum(count), 0) AS count FROM chunk WHERE device = ?');
    this.#chunks = db.prepare(
      `SELECT id, first_offset, last_offset, first_at, last_at, body FROM chunk
       WHERE device = :device AND last_offset >= :after ORDER BY id LIMIT ${chunksAtOnce}`,
    );
    this.#recent = translated('be read', () => readRecent(db));
  }

  counts(devices: readonly string[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const device of devices) {
      const id = this.#device.get(device)?.id;
      const packed = id === undefined ? 0 : integer(this.#count.get(integer(id))?.count);
      counts.set(device, packed + (this.#recent.get(device)?.length ?? 0));
    }
    return counts;
  }

  *reports(query: StoredReportsQuery): Generator<readonly Report[], void, void> {
    const { device, before } = query;
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query;
    const isWanted = ({ at, offset }: Report) => at >= from && at < to && offset < before;
    const id = this.#device.get(device)?.id;
    // Chunks are merged while this goes on, but what they hold is a beginning of the device's reports in log order, so
    // that the last place read is one to go on from. A message of several reports may lie in two chunks.
    let last: Place = { offset: -1, index: 0 };
    for (let more = id !== undefined; more; ) {
      const rows = translated('be read', () => this.#chunks.all({ device: integer(id), after: last.offset }));
      for (const row of rows) {
        if (integer(row.first_offset) >= before) return;
        if (integer(row.first_at) >= to || integer(row.last_at) < from) {
          last = { offset: integer(row.last_offset), index: -1 };
          continue;
        }
        const reports = blockReports(openBlock(blob(row.body)));
        const goOnFrom = last;
        const isFresh = integer(row.first_offset) > goOnFrom.offset;
        const isInside =
          integer(row.first_at) >= from && integer(row.last_at) < to && integer(row.last_offset) < before;
        last = reports.at(-1) ?? last;
        yield isFresh && isInside ? reports : reports.filter((report) => isAfter(report, goOnFrom) && isWanted(report));
      }
      more = rows.length === chunksAtOnce;
    }
    const rest = this.#recent.get(device)?.filter((report) => isAfter(report, last) && isWanted(report));
    if (rest && rest.length > 0) yield rest;
  }

  close(): void {
    this.#db.close();
  }
}

type Place = Pick<Report, 'offset' | 'index'>;

function isAfter(a: Place, b: Place): boolean {
  return a.offset > b.offset || (a.offset === b.offset && a.index > b.index);
}

function readRecent(db: DatabaseSync): ReadonlyMap<string, readonly Report[]> {
  const recent = new Map<string, Report[]>();
  db.exec('BEGIN');
  try {
    const packed = new Map<string, number>();
    for (const row of db.prepare('SELECT name, packed FROM device').iterate()) {
      packed.set(text(row.name), integer(row.packed));
    }
    for (const row of db.prepare('SELECT body FROM recent ORDER BY next, id').iterate()) {
      for (const report of blockReports(openBlock(blob(row.body)))) {
        if (report.offset < (packed.get(report.device) ?? 0)) continue;
        const held = recent.get(report.device);
        if (held) held.push(report);
        else recent.set(report.device, [report]);
      }
    }
  } finally {
    db.exec('COMMIT');
  }
  return recent;
}

/** All rows of a block as reports: column by column where every row has every signal, as is nearly always so. */
export function blockReports(block: Block): Report[] {
  const columns = block.fullSignals();
  if (columns === undefined) return Array.from({ length: block.rows }, (_, row) => block.report(row));
  const signals = signalRows(block.rows, columns);
  const system = new Map(block.systemRows());
  const column = (place: number) => system.get(place) ?? [];
  const words = (place: number) => column(place) as ArrayLike<string | undefined>;
  const numbers = (place: number) => column(place) as ArrayLike<number | undefined>;
  const [devices, products] = [words(sheetPlace.device), words(sheetPlace.product)];
  const [offsets, indexes, ats, receivedAts] = [
    block.offsets(),
    block.indexes(),
    block.at(),
    numbers(sheetPlace.receivedAt),
  ];
  const [rawAts, seqs] = [numbers(sheetPlace.rawAt), numbers(sheetPlace.seq)];
  const [boots, firmwares, faults] = [words(sheetPlace.boot), words(sheetPlace.firmware), words(sheetPlace.faults)];
  const reports = new Array<Report>(block.rows);
  for (let row = 0; row < block.rows; row++) {
    const told = faults[row];
    reports[row] = {
      device: devices[row] ?? '',
      product: products[row] ?? '',
      offset: offsets[row] ?? 0,
      index: indexes[row] ?? 0,
      at: ats[row] ?? 0,
      receivedAt: receivedAts[row] ?? 0,
      rawAt: rawAts[row],
      boot: boots[row],
      seq: seqs[row],
      firmware: firmwares[row],
      signals: signals[row] ?? {},
      faults: told === undefined ? noFaults : readFaults(told),
    };
  }
  return reports;
}

const noFaults: readonly FaultCode[] = [];

type FullColumns = NonNullable<ReturnType<Block['fullSignals']>>;

function signalRows(count: number, columns: FullColumns): readonly Record<string, SignalValue>[] {
  // Copies of one object share its shape, and so do all rows that the engine reads.
  const shape: Record<string, SignalValue> = {};
  for (const { name, column } of columns)
    shape[name] = column.type === 'string' ? '' : column.type === 'boolean' ? false : 0;
  const rows = Array.from({ length: count }, () => ({ ...shape }));
  for (const { name, column } of columns) {
    const { values, type } = column;
    for (let row = 0; row < count; row++) {
      const signals = rows[row];
      const value = values[row];
      if (signals !== undefined && value !== undefined) signals[name] = type === 'boolean' ? value === 1 : value;
    }
  }
  return rows;
}
