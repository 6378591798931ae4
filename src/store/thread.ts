import { parentPort, workerData } from 'node:worker_threads';
import { assert, isAftercareError, secondMs, sendError } from '../base/index.ts';
import { openSqliteStore, type SqliteStore } from './embedded.ts';
import {
  type FromStore,
  type StoreAnswer,
  type StoreSettings,
  sendPoints,
  sheetMemory,
  type ToStore,
} from './messages.ts';
import { Sheet } from './sheet.ts';

/*
 * The thread that stores: blocks, hours, transactions and upkeep. Whoever judges hands over and goes on.
 */

assert(parentPort !== null, 'the store runs in a thread of its own');
const port = parentPort;
// The other side made it; nobody else starts this file.
const settings = workerData as StoreSettings;

/** While something is asked, the other side knows of the room as it was so long ago at most. */
const spaceEveryMs = secondMs;

const store = open();
let spaceToldAt = performance.now();
port.on('message', (message: ToStore) => void take(message));
tell({ kind: 'opened', space: store.space() });

function open(): SqliteStore {
  try {
    return openSqliteStore(settings);
  } catch (error) {
    tell({ kind: 'refused', error: sendError(error) });
    process.exit();
  }
}

async function take(message: ToStore): Promise<void> {
  const { id } = message;
  try {
    const answer = await answerTo(message);
    if (performance.now() >= spaceToldAt + spaceEveryMs) tellSpace();
    port.postMessage({ kind: 'done', id, answer } satisfies FromStore, memoryOf(answer));
  } catch (error) {
    // There may be no room left.
    tellSpace();
    tell({ kind: 'failed', id, error: sendError(error) });
  }
  // Nothing is left to wait for: the thread ends once the answer has gone.
  if (message.call === 'close') port.unref();
}

async function answerTo(message: ToStore): Promise<StoreAnswer> {
  switch (message.call) {
    case 'write':
      store.writeSheet(new Sheet(message.sheet), message.next);
      return undefined;
    case 'sync':
      await store.sync();
      return undefined;
    case 'cursor':
      return store.cursor();
    case 'series':
      return sendPoints(await store.series(message.query));
    case 'latest':
      return Sheet.of([...(await store.latest(message.devices)).values()]).parts();
    case 'reports':
      return Sheet.of(await store.reports(message.query)).parts();
    case 'delete':
      await store.delete(message.device);
      return undefined;
    case 'forsake':
      await store.forsake(message.device, message.before);
      return undefined;
    case 'keepUp':
      return store.keepUp(message.retention);
    case 'close':
      await store.close();
      return undefined;
  }
}

/** What of an answer moves instead of being copied. */
function memoryOf(answer: StoreAnswer): ArrayBuffer[] {
  if (typeof answer !== 'object') return [];
  return answer instanceof Float64Array ? [answer.buffer] : sheetMemory(answer);
}

/** Where it cannot be known, what was told last stands. */
function tellSpace(): void {
  spaceToldAt = performance.now();
  try {
    tell({ kind: 'space', space: store.space() });
  } catch (error) {
    if (!isAftercareError(error, 'store-failed')) throw error;
  }
}

function tell(message: FromStore): void {
  port.postMessage(message);
}
