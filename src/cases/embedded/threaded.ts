import { join } from 'node:path';
import { CallThread } from '../../threads/index.ts';
import type { CaseStore } from '../store.ts';
import type { EmbeddedCaseStoreOptions } from './store.ts';

export interface ThreadedCaseStoreOptions extends EmbeddedCaseStoreOptions {
  /** The thread ended by itself: what was asked of it has failed, and so does everything else from now on. */
  readonly onBroken: (error: Error) => void;
}

/**
 * Opens the embedded case store in a thread of its own. Calls are begun there in the order in which they are made here:
 * a read sees every change that was applied before it, awaited or not. Rejects as `openEmbeddedCaseStore` does.
 */
export async function openThreadedCaseStore(options: ThreadedCaseStoreOptions): Promise<CaseStore> {
  const { onBroken, ...settings } = options;
  const thread = await CallThread.open<CaseStore, EmbeddedCaseStoreOptions>({
    name: 'cases',
    what: 'the cases',
    file: join(import.meta.dirname, 'thread.ts'),
    settings,
    youngMb: 6,
    onBroken,
  });
  return {
    apply: (changes) => thread.ask('apply', [changes]),
    sync: () => thread.ask('sync', []),
    list: (query) => thread.ask('list', [query]),
    timeline: (id, page) => thread.ask('timeline', [id, page]),
    findings: (query) => thread.ask('findings', [query]),
    troubles: (device) => thread.ask('troubles', [device]),
    close: () => thread.close(),
  };
}
