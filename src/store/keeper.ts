import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, secondMs } from '../base/index.ts';
import type { EmbeddedStore } from './embedded.ts';

export interface KeeperOptions {
  readonly store: EmbeddedStore;
  readonly clock: Clock;
  /** Reports of older event times may go; undefined: none. */
  readonly ageMs: number | undefined;
  /** Reports from this log offset on stay, whatever their age. */
  readonly keepFrom: () => Promise<number>;
  /** What is wrong with the store's room, or that all is well again. Told when it changes. */
  readonly onSpace: (trouble: string | undefined) => void;
  /** A step did not work; it is tried again. */
  readonly onTrouble: (error: Error) => void;
}

const lookEveryMs = 10 * secondMs;
/** Upkeep takes at most a fifth of the time, so that nobody waits for it. */
const restShare = 4;

/** Does the store's upkeep, a step at a time, until it is stopped. */
export function startKeeper(options: KeeperOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const run = keep(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await run;
    },
  };
}

async function keep({ store, clock, ageMs, keepFrom, onSpace, onTrouble }: KeeperOptions, signal: AbortSignal) {
  let told: string | undefined;
  while (!signal.aborted) {
    let restMs = lookEveryMs;
    try {
      const { trouble } = store.space();
      if ((trouble === undefined) !== (told === undefined)) onSpace(trouble);
      told = trouble;
      const retention = ageMs === undefined ? undefined : { before: clock() - ageMs, offset: await keepFrom() };
      const began = performance.now();
      if (await store.keepUp(retention)) restMs = 1 + restShare * (performance.now() - began);
    } catch (error) {
      onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
  }
}
