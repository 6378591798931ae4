import { join } from 'node:path';
import { assert } from '../base/index.ts';
import { CallThread } from '../threads/index.ts';
import type { StoreSpace } from './disk.ts';
import type { EmbeddedStore, EmbeddedStoreOptions } from './embedded.ts';
import { assertLogOrder } from './log-order.ts';
import { receivePoints, type StoreCalls, type StoreSettings, type StoreTold, sheetMemory } from './messages.ts';
import { Sheet } from './sheet.ts';

export interface ThreadedStoreOptions extends EmbeddedStoreOptions {
  /** The thread ended by itself: what was asked of it has failed, and so does everything else from now on. */
  readonly onBroken: (error: Error) => void;
}

/**
 * Opens the embedded store in a thread of its own. This one turns reports into rows of numbers, whose memory moves over,
 * and back. Calls are begun there in the order in which they are made here: a read sees every write that was called
 * before it, awaited or not. `space` is what the thread told last, at most a second before the last call.
 * Rejects as `openEmbeddedStore` does.
 */
export async function openThreadedStore(options: ThreadedStoreOptions): Promise<EmbeddedStore> {
  const { folder, sizes = {}, bytesMax, onBroken } = options;
  let space: StoreSpace | undefined;
  const thread = await CallThread.open<StoreCalls, StoreSettings, StoreTold>({
    name: 'store',
    what: 'the telemetry store',
    file: join(import.meta.dirname, 'thread.ts'),
    settings: { folder, sizes, bytesMax },
    youngMb: 12,
    onTold: (told) => {
      space = told.space;
    },
    onBroken,
  });
  return {
    write: async (reports, next) => {
      assertLogOrder(reports, next);
      // What was given as rows may have to be written once more.
      const sheet = reports instanceof Sheet ? reports.copiedParts() : Sheet.of(reports).parts();
      await thread.ask('write', [sheet, next], sheetMemory(sheet));
      if (reports instanceof Sheet) reports.free();
    },
    sync: () => thread.ask('sync', []),
    cursor: () => thread.ask('cursor', []),
    series: async (query) => receivePoints(await thread.ask('series', [query])),
    latest: async (devices) => {
      const found = new Sheet(await thread.ask('latest', [devices])).reports();
      return new Map(found.map((report) => [report.device, report]));
    },
    reports: async (query) => new Sheet(await thread.ask('reports', [query])).reports(),
    delete: (device) => thread.ask('delete', [device]),
    forsake: (device, before) => thread.ask('forsake', [device, before]),
    keepUp: (retention) => thread.ask('keepUp', [retention]),
    space: () => {
      assert(space !== undefined, 'a store that is open has told of its room');
      return space;
    },
    close: () => thread.close(),
  };
}
