import { serveCalls } from '../../threads/index.ts';
import { type EmbeddedCaseStoreOptions, openEmbeddedCaseStore } from './store.ts';

/*
 * The thread that keeps findings and cases: their transactions hold up nobody who judges.
 */

await serveCalls(async (options: EmbeddedCaseStoreOptions) => ({ driver: await openEmbeddedCaseStore(options) }));
