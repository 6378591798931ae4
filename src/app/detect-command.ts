import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readRecording, type WrittenRow } from '../../simulators/csv.ts';
import { AftercareError, formatInstant } from '../base/index.ts';
import { formatProblem, type ProductPack } from '../product/index.ts';
import type { ExitCode } from './command-line.ts';
import { readConfig } from './config.ts';
import { type JudgedRow, SeriesRun } from './detect-series.ts';
import { findPackFiles, readPack } from './packs.ts';

export interface DetectOptions {
  /** Kinds of detectors, for a signal that no pack describes. */
  readonly watch?: readonly string[];
  /** A pack file, or the id of a pack in the products folder; then `signal` is one of its signals. */
  readonly product?: string;
  /** The column to judge; needed when there are several. */
  readonly signal?: string;
  readonly json: boolean;
}

/** What is best for a signal of which nothing is known. */
export const defaultWatch: readonly string[] = ['seasonal'];

const header = 'timestamp,value,anomaly_score,low,high,finding';
const chunkRows = 1000;

/**
 * `aftercare detect`: a recording through the engine as a live device's reports go through it; one row out for every
 * row in, in their order, each with the score of its first judgement.
 */
export async function detectCommand(csv: string, options: DetectOptions): Promise<ExitCode> {
  const described = options.product === undefined ? undefined : describedPack(options.product);
  const output = options.json ? new JsonOutput() : new CsvOutput();
  let run: SeriesRun | undefined;
  let column: string | undefined;
  for await (const row of readRecording(csv)) {
    column ??= options.signal ?? onlyColumn(csv, row);
    run ??= new SeriesRun(described ?? unknownPack(column, options.watch ?? defaultWatch), signalOf(described, column));
    const value = numberOf(csv, row, column);
    const judged = value === undefined ? undefined : run.judge(row.at, value);
    await output.row(row.timestamp, value, judged);
  }
  await output.end(run);
  return 0;
}

function onlyColumn(csv: string, { columns }: WrittenRow): string {
  const [first, ...others] = columns;
  if (first !== undefined && others.length === 0) return first;
  throw new AftercareError('request-invalid', `${csv} has several signals: ${columns.join(', ')}`, {
    hint: 'name one of them with --signal',
  });
}

function numberOf(csv: string, { signals, columns, line }: WrittenRow, column: string): number | undefined {
  const value = signals[column];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value !== undefined) throw new AftercareError('csv-invalid', `${csv}:${line}:1: ${value} is no number`);
  if (columns.includes(column)) return undefined;
  throw new AftercareError('request-invalid', `${csv} has no signal ${column}`, {
    hint: `its signals are: ${columns.join(', ')}`,
  });
}

function unknownPack(signal: string, watch: readonly string[]): ProductPack {
  const source = JSON.stringify({
    product: 'recording',
    title: 'Recording',
    signals: { [signal]: { kind: 'gauge', watch } },
  });
  const read = readPack('--watch', source);
  if ('pack' in read) return read.pack;
  throw new AftercareError('request-invalid', read.problems.map(({ text }) => text).join('\n'));
}

function describedPack(product: string): ProductPack {
  const isFile = existsSync(product);
  const folder = isFile ? product : readConfig(process.cwd(), process.env).AFTERCARE_PRODUCTS;
  const read = findPackFiles([folder]).files.map(({ file, source }) => readPack(file, source));
  const packs = read.flatMap((item) => ('pack' in item ? [item.pack] : []));
  const pack = isFile ? packs[0] : packs.find((item) => item.product === product);
  if (pack) return pack;
  const problems = read.flatMap((item) => ('problems' in item ? item.problems.map(formatProblem) : []));
  throw new AftercareError('product-not-found', [`there is no sound product pack ${product}`, ...problems].join('\n'));
}

function signalOf(pack: ProductPack | undefined, column: string): string {
  if (!pack || pack.signals.some(({ name }) => name === column)) return column;
  throw new AftercareError('signal-not-found', `${pack.product} has no signal ${column}`, {
    hint: `its signals are: ${pack.signals.map(({ name }) => name).join(', ')}`,
  });
}

class CsvOutput {
  #lines = [header];

  async row(timestamp: string, value: number | undefined, judged: JudgedRow | undefined): Promise<void> {
    const { anomalyScore = 0, low = '', high = '', finding = '' } = judged ?? {};
    this.#lines.push([timestamp, value ?? '', anomalyScore, low, high, finding].join(','));
    if (this.#lines.length >= chunkRows) await this.#flush();
  }

  async end(run: SeriesRun | undefined): Promise<void> {
    await this.#flush();
    if (!process.stderr.isTTY) return;
    for (const [index, { startsAt, explanation }] of (run?.findings ?? []).entries()) {
      process.stderr.write(`${index + 1}. ${formatInstant(startsAt)} ${explanation}\n`);
    }
  }

  async #flush(): Promise<void> {
    const text = this.#lines.map((line) => `${line}\n`).join('');
    this.#lines = [];
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}

class JsonOutput {
  readonly #rows: object[] = [];

  async row(timestamp: string, value: number | undefined, judged: JudgedRow | undefined): Promise<void> {
    this.#rows.push({ timestamp, value, anomalyScore: 0, ...judged });
  }

  async end(run: SeriesRun | undefined): Promise<void> {
    const findings = (run?.findings ?? []).map((event, index) => {
      const { source, startsAt, openedAt, endsAt, explanation } = event;
      const ended = endsAt === undefined ? {} : { endsAt: formatInstant(endsAt) };
      const times = { startsAt: formatInstant(startsAt), openedAt: formatInstant(openedAt), ...ended };
      return { number: index + 1, source, ...times, explanation };
    });
    process.stdout.write(`${JSON.stringify({ rows: this.#rows, findings })}\n`);
  }
}
