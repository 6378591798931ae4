import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRecording } from '../../simulators/csv.ts';
import {
  type BacktestResult,
  type KnownTruth,
  type PackText,
  RecordingReplay,
  type RecordingRow,
  sumUp,
} from '../backtest/index.ts';
import { AftercareError, fileReason } from '../base/index.ts';
import { formatProblem, type ProductPack } from '../product/index.ts';
import { apiOf, call, hasText, refused } from './api-client.ts';
import { backtestText } from './backtest-text.ts';
import { type BacktestProgress, everyCore, runBacktest } from './backtest-threads.ts';
import type { ExitCode } from './command-line.ts';
import { readConfig } from './config.ts';
import { instantOption } from './instant-option.ts';
import { findPackFiles, readPack, readPublishedPack } from './packs.ts';
import { progressLine } from './progress-line.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { readTruthFile } from './truth-file.ts';

export interface BacktestCommandOptions {
  /** The candidate: a pack file. */
  readonly pack: string;
  /** A pack file, or `live`. */
  readonly against?: string;
  readonly data?: string;
  readonly csv?: string;
  readonly device?: string;
  readonly devices?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  /** The product that the pack must be of. */
  readonly product?: string;
  /** JSON Lines of planted faults. */
  readonly outcomes?: string;
  readonly threads?: number;
  readonly url?: string;
  readonly json: boolean;
}

interface Candidate extends PackText {
  readonly pack: ProductPack;
}

/** `aftercare backtest`: 0 when it ran to its end, 1 when it was ended before. */
export async function backtestCommand(options: BacktestCommandOptions): Promise<ExitCode> {
  const candidate = readCandidate(options.pack, options.product);
  const stop = stopOnSignal();
  const show = progressLine();
  try {
    const result = await resultOf(options, candidate, stop.signal, show);
    show('');
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : backtestText(result));
    return 0;
  } catch (error) {
    show('');
    if (!stop.signal.aborted) throw error;
    process.stderr.write('the backtest was cancelled\n');
    return 1;
  }
}

type Show = (line: string) => void;

function resultOf(options: BacktestCommandOptions, candidate: Candidate, signal: AbortSignal, show: Show) {
  if (options.csv !== undefined) return overRecording(options.csv, options, candidate, signal, show);
  if (options.data !== undefined) return overFolder(options.data, options, candidate, signal, show);
  return overApi(options, candidate, signal, show);
}

function readCandidate(file: string, product: string | undefined): Candidate {
  const read = readPackFile(file);
  if (product === undefined || read.pack.product === product) return read;
  throw new AftercareError('request-invalid', `${file} is a pack of ${read.pack.product}, not of ${product}`);
}

function readPackFile(file: string): Candidate {
  const source = packText(file);
  const read = readPack(file, source);
  if ('pack' in read) return { file, source, pack: read.pack };
  throw new AftercareError('pack-invalid', read.problems.map(formatProblem).join('\n'));
}

function packText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AftercareError('request-invalid', `${file}: ${fileReason(cause)}`, {
      hint: 'Name a product pack file, like products/cold-fridge.yaml.',
      cause,
    });
  }
}

function againstOf({ against }: BacktestCommandOptions, product: string): PackText | undefined {
  if (against === undefined || against === 'live') return undefined;
  const { file, source } = readCandidate(against, product);
  return { file, source };
}

function rangeOf(options: BacktestCommandOptions): { from: number | undefined; to: number | undefined } {
  const from = options.from === undefined ? undefined : instantOption('--from', options.from);
  const to = options.to === undefined ? undefined : instantOption('--to', options.to);
  if (from === undefined || to === undefined || from < to) return { from, to };
  throw new AftercareError('request-invalid', '--to does not lie after --from');
}

function truthOf({ outcomes }: BacktestCommandOptions): KnownTruth | undefined {
  return outcomes === undefined ? undefined : { kind: 'planted', faults: readTruthFile(outcomes) };
}

function overFolder(
  folder: string,
  options: BacktestCommandOptions,
  { file, source, pack }: Candidate,
  signal: AbortSignal,
  show: Show,
): Promise<BacktestResult> {
  const { product } = pack;
  return runBacktest({
    folder,
    request: {
      product,
      candidate: { file, source },
      against: againstOf(options, product),
      ...rangeOf(options),
      devices: options.devices,
      truth: truthOf(options),
      casesPerRuleHourMax: readConfig(process.cwd(), process.env).AFTERCARE_LIMIT_CASES_PER_RULE_HOUR,
    },
    pack,
    threadsMax: options.threads ?? everyCore,
    signal,
    onProgress: (progress) => show(progressText(progress)),
  });
}

const rowsAtOnce = 1_000;

async function overRecording(
  csv: string,
  options: BacktestCommandOptions,
  { file, source, pack }: Candidate,
  signal: AbortSignal,
  show: Show,
): Promise<BacktestResult> {
  const { product } = pack;
  const range = rangeOf(options);
  const against = againstOf(options, product) ?? ownPack(product);
  const device = options.device ?? 'recording';
  const packs = [against, { file, source }];
  const replay = new RecordingReplay(device, { product, packs, others: [], readPack: readPublishedPack });
  const known = new Set(pack.signals.map(({ name }) => name));
  let rows: RecordingRow[] = [];
  let count = 0;
  const feed = () => {
    signal.throwIfAborted();
    replay.feed(rows);
    count += rows.length;
    rows = [];
    show(`${count} rows`);
  };
  for await (const { at, signals, columns } of readRecording(csv)) {
    if (count + rows.length === 0) checkColumns(csv, columns, known);
    if (at < (range.to ?? Number.POSITIVE_INFINITY)) rows.push({ at, signals });
    if (rows.length === rowsAtOnce) feed();
  }
  feed();
  const { counts, folded } = replay.end(range);
  const shown = { name: against.file, version: null };
  const plan = { against: shown, range, readFrom: undefined, devices: 1, truth: truthOf(options) };
  const notes =
    range.from === undefined ? [] : ['Rows before the range were replayed too: what came before it was known.'];
  return sumUp({ plan, pack, counts: [counts], folded, notes });
}

/** A recording without a service is compared with what the products folder would publish. */
function ownPack(product: string): PackText {
  const folder = readConfig(process.cwd(), process.env).AFTERCARE_PRODUCTS;
  for (const { file, source } of findPackFiles([folder]).files) {
    const read = readPack(file, source);
    if ('pack' in read && read.pack.product === product) return { file, source };
  }
  throw new AftercareError('product-not-found', `there is no sound pack of ${product} in ${folder} to compare with`, {
    hint: 'name a pack file with --against',
  });
}

function checkColumns(csv: string, columns: readonly string[], known: ReadonlySet<string>): void {
  if (columns.some((name) => known.has(name))) return;
  throw new AftercareError('csv-invalid', `${csv}:1:1: none of its columns is a signal of the pack`, {
    hint: `the pack's signals are: ${[...known].join(', ')}`,
  });
}

const pollEveryMs = 200;

async function overApi(
  options: BacktestCommandOptions,
  { file, source, pack }: Candidate,
  signal: AbortSignal,
  show: Show,
): Promise<BacktestResult> {
  if (options.outcomes !== undefined) {
    throw new AftercareError('request-invalid', '--outcomes needs --data or --csv', {
      hint: 'a service goes by the verdicts of its own cases',
    });
  }
  const api = apiOf(readConfig(process.cwd(), process.env), options.url === undefined ? {} : { url: options.url });
  const { product } = pack;
  const against = againstOf(options, product);
  const { from, to } = rangeOf(options);
  const asked = {
    file,
    source,
    ...(against ? { against: against.source, againstFile: against.file } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(options.devices ? { devices: options.devices } : {}),
  };
  const started = await call(api, `/api/v1/products/${product}/backtests`, asked);
  if (started.status !== 202 || !hasText(started.body, 'id')) throw refused(started);
  const path = `/api/v1/backtests/${started.body.id}`;
  for (;;) {
    const answer = await call(api, path);
    if (answer.status !== 200 || !hasText(answer.body, 'state')) throw refused(answer);
    const { body } = answer;
    if (body.state === 'done') return doneResult(body);
    if (body.state === 'failed' || body.state === 'cancelled') throw endedEarly(body);
    show(progressText(progressOf(body)));
    await sleep(pollEveryMs, undefined, { signal }).catch(async () => {
      await call(api, path, undefined, 'DELETE');
      throw signal.reason;
    });
  }
}

// The service's answers follow its own description.

function progressOf(body: object): BacktestProgress {
  return (body as { readonly progress: BacktestProgress }).progress;
}

function doneResult(body: object): BacktestResult {
  return (body as { readonly result: BacktestResult }).result;
}

function endedEarly(body: { readonly state: string }): AftercareError {
  const reason = hasText(body, 'problem') ? `: ${body.problem}` : '';
  return new AftercareError(
    'request-invalid',
    `the backtest ${body.state === 'failed' ? 'failed' : 'was cancelled'}${reason}`,
  );
}

function progressText({ reports, total, share }: BacktestProgress): string {
  return `${Math.floor(100 * share)} %, ${reports} of ${total} reports`;
}
