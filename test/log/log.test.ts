import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { followLog, openLog, type WrittenGroup } from '../../src/log/index.ts';
import { logContract } from '../contract/log.ts';
import { FakeFiles } from './fake-files.ts';

logContract('segment files on the disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-log-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return { open: (limits) => openLog({ folder, ...limits }) };
});

// Without the cache every read goes through the files.
logContract('segment files on a fake disk, without a cache', async () => {
  const files = new FakeFiles();
  return {
    open: (limits) => openLog({ folder: '/fake', files, cacheBytesMax: 0, segmentBytesMax: 50_000, ...limits }),
  };
});

logContract('segment files followed from where they are not written', async () => {
  const files = new FakeFiles();
  const folder = '/fake';
  return {
    open: async (limits) => {
      let take: (written: WrittenGroup) => void = () => undefined;
      const onWritten = (written: WrittenGroup) => take(written);
      const writer = await openLog({ folder, files, cacheBytesMax: 0, segmentBytesMax: 50_000, onWritten, ...limits });
      const { log, took } = await followLog({
        folder,
        files,
        writer,
        next: writer.bounds().next,
        cacheBytesMax: 20_000,
      });
      take = took;
      return log;
    },
  };
});
