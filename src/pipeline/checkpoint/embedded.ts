import { openReadOnly } from '../../sqlite/index.ts';
import { type Checkpoint, type CheckpointInspection, checkpointFile } from '../checkpoint.ts';
import type { CheckpointCalls } from './batches.ts';
import { Handover } from './handover.ts';
import { CheckpointReads } from './reads.ts';
import { openTables } from './tables.ts';
import { checkpointWriter } from './writer.ts';

/** A checkpoint that is written where it is opened. */
export interface EmbeddedCheckpoint extends Checkpoint {
  close(): void;
}

/** Opens the checkpoint in a folder that exists, and writes it in this thread. */
export function openCheckpoint(folder: string): EmbeddedCheckpoint {
  const db = openTables(folder);
  return checkpointOf(new CheckpointReads(db), checkpointWriter(db), () => db.close());
}

/** Looks at the checkpoint that no process has open, and changes nothing. Undefined when there is none. */
export function inspectCheckpoint(folder: string): CheckpointInspection | undefined {
  const opened = openReadOnly(folder, checkpointFile.name, [checkpointFile.version]);
  if (opened === undefined) return undefined;
  const reads = new CheckpointReads(opened.db);
  return {
    meta: () => reads.meta(),
    devices: () => reads.devices(),
    history: (from, to) => reads.history(from, to),
    close: opened.close,
  };
}

export function checkpointOf<Closed>(
  reads: CheckpointReads,
  calls: CheckpointCalls,
  close: () => Closed,
): Omit<Checkpoint, 'close'> & { close(): Closed } {
  const handover = new Handover(calls);
  return {
    meta: () => reads.meta(),
    devices: () => reads.devices(),
    save: (write, durable) => handover.save(write, durable),
    bands: (query) => reads.bands(query),
    snapshotBefore: (device, position) => reads.snapshotBefore(device, position),
    quarantineCount: (device) => reads.quarantineCount(device),
    quarantine: (device, limit) => reads.quarantine(device, limit),
    close,
  };
}
