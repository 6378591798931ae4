import { HttpError, InfluxDB, type WriteApi } from '@influxdata/influxdb-client';
import { z } from 'zod';
import { AftercareError, isAftercareError } from '../../base/index.ts';
import { badAnswer, noAnswer, reasonOf } from './failure.ts';
import { identifier } from './influxql.ts';
import { type FieldType, lineOf, type Point } from './point.ts';
import type { FieldTypes, Refusal, Server } from './refusal.ts';

/** Where an InfluxDB is and what of it is ours. */
export interface InfluxPlace {
  /** http or https; may hold a user and a password, and a path. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly org?: string | undefined;
  /** Written by `/api/v2/write` when given, else `db` by `/write`. */
  readonly bucket?: string | undefined;
  /** Read by `/query`. Default: the bucket, else `aftercare`. */
  readonly db?: string | undefined;
}

export interface ServerLimits {
  /** For each request, from its begin to the last byte of its answer. */
  readonly timeoutMs: number;
  /** Of an answer to a query. */
  readonly answerBytesMax: number;
}

/** One series of an answer, as InfluxQL gives it. */
export interface ResultSeries {
  readonly name?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

const answerShape = z.object({
  results: z.array(
    z.object({
      error: z.string().optional(),
      partial: z.boolean().optional(),
      series: z
        .array(
          z.object({
            name: z.string().optional(),
            tags: z.record(z.string(), z.string()).optional(),
            columns: z.array(z.string()),
            values: z.array(z.array(z.unknown())).default([]),
            partial: z.boolean().optional(),
          }),
        )
        .default([]),
    }),
  ),
});

const fieldTypes: ReadonlySet<string> = new Set<FieldType>(['float', 'integer', 'string', 'boolean']);
/** A request of more statements than this becomes several. */
const statementsMax = 500;

/** HTTP to one InfluxDB. Every failure is an AftercareError that names the place, never the credentials. */
export class InfluxServer implements Server {
  /** For messages: without credentials. */
  readonly place: string;
  /** The server and what of it is filled. */
  readonly target: string;
  readonly #db: string;
  readonly #options: InfluxPlace;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #limits: ServerLimits;
  readonly #closed = new AbortController();
  /** A write had no answer: the server may still be at it. */
  #inDoubt = false;

  constructor(options: InfluxPlace, limits: ServerLimits) {
    const url = parsedUrl(options.url);
    this.place = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
    this.#db = options.db ?? options.bucket ?? 'aftercare';
    const bucket = options.bucket === undefined ? undefined : `bucket ${options.org ?? ''}/${options.bucket}`;
    this.target = `${this.place} ${bucket ?? `database ${this.#db}`}`;
    this.#options = options;
    this.#limits = limits;
    const authorization = options.token === undefined ? basicOf(url) : `Token ${options.token}`;
    this.#headers = authorization === undefined ? {} : { authorization };
  }

  async send(points: readonly Point[]): Promise<Refusal | undefined> {
    await this.#settleDoubt();
    const answer = await this.#post(points);
    if (answer === undefined || !this.#lacksDatabase(answer)) return this.#refusal(answer);
    await this.query([`CREATE DATABASE ${identifier(this.#db)}`]);
    return this.#refusal(await this.#post(points));
  }

  /** Where the server does not say (it may know no InfluxQL), nothing is known. */
  async fieldTypes(measurements: readonly string[]): Promise<FieldTypes> {
    const types = new Map<string, Map<string, Set<FieldType>>>();
    try {
      const [series] = await this.query([`SHOW FIELD KEYS FROM ${measurements.map(identifier).join(', ')}`]);
      for (const { name, values } of series ?? []) {
        const fields = new Map<string, Set<FieldType>>();
        for (const [field, type] of values) {
          if (typeof field !== 'string' || !isFieldType(type)) continue;
          fields.set(field, (fields.get(field) ?? new Set()).add(type));
        }
        if (name !== undefined) types.set(name, fields);
      }
    } catch (error) {
      if (!isAftercareError(error)) throw error;
    }
    return types;
  }

  /** The series of each statement's answer. A database that is not there yet has none. */
  async query(statements: readonly string[]): Promise<readonly (readonly ResultSeries[])[]> {
    const answers: (readonly ResultSeries[])[] = [];
    for (let first = 0; first < statements.length; first += statementsMax) {
      answers.push(...(await this.#query(statements.slice(first, first + statementsMax))));
    }
    return answers;
  }

  /** Ends what is under way. */
  close(): void {
    this.#closed.abort();
  }

  async #query(statements: readonly string[]): Promise<readonly (readonly ResultSeries[])[]> {
    const parameters = new URLSearchParams({ db: this.#db, epoch: 'ms' });
    const body = new URLSearchParams({ q: statements.join(';') });
    const { status, text } = await this.#fetch(`/query?${parameters}`, { method: 'POST', body });
    if (status !== 200) throw badAnswer(this.place, status, text);
    const parsed = answerShape.safeParse(jsonOrUndefined(text));
    if (!parsed.success) throw badAnswer(this.place, status, text);
    const { results } = parsed.data;
    const nothing = statements.map(() => []);
    const error = results[0]?.error ?? '';
    if (/database not found/i.test(error)) return nothing;
    if (/^not executed$/i.test(error) && statements.length > 1) {
      // Where the first of several fails, 1.6 does not say why.
      await this.#query(statements.slice(0, 1));
      return nothing;
    }
    for (const { error: failure, partial, series } of results) {
      if (failure !== undefined) throw badAnswer(this.place, status, failure);
      if (partial === true || series.some((one) => one.partial === true)) {
        throw badAnswer(this.place, status, 'the answer is cut off: its max-row-limit is too small');
      }
    }
    return statements.map((_, i) => results[i]?.series ?? []);
  }

  async #fetch(path: string, init: RequestInit): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(`${this.place}${path}`, { ...init, headers: this.#headers, signal: this.#signal() });
      return { status: response.status, text: await this.#text(response) };
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #text(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > this.#limits.answerBytesMax) {
        throw badAnswer(this.place, response.status, `more than ${this.#limits.answerBytesMax} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Undefined: taken. */
  async #post(points: readonly Point[]): Promise<HttpError | undefined> {
    const api = this.#writeApi(points.length);
    try {
      api.writeRecords(points.map(lineOf));
      await api.flush();
      return undefined;
    } catch (error) {
      if (error instanceof HttpError) return error;
      this.#inDoubt = true;
      throw this.#failure(error);
    } finally {
      api.dispose();
    }
  }

  /**
   * The client's buffer for one batch that is sent whole and once: it keeps no promise for what it retries in memory,
   * the log does.
   */
  #writeApi(lines: number): WriteApi {
    const { org = '', bucket } = this.#options;
    const client = new InfluxDB({
      url: this.place,
      headers: { ...this.#headers },
      // The client's own time-out leaves the request running.
      timeout: 0,
      transportOptions: { signal: this.#signal() },
    });
    const api = client.getWriteApi(org, bucket ?? '', 'ms', {
      batchSize: lines + 1,
      maxBatchBytes: Number.MAX_SAFE_INTEGER,
      flushInterval: 0,
      maxRetries: 0,
      // Else the client writes to the console.
      writeFailed: (error) => Promise.reject(error),
    });
    if (bucket === undefined) api.path = `/write?${new URLSearchParams({ db: this.#db, precision: 'ms' })}`;
    return api;
  }

  #refusal(answer: HttpError | undefined): Refusal | undefined {
    if (answer === undefined) return undefined;
    const { statusCode, body = '' } = answer;
    const text = body === '' ? answer.message : body;
    // 422 is what InfluxDB 2 says of a point of another type, 413 what proxies say of a batch.
    if (statusCode !== 400 && statusCode !== 413 && statusCode !== 422) throw badAnswer(this.place, statusCode, text);
    const dropped = /\bdropped=(\d+)/.exec(text)?.[1];
    return { reason: reasonOf(text), dropped: dropped === undefined ? undefined : Number(dropped) };
  }

  #lacksDatabase({ statusCode, body }: HttpError): boolean {
    return this.#options.bucket === undefined && statusCode === 404 && /database not found/i.test(body ?? '');
  }

  /**
   * A server that stands still takes requests into its socket and works on them later. One copy of a batch there is
   * harmless, many would keep it busy, and an old one might come after a newer point of the same time.
   */
  async #settleDoubt(): Promise<void> {
    if (!this.#inDoubt) return;
    const { status, text } = await this.#fetch('/ping', { method: 'GET' });
    if (status >= 500) throw badAnswer(this.place, status, text);
    this.#inDoubt = false;
  }

  #failure(error: unknown): AftercareError {
    if (isAftercareError(error)) return error;
    if (this.#closed.signal.aborted) return new AftercareError('store-failed', 'the telemetry store is closed');
    return noAnswer(this.place, error, this.#limits.timeoutMs);
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#limits.timeoutMs)]);
  }
}

/** Of one column in one row; undefined where it is absent or null. */
export function cell(series: ResultSeries, row: readonly unknown[], column: string): unknown {
  return row[series.columns.indexOf(column)] ?? undefined;
}

function isFieldType(type: unknown): type is FieldType {
  return typeof type === 'string' && fieldTypes.has(type);
}

function parsedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw unusableUrl();
}

/** The user and password of 1.x, where the URL has them. */
function basicOf({ username, password }: URL): string | undefined {
  if (username === '') return undefined;
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(credentials).toString('base64')}`;
  } catch {
    throw unusableUrl();
  }
}

function unusableUrl(): AftercareError {
  return new AftercareError('config-invalid', 'the URL of InfluxDB is not usable', {
    hint: 'INFLUX_URL looks like http://127.0.0.1:8086, or http://user:password@host:8086 with % escapes.',
  });
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
