import { serveCalls } from '../../threads/index.ts';
import { openTables } from './tables.ts';
import { checkpointWriter } from './writer.ts';

/*
 * The thread that writes checkpoints: texts, transactions and what they wait for hold up nobody who judges.
 */

await serveCalls((folder: string) => ({
  driver: checkpointWriter(openTables(folder)),
  memoryOf: (answer) => (answer instanceof Float64Array && answer.buffer instanceof ArrayBuffer ? [answer.buffer] : []),
}));
