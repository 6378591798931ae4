import { parentPort, workerData } from 'node:worker_threads';
import { foldParts, PartRunner, planBacktest, whyAt } from '../backtest/index.ts';
import { assert } from '../base/index.ts';
import { type FromBacktestThread, sendable, type ToBacktestThread } from './backtest-messages.ts';
import { readPublishedPack } from './packs.ts';

/*
 * A thread that replays. It reads the data folder by itself, whoever uses it, so that what it does costs nobody else a
 * turn; whoever started it may end it at any time.
 */

assert(parentPort !== null, 'a replay runs in a thread of its own');
const port = parentPort;
// The other side made it; nobody else starts this file.
const folder = workerData as string;
const tellEveryMs = 200;
let runner: PartRunner | undefined;
let untold = 0;
let toldAt = 0;

port.on('message', (message: ToBacktestThread) => {
  try {
    take(message);
  } catch (error) {
    tell({ kind: 'failed', error: sendable(error) });
  }
});

function take(message: ToBacktestThread): void {
  if (message.kind === 'plan') tell({ kind: 'planned', plan: planBacktest(folder, message.request) });
  else if (message.kind === 'why') tell({ kind: 'told', answer: whyAt(folder, message.request, readPublishedPack) });
  else if (message.kind === 'part') replay(message);
  else tell({ kind: 'folded', folded: foldParts(folder, message.plan, message.told, readPublishedPack) });
}

function replay({ number, plan, part }: ToBacktestThread & { kind: 'part' }): void {
  if (plan) runner ??= new PartRunner(folder, plan, readPublishedPack);
  assert(runner !== undefined, 'the first part comes with the plan');
  const outcome = runner.run(part, (count) => {
    untold += count;
    if (performance.now() - toldAt >= tellEveryMs) tellReports();
  });
  tellReports();
  tell({ kind: 'done', number, outcome });
}

function tellReports(): void {
  tell({ kind: 'reports', count: untold });
  untold = 0;
  toldAt = performance.now();
}

function tell(message: FromBacktestThread): void {
  port.postMessage(message);
}
