import { parentPort, workerData } from 'node:worker_threads';
import { scenarioNamed } from '../../simulators/index.ts';
import { assert, isAftercareError } from '../base/index.ts';
import type { Api } from './api-client.ts';
import { registerFleet } from './live-fleet.ts';

/** What the worker tells: that reports have begun to come, or why they do not. */
export type DemoMessage = { readonly kind: 'begun' } | { readonly kind: 'failed'; readonly reason: string };

assert(parentPort !== null, 'the demo runs in a worker');
const port = parentPort;
const stop = new AbortController();
port.once('message', () => stop.abort());

try {
  const fleet = await registerFleet({
    // The service made it; nobody else starts this file.
    api: workerData as Api,
    scenario: scenarioNamed('demo', Date.now()),
    signal: stop.signal,
    onProgress: ({ acknowledgedReports }) => {
      if (acknowledgedReports > 0) tell({ kind: 'begun' });
    },
  });
  await fleet.publish();
} catch (error) {
  if (!isAftercareError(error)) throw error;
  tell({ kind: 'failed', reason: [error.message, error.hint].filter(Boolean).join('; ') });
}
port.close();

function tell(message: DemoMessage): void {
  port.postMessage(message);
}
