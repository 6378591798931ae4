import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { assert, sendError } from '../base/index.ts';
import type { FromThread, ToThread } from './messages.ts';

/** What a thread answers with. */
export interface Served<Driver> {
  readonly driver: Driver;
  /** What of an answer moves instead of being copied. Default: nothing. */
  readonly memoryOf?: (answer: unknown) => ArrayBuffer[];
  /** Before an answer goes out, or why there is none. */
  readonly beforeAnswer?: (failed: boolean) => void;
}

type Calls = Readonly<Record<string, (...asked: readonly unknown[]) => unknown>>;

/**
 * The whole life of a thread that a `CallThread` started: opens a driver with the settings it was given, then calls its
 * methods as they are asked. `tell` is heard by the other side before the answer to whatever is asked at the time.
 * After the driver's `close` nothing is left to wait for, and the thread ends.
 */
export async function serveCalls<Settings, Driver extends { close(): unknown }>(
  open: (settings: Settings, tell: (told: unknown) => void) => Served<Driver> | Promise<Served<Driver>>,
): Promise<void> {
  assert(parentPort !== null, 'calls are served in a thread of its own');
  const port = parentPort;
  // Where cores are few, the threads that acknowledge and judge go first. Only Linux has a priority for each thread.
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const send = (message: FromThread, memory: ArrayBuffer[] = []) => port.postMessage(message, memory);
  let served: Served<Driver>;
  try {
    // The other side made them; nobody else starts such a thread.
    served = await open(workerData as Settings, (told) => send({ kind: 'told', told }));
  } catch (error) {
    send({ kind: 'refused', error: sendError(error) });
    process.exit();
  }
  const { driver, memoryOf = () => [], beforeAnswer } = served;
  // Its calls by name: the other side has the same type.
  const calls = driver as unknown as Calls;
  port.on('message', (message: ToThread) => void take(message));
  send({ kind: 'opened' });

  async function take({ id, call, asked }: ToThread): Promise<void> {
    try {
      const answer = await calls[call]?.(...asked);
      beforeAnswer?.(false);
      send({ kind: 'done', id, answer }, memoryOf(answer));
    } catch (error) {
      beforeAnswer?.(true);
      send({ kind: 'failed', id, error: sendError(error) });
    }
    if (call === 'close') port.unref();
  }
}
