import { AftercareError, assert } from '../../base/index.ts';
import { answer } from '../../sqlite/index.ts';
import type { Report } from '../../telemetry/index.ts';
import { assertLogOrder } from '../log-order.ts';
import { type Reports, reportsOf } from '../sheet.ts';
import type { ReportsQuery, SeriesPoint, SeriesQuery, TelemetryStore } from '../store.ts';
import { CursorFile, type Poison } from './cursor-file.ts';
import { lineOf, type Point, pointsOf, type Refused } from './point.ts';
import { blamesPoints, sendGood } from './refusal.ts';
import { readSeries } from './series.ts';
import { type InfluxPlace, InfluxServer, type ServerLimits } from './server.ts';
import { newestReports, readByIdentity, readByOffset, readByTime } from './stored-reports.ts';

const reportsMax = 10_000;
const devicesMax = 1_000;
const pointsMax = 5_000;

export interface InfluxLimits extends ServerLimits {
  /** Points a request. */
  readonly batchPointsMax: number;
  /** Points that were not taken and are kept; the oldest go first. */
  readonly poisonMax: number;
}

const defaultLimits: InfluxLimits = {
  timeoutMs: 10_000,
  answerBytesMax: 64 * 1_024 * 1_024,
  batchPointsMax: 5_000,
  poisonMax: 10_000,
};

export interface InfluxStoreOptions extends InfluxPlace {
  /** The data folder, made when absent: `influx.sqlite` in it holds the cursor, and the points that were not taken. */
  readonly folder: string;
  readonly limits?: Partial<InfluxLimits>;
}

/**
 * Telemetry in an InfluxDB: 1.x, 3 Core, and 2.x where a bucket is given or a database is mapped to one.
 *
 * - A product is a measurement with the tag `device` and a field a signal; `reports` holds what else a report is.
 * - A point that InfluxDB does not take is kept in the data folder with the reason, and counts as stored.
 * - Of reports that share (device, at) it keeps the later, and a signal has one type for ever.
 * - Offsets and identities are looked for by reading through: they have no index here.
 * - Every failure rejects with `store-failed` and changes nothing that a repeat would not mend.
 */
export interface InfluxStore extends TelemetryStore {
  /** Points that were not taken, newest first. */
  poison(limit: number): Promise<Poison>;
}

/** Needs no server yet: a write says when there is none. */
export async function openInfluxStore(options: InfluxStoreOptions): Promise<InfluxStore> {
  const limits = { ...defaultLimits, ...options.limits };
  const server = new InfluxServer(options, limits);
  return new Influx(server, new CursorFile(options.folder, server.target, limits.poisonMax), limits);
}

class Influx implements InfluxStore {
  readonly #server: InfluxServer;
  readonly #file: CursorFile;
  readonly #limits: InfluxLimits;
  /** The last write, for they take their turns. */
  #turn: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(server: InfluxServer, file: CursorFile, limits: InfluxLimits) {
    this.#server = server;
    this.#file = file;
    this.#limits = limits;
  }

  async write(reports: Reports, next: number): Promise<void> {
    assertLogOrder(reports, next);
    const turn = this.#turn.then(() => this.#write(reportsOf(reports), next));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async cursor(): Promise<number> {
    this.#assertOpen();
    return answer(() => this.#file.next());
  }

  async series(query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    this.#assertOpen();
    assert(query.pointsMax >= 1 && query.pointsMax <= pointsMax, `1 to ${pointsMax} points a call`);
    return readSeries(this.#server, query);
  }

  async latest(devices: readonly string[]): Promise<ReadonlyMap<string, Report>> {
    this.#assertOpen();
    assert(devices.length <= devicesMax, `at most ${devicesMax} devices a call`);
    return newestReports(this.#server, devices);
  }

  async reports(query: ReportsQuery): Promise<readonly Report[]> {
    this.#assertOpen();
    if (query.by === 'identity') return readByIdentity(this.#server, query);
    assert(query.limit <= reportsMax, `at most ${reportsMax} reports a call`);
    return query.by === 'time' ? readByTime(this.#server, query) : readByOffset(this.#server, query);
  }

  async poison(limit: number): Promise<Poison> {
    this.#assertOpen();
    return answer(() => this.#file.poison(limit));
  }

  /** The server decides how it keeps what it took. */
  async sync(): Promise<void> {}

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#server.close();
    await this.#turn;
    this.#file.close();
  }

  async #write(reports: readonly Report[], next: number): Promise<void> {
    this.#assertOpen();
    const cursor = await answer(() => this.#file.next());
    if (next <= cursor) return;
    const { points, refused } = pointsOf(reports.filter(({ offset }) => offset >= cursor));
    const attempts = await this.#send(points);
    await answer(() => this.#file.move(next, [...refused, ...attempts]));
  }

  async #send(points: readonly Point[]): Promise<readonly Refused[]> {
    const refused: Refused[] = [];
    for (let first = 0; first < points.length; first += this.#limits.batchPointsMax) {
      const batch = points.slice(first, first + this.#limits.batchPointsMax);
      const attempt = await sendGood(batch, this.#server);
      const doubtful = attempt.anyTaken ? undefined : attempt.refused.find(({ reason }) => !blamesPoints(reason));
      if (doubtful !== undefined) throw this.#takesNothing(doubtful);
      refused.push(...attempt.refused);
    }
    return refused;
  }

  /** Were its points counted as stored, a wrong setting would lose all that come. */
  #takesNothing({ point, reason }: Refused): AftercareError {
    return new AftercareError('store-failed', `InfluxDB at ${this.#server.place} takes no point at all: ${reason}`, {
      hint: `Check the settings of InfluxDB; the first line was ${lineOf(point).slice(0, 200)}`,
    });
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new AftercareError('store-failed', 'the telemetry store is closed');
  }
}
