import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import {
  type BacktestPlan,
  type BacktestRequest,
  type BacktestResult,
  type Folded,
  type PartOutcome,
  sumUp,
} from '../backtest/index.ts';
import { AftercareError, assert } from '../base/index.ts';
import { formatProblem, type ProductPack } from '../product/index.ts';
import { type FromBacktestThread, received, type ToBacktestThread } from './backtest-messages.ts';
import { packsPublished } from './known-packs.ts';
import { readPack } from './packs.ts';
import { startBacktestThread } from './start-backtest-thread.ts';

export interface BacktestProgress {
  readonly reports: number;
  /** Nearly: what comes meanwhile is not replayed, what is out of the range is not read. */
  readonly total: number;
  /** 0 to 1. */
  readonly share: number;
}

export interface BacktestOptions {
  readonly folder: string;
  readonly request: BacktestRequest;
  /** The candidate, read. */
  readonly pack: ProductPack;
  readonly threadsMax: number;
  /** Ends it: the promise then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BacktestProgress) => void;
}

/** One a core. */
export const everyCore = availableParallelism();

/**
 * Runs a backtest over a data folder in threads of its own, and ends them. The result does not depend on how many they
 * are. Rejects as {@link planBacktest} does, and with `store-failed` when something stored is damaged.
 */
export async function runBacktest(options: BacktestOptions): Promise<BacktestResult> {
  const run = new Run(options);
  options.signal.throwIfAborted();
  const abort = () => run.fail(options.signal.reason);
  options.signal.addEventListener('abort', abort);
  try {
    return await run.result();
  } finally {
    options.signal.removeEventListener('abort', abort);
    await run.end();
  }
}

class Run {
  readonly #options: BacktestOptions;
  readonly #threads: Worker[] = [];
  readonly #failure = Promise.withResolvers<never>();
  #reports = 0;

  constructor(options: BacktestOptions) {
    this.#options = options;
    // It may fail when nobody waits for it any more.
    this.#failure.promise.catch(() => undefined);
  }

  fail(reason: unknown): void {
    this.#failure.reject(reason);
  }

  async result(): Promise<BacktestResult> {
    const { request, pack, threadsMax } = this.#options;
    const first = this.#thread();
    const plan = await this.#plan(first, request);
    checkParents(plan, pack);
    const others = Array.from({ length: Math.min(threadsMax, plan.parts.length) - 1 }, () => this.#thread());
    const outcomes = await this.#replay(plan, [first, ...others]);
    const folded = await this.#fold(first, plan, outcomes);
    return sumUp({ plan, pack, counts: outcomes, folded, notes: [] });
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #thread(): Worker {
    const thread = startBacktestThread(this.#options.folder);
    thread.on('error', (error) => this.fail(error));
    thread.on('message', (message: FromBacktestThread) => {
      if (message.kind === 'failed') this.fail(received(message.error));
    });
    this.#threads.push(thread);
    return thread;
  }

  #plan(thread: Worker, request: BacktestRequest): Promise<BacktestPlan> {
    const planned = new Promise<BacktestPlan>((resolve) => {
      thread.on('message', (message: FromBacktestThread) => {
        if (message.kind === 'planned') resolve(message.plan);
      });
    });
    ask(thread, { kind: 'plan', request });
    return Promise.race([planned, this.#failure.promise]);
  }

  /** What spans devices is decided when all are replayed. */
  #fold(thread: Worker, { parts, ...plan }: BacktestPlan, outcomes: readonly PartOutcome[]): Promise<Folded> {
    const folded = new Promise<Folded>((resolve) => {
      thread.on('message', (message: FromBacktestThread) => {
        if (message.kind === 'folded') resolve(message.folded);
      });
    });
    const told = [outcomes.flatMap((part) => part.told[0]), outcomes.flatMap((part) => part.told[1])];
    ask(thread, { kind: 'fold', plan, told });
    return Promise.race([folded, this.#failure.promise]);
  }

  /** Every thread takes the next part when it is through with one; outcomes are in the parts' order. */
  #replay({ parts, ...plan }: BacktestPlan, threads: readonly Worker[]): Promise<readonly PartOutcome[]> {
    const outcomes: PartOutcome[] = [];
    let next = 0;
    let done = 0;
    const all = Promise.withResolvers<readonly PartOutcome[]>();
    const giveNext = (thread: Worker, isFirst: boolean) => {
      const part = parts[next];
      if (part !== undefined) ask(thread, { kind: 'part', number: next++, plan: isFirst ? plan : undefined, part });
    };
    if (parts.length === 0) all.resolve([]);
    for (const thread of threads) {
      thread.on('message', (message: FromBacktestThread) => {
        if (message.kind === 'reports') this.#note(message.count, plan.reports);
        if (message.kind !== 'done') return;
        outcomes[message.number] = message.outcome;
        done += 1;
        assert(done <= parts.length, 'a part is done once');
        if (done === parts.length) all.resolve(outcomes);
        else giveNext(thread, false);
      });
      giveNext(thread, true);
    }
    return Promise.race([all.promise, this.#failure.promise]);
  }

  #note(count: number, total: number): void {
    this.#reports += count;
    const share = total === 0 ? 1 : Math.min(1, this.#reports / total);
    this.#options.onProgress({ reports: this.#reports, total, share });
  }
}

/** With the packs of the folder at hand, what the candidate asks of parents can be checked. */
function checkParents({ parentSignals, packs, others }: BacktestPlan, pack: ProductPack): void {
  if (pack.parent === undefined || parentSignals.length === 0) return;
  const [, { file, source }] = packs;
  const read = readPack(file, source, packsPublished(others));
  if ('pack' in read) return;
  throw new AftercareError('pack-invalid', read.problems.map(formatProblem).join('\n'));
}

function ask(thread: Worker, message: ToBacktestThread): void {
  thread.postMessage(message);
}
