import type { Logger } from 'pino';
import type { BacktestAsked, BacktestRun, Backtests } from '../api/index.ts';
import type { PackText } from '../backtest/index.ts';
import { AftercareError, type Clock, isAftercareError } from '../base/index.ts';
import { formatProblem, type ProductPack } from '../product/index.ts';
import { everyCore, runBacktest } from './backtest-threads.ts';
import { readPack } from './packs.ts';

export interface BacktestsOptions {
  /** The data folder, which this process uses. */
  readonly folder: string;
  readonly clock: Clock;
  readonly casesPerRuleHourMax: number;
  /** A name for a run that nobody guesses. */
  readonly newId: () => string;
  readonly logger: Logger;
}

/** Wishes that wait; beyond it 429. */
export const backtestsWaitingMax = 8;
/** Runs that are over and are kept in memory, each at most a megabyte or two; the oldest goes first. */
export const backtestsKeptMax = 20;
/** A core is left to the service, where there is more than one. */
const threadsMax = Math.max(1, Math.min(8, everyCore - 1));

interface Job {
  run: BacktestRun;
  readonly asked: BacktestAsked;
  readonly pack: ProductPack;
  readonly stop: AbortController;
}

/** Backtests of the running service, and how they are ended when it stops. */
export function createBacktests(options: BacktestsOptions): Backtests & { stop(): Promise<void> } {
  const { folder, clock, casesPerRuleHourMax, newId, logger } = options;
  const jobs = new Map<string, Job>();
  let working: Promise<void> | undefined;
  let isStopping = false;

  const change = (job: Job, changes: Partial<BacktestRun>) => {
    job.run = { ...job.run, ...changes };
  };
  const end = (job: Job, changes: Partial<BacktestRun>) => {
    change(job, { endedAt: clock(), ...changes });
    const over = [...jobs.values()].filter(({ run }) => run.endedAt !== undefined);
    for (const { run } of over.slice(0, Math.max(0, over.length - backtestsKeptMax))) jobs.delete(run.id);
  };
  const work = async (): Promise<void> => {
    for (let job = nextOf(jobs); job !== undefined && !isStopping; job = nextOf(jobs)) await runOne(job);
    working = undefined;
  };
  const runOne = async (job: Job): Promise<void> => {
    change(job, { state: 'running' });
    const { asked, pack, stop } = job;
    try {
      const onProgress = (progress: BacktestRun['progress']) => change(job, { progress });
      const request = { ...asked, truth: undefined, casesPerRuleHourMax };
      const result = await runBacktest({ folder, request, pack, threadsMax, signal: stop.signal, onProgress });
      stop.signal.throwIfAborted();
      const { reports } = result;
      end(job, { state: 'done', result, progress: { reports, total: reports, share: 1 } });
    } catch (error) {
      if (stop.signal.aborted) end(job, { state: 'cancelled' });
      else end(job, { state: 'failed', problem: reasonOf(error, logger) });
    }
  };

  return {
    start(asked) {
      const read = readPacks(asked);
      if ('problems' in read) return read;
      const waiting = [...jobs.values()].filter(({ run }) => run.state === 'queued').length;
      if (waiting >= backtestsWaitingMax) {
        throw new AftercareError('too-many-requests', `${waiting} backtests wait already.`, {
          hint: 'Wait until one is through, or cancel one with DELETE /api/v1/backtests/{id}.',
        });
      }
      const job = newJob(newId(), asked, read.pack, clock());
      jobs.set(job.run.id, job);
      const { run } = job;
      working ??= work();
      return { run };
    },
    get: (id) => jobs.get(id)?.run,
    list: (product) =>
      [...jobs.values()]
        .map(({ run }) => run)
        .filter((run) => run.product === product)
        .reverse(),
    cancel(id) {
      const job = jobs.get(id);
      if (job?.run.state === 'queued') end(job, { state: 'cancelled' });
      // Its threads end a little later; nothing more comes of it.
      if (job?.run.state === 'running') change(job, { state: 'cancelled' });
      job?.stop.abort();
      return job?.run;
    },
    async stop() {
      isStopping = true;
      for (const job of jobs.values()) job.stop.abort();
      await working;
    },
  };
}

function nextOf(jobs: ReadonlyMap<string, Job>): Job | undefined {
  return [...jobs.values()].find(({ run }) => run.state === 'queued');
}

function newJob(id: string, asked: BacktestAsked, pack: ProductPack, createdAt: number): Job {
  const progress = { reports: 0, total: 0, share: 0 };
  const nothing = { endedAt: undefined, problem: undefined, result: undefined };
  const run: BacktestRun = { id, product: asked.product, state: 'queued', createdAt, progress, ...nothing };
  return { run, asked, pack, stop: new AbortController() };
}

/** The candidate, read; or every problem of the packs. */
function readPacks({ product, candidate, against }: BacktestAsked): { pack: ProductPack } | { problems: string[] } {
  const [read, other] = [readOne(product, candidate), against && readOne(product, against)];
  const problems = [read, other].flatMap((item) => (item && 'problems' in item ? item.problems : []));
  return 'pack' in read && problems.length === 0 ? read : { problems };
}

function readOne(product: string, { file, source }: PackText): { pack: ProductPack } | { problems: string[] } {
  const read = readPack(file, source);
  if ('problems' in read) return { problems: read.problems.map(formatProblem) };
  if (read.pack.product === product) return read;
  return { problems: [`${file}:1:1: the pack is of ${read.pack.product}, not of ${product}`] };
}

function reasonOf(error: unknown, logger: Logger): string {
  if (isAftercareError(error)) return [error.message, error.hint].filter(Boolean).join('; ');
  logger.error({ err: error }, 'a backtest ended by a mistake');
  return 'the service made a mistake; its diagnostics hold the details';
}
