import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { scenarios } from '../../simulators/scenario.ts';
import type { Demo } from '../api/index.ts';
import { AftercareError, type Clock, secondMs } from '../base/index.ts';
import type { Api } from './api-client.ts';
import type { DemoMessage } from './demo-worker.ts';

export interface DemoOptions {
  /** Where the service can be reached; asked at each start. */
  readonly api: () => Api;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface DemoRun {
  readonly worker: Worker;
  readonly begun: Promise<void>;
  readonly ended: Promise<void>;
}

/** What is under way is waited for this long. */
const stopMsMax = 8 * secondMs;

/**
 * The demo scenario, published over MQTT to the service's own broker like the reports of any other device. It runs in a
 * thread of its own, so that it takes no turn from the service, and ends with the process whatever becomes of it.
 */
export function createDemo({ api, clock, logger }: DemoOptions): Demo {
  let run: DemoRun | undefined;
  let startedAt: number | undefined;

  const begin = (): DemoRun => {
    startedAt = clock();
    const worker = new Worker(join(import.meta.dirname, 'demo-worker.ts'), {
      workerData: api(),
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 12 },
    });
    const begun = Promise.withResolvers<void>();
    // A start that nobody waits for any more may fail all the same.
    begun.promise.catch(() => undefined);
    worker.on('message', (message: DemoMessage) => {
      if (message.kind === 'begun') return begun.resolve();
      logger.warn({ reason: message.reason }, 'the demo ended');
      begun.reject(new AftercareError('request-invalid', `the demo cannot run: ${message.reason}`));
    });
    worker.on('error', (error) => logger.error({ err: error }, 'the demo ended by a mistake'));
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        run = undefined;
        begun.reject(new AftercareError('request-invalid', 'the demo ended before its first report'));
        resolve();
      });
    });
    return { worker, begun: begun.promise, ended };
  };

  return {
    async start() {
      run ??= begin();
      await run.begun;
    },
    async stop() {
      if (run === undefined) return;
      const { worker, ended } = run;
      worker.postMessage('stop');
      const late = new AbortController();
      await Promise.race([ended, sleep(stopMsMax, undefined, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
      await worker.terminate();
    },
    state: () => ({ running: run !== undefined, devices: scenarios.demo.devices, startedAt }),
  };
}
