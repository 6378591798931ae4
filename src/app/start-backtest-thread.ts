import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Room for objects that have just been made, as the main thread has it: V8's own choice buys nothing here either. */
const resourceLimits = { maxYoungGenerationSizeMb: 48 };

/** `folder`: the data folder, which the thread only reads. */
export function startBacktestThread(folder: string): Worker {
  const file = join(import.meta.dirname, 'backtest-thread.ts');
  return new Worker(file, { workerData: folder, execArgv: [], resourceLimits });
}
