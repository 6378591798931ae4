import { openLog } from '../../src/log/index.ts';

/** Appends without end and prints what was acknowledged: first offset and count. Killed by the test. */
const [folder = ''] = process.argv.slice(2);
const log = await openLog({ folder, segmentBytesMax: 256 * 1024 });
let planned = log.bounds().next;

async function appendForever(): Promise<never> {
  for (let round = 0; ; round += 1) {
    const count = 1 + (round % 50);
    const offsets = Array.from({ length: count }, (_, index) => planned + index);
    planned += count;
    const first = await log.append(offsets.map((offset) => Buffer.from(`record ${offset} `.padEnd(200, 'x'))));
    process.stdout.write(`${first} ${count}\n`);
  }
}

// Two at a time, so that one waits while the other is in the writing.
await Promise.all([appendForever(), appendForever()]);
