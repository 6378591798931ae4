import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { blob, integer, openShared } from '../sqlite/index.ts';
import type { Report } from '../telemetry/index.ts';
import { openBlock } from './block-codec.ts';
import { blockReports } from './block-reports.ts';
import { logOrder, timeOrder } from './log-order.ts';
import { readRecent } from './recent-rows.ts';
import { fileName, formatVersions, translated } from './sqlite.ts';

export interface StoredReportsQuery {
  readonly device: string;
  /** Event time, epoch ms, `from` inclusive, `to` exclusive; undefined = unbounded. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Log offset, exclusive. */
  readonly before: number;
}

/** Reports that follow each other. */
export interface StoredBlock {
  readonly reports: readonly Report[];
  /** How far each was behind its device's newest event time when it came, 0 for most; undefined when none was. */
  readonly behindMs: Float64Array | undefined;
}

/** The embedded store as a replay reads it: device by device, while a service may be writing to it. */
export interface StoredReports {
  /** How many reports each of these devices has, nearly: what came meanwhile may be missing. */
  counts(devices: readonly string[]): ReadonlyMap<string, number>;
  /** A device's reports in the order of event time, those of one time in log order, a block at a time. */
  reports(query: StoredReportsQuery): Generator<StoredBlock, void, void>;
  close(): void;
}

/**
 * Opens the embedded store to read it, whoever else uses it. Undefined when there is none. Errors:
 * `data-folder-unusable` when the file is no store or of another format, `store-failed` for damaged blocks.
 */
export function openStoredReports(folder: string): StoredReports | undefined {
  const db = openShared(folder, fileName, formatVersions);
  return db && new SharedReports(db);
}

/** Some of a device's reports, in log order, and what lies before them. */
interface Part {
  readonly firstAt: number;
  readonly lastAt: number;
  /** The device's newest event time before it. */
  readonly watermark: number;
  read(): readonly Report[];
}

class SharedReports implements StoredReports {
  readonly #db: DatabaseSync;
  readonly #device: StatementSync;
  readonly #chunks: StatementSync;
  readonly #body: StatementSync;
  readonly #count: StatementSync;
  /** Reports that were not in chunks when this was opened, by device. They may be by now. */
  readonly #recent: ReadonlyMap<string, readonly Report[]>;
  #readers = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#device = db.prepare('SELECT id FROM device WHERE name = ?');
    this.#count = db.prepare('SELECT coalesce(sum(count), 0) AS count FROM chunk WHERE device = ?');
    this.#chunks = db.prepare(
      'SELECT id, first_at, last_at, first_offset, last_offset FROM chunk WHERE device = ? ORDER BY id',
    );
    this.#body = db.prepare('SELECT body FROM chunk WHERE id = ?');
    this.#recent = translated('be read', () => {
      db.exec('BEGIN');
      try {
        return readRecent(db, (body) => blockReports(openBlock(body)));
      } finally {
        db.exec('COMMIT');
      }
    });
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

  /** One state of the file from the first block to the last: chunks are merged while this goes on. */
  *reports(query: StoredReportsQuery): Generator<StoredBlock, void, void> {
    if (this.#readers++ === 0) this.#db.exec('BEGIN');
    try {
      yield* inEventTime(this.#parts(query), query);
    } finally {
      if (--this.#readers === 0) this.#db.exec('COMMIT');
    }
  }

  close(): void {
    this.#db.close();
  }

  #parts({ device, before }: StoredReportsQuery): Part[] {
    const parts: Part[] = [];
    let watermark = Number.NEGATIVE_INFINITY;
    const add = (firstAt: number, lastAt: number, read: Part['read']) => {
      parts.push({ firstAt, lastAt, watermark, read });
      watermark = Math.max(watermark, lastAt);
    };
    const id = this.#device.get(device)?.id;
    const rows = id === undefined ? [] : translated('be read', () => this.#chunks.all(integer(id)));
    const open = (chunk: number) =>
      translated('be read', () => blockReports(openBlock(blob(this.#body.get(chunk)?.body))));
    for (const row of rows) {
      if (integer(row.first_offset) >= before) break;
      add(integer(row.first_at), integer(row.last_at), () => open(integer(row.id)));
    }
    const last = rows.at(-1);
    const recent = this.#recent.get(device) ?? [];
    const packed =
      last && recent[0] && integer(last.last_offset) >= recent[0].offset ? open(integer(last.id)).at(-1) : undefined;
    const rest = packed === undefined ? recent : recent.filter((report) => logOrder(report, packed) > 0);
    if (rest.length > 0) {
      const times = rest.map(({ at }) => at);
      add(times.reduce(least), times.reduce(most), () => rest);
    }
    return parts;
  }
}

const least = (a: number, b: number): number => Math.min(a, b);
const most = (a: number, b: number): number => Math.max(a, b);

/** A part that is open: sorted, and read up to `next`. */
interface OpenPart extends StoredBlock {
  next: number;
}

/** Parts overlap in event time only where reports came late: one or a few are open at a time. */
function* inEventTime(parts: readonly Part[], query: StoredReportsQuery): Generator<StoredBlock, void, void> {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query;
  const wanted = parts.filter(({ firstAt, lastAt }) => lastAt >= from && firstAt < to);
  wanted.sort((a, b) => a.firstAt - b.firstAt);
  let open: OpenPart[] = [];
  for (const part of wanted) {
    yield* takeBefore(open, part.firstAt);
    open = open.filter(({ reports, next }) => next < reports.length);
    open.push(openPart(part, { ...query, from, to }));
  }
  yield* takeBefore(open, Number.POSITIVE_INFINITY);
}

function* takeBefore(open: readonly OpenPart[], at: number): Generator<StoredBlock, void, void> {
  const slices = open.flatMap((part): readonly StoredBlock[] => {
    const { reports, behindMs, next: start } = part;
    let end = start;
    while ((reports[end]?.at ?? Number.POSITIVE_INFINITY) < at) end += 1;
    part.next = end;
    if (end === start) return [];
    const whole = start === 0 && end === reports.length;
    return whole ? [part] : [{ reports: reports.slice(start, end), behindMs: behindMs?.slice(start, end) }];
  });
  const [only] = slices;
  if (only && slices.length === 1) yield { reports: only.reports, behindMs: only.behindMs };
  else if (only) yield merged(slices);
}

function merged(slices: readonly StoredBlock[]): StoredBlock {
  const rows = slices.flatMap(({ reports, behindMs }) =>
    reports.map((report, index) => ({ report, behindMs: behindMs?.[index] ?? 0 })),
  );
  rows.sort((a, b) => timeOrder(a.report, b.report));
  return { reports: rows.map(({ report }) => report), behindMs: Float64Array.from(rows, ({ behindMs }) => behindMs) };
}

function openPart(part: Part, { from, to, before }: StoredReportsQuery & { from: number; to: number }): OpenPart {
  let { watermark } = part;
  let isLate = false;
  const all = part.read();
  const behindMs = Float64Array.from(all, ({ at }) => {
    watermark = Math.max(watermark, at);
    isLate ||= at < watermark;
    return watermark - at;
  });
  const isInside = part.firstAt >= from && part.lastAt < to && (all.at(-1)?.offset ?? 0) < before;
  if (isInside && !isLate) return { reports: all, behindMs: undefined, next: 0 };
  const rows = all.flatMap((report, index) => {
    const isWanted = report.at >= from && report.at < to && report.offset < before;
    return isWanted ? [{ report, behindMs: behindMs[index] ?? 0 }] : [];
  });
  rows.sort((a, b) => timeOrder(a.report, b.report));
  const reports = rows.map(({ report }) => report);
  return { reports, behindMs: isLate ? Float64Array.from(rows, (row) => row.behindMs) : undefined, next: 0 };
}
