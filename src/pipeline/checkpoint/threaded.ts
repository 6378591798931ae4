import { join } from 'node:path';
import { assert } from '../../base/index.ts';
import { openShared } from '../../sqlite/index.ts';
import { CallThread } from '../../threads/index.ts';
import { type Checkpoint, checkpointFile } from '../checkpoint.ts';
import type { CheckpointCalls } from './batches.ts';
import { checkpointOf } from './embedded.ts';
import { CheckpointReads } from './reads.ts';

export interface ThreadedCheckpointOptions {
  readonly folder: string;
  /** The thread ended by itself: what was asked of it has failed, and so does everything else from now on. */
  readonly onBroken: (error: Error) => void;
}

/**
 * Opens the checkpoint in a folder that exists, to be written in a thread of its own. Reads are answered in this one, by a
 * connection of their own that holds no writer up. Rejects as `openCheckpoint` throws.
 */
export async function openThreadedCheckpoint({ folder, onBroken }: ThreadedCheckpointOptions): Promise<Checkpoint> {
  const thread = await CallThread.open<CheckpointCalls, string>({
    name: 'checkpoint',
    what: 'the checkpoint',
    file: join(import.meta.dirname, 'thread.ts'),
    settings: folder,
    youngMb: 6,
    onBroken,
  });
  try {
    const db = openShared(folder, checkpointFile.name, [checkpointFile.version]);
    assert(db !== undefined, 'the thread has made the file');
    const calls: CheckpointCalls = {
      begin: () => thread.ask('begin', []),
      devices: (batch) => thread.ask('devices', [batch], [batch.numbers.buffer]),
      keep: (batch) => thread.ask('keep', [batch], [batch.numbers.buffer]),
      complete: (end) => thread.ask('complete', [end]),
      close: () => thread.close(),
    };
    return checkpointOf(new CheckpointReads(db), calls, async () => {
      // Who closes last takes the journal away, and may write.
      if (db.isOpen) db.close();
      await thread.close();
    });
  } catch (error) {
    await thread.close();
    throw error;
  }
}
