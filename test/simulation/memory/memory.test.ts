import { createHash } from 'node:crypto';
import { caseStoreContract } from '../../contract/cases.ts';
import { checkpointContract } from '../../contract/checkpoint.ts';
import { registryContract } from '../../contract/registry.ts';
import { telemetryStoreContract } from '../../contract/store.ts';
import { memoryCases, noCases } from './cases.ts';
import { memoryCheckpoint, noCheckpoint } from './checkpoint.ts';
import { memoryRegistry, noRegistry } from './registry.ts';
import { memoryStore, noTelemetry } from './store.ts';

/*
 * The simulation runs on these in place of SQLite: they promise what the real drivers do, and are held to it by the
 * same suites.
 */

const all = { sharedTimes: true, offsets: true, rawTimes: true, changingTypes: true };

telemetryStoreContract('in memory', all, async () => {
  const held = noTelemetry();
  let store = memoryStore(held);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = memoryStore(held);
      return store;
    },
    destroy: () => store.close(),
  };
});

const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

caseStoreContract(async (casesPerRuleHourMax) => {
  const held = noCases();
  const open = () => memoryCases(held, idOf, undefined, casesPerRuleHourMax);
  return { store: open(), reopen: async () => open(), destroy: async () => undefined };
});

registryContract(async () => {
  const held = noRegistry();
  const open = () => memoryRegistry(held);
  return { registry: open(), reopen: async () => open(), destroy: async () => undefined };
});

checkpointContract('in memory', () => {
  const held = noCheckpoint();
  const open = () => memoryCheckpoint(held);
  return { checkpoint: open(), reopen: open, destroy: () => undefined };
});
