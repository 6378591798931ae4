import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openLog } from '../../src/log/index.ts';
import { readAll } from '../contract/log.ts';

const child = join(import.meta.dirname, 'log-kill-child.ts');
const rounds = 5;

it('loses nothing acknowledged when the process is killed, again and again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-log-kill-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  let acknowledged = 0;
  for (let round = 1; round <= rounds; round += 1) {
    acknowledged = await appendUntilKilled(folder, 100 + round * 37);
    const log = await openLog({ folder });
    const { first, next } = log.bounds();
    expect(first).toBe(0);
    expect(next).toBeGreaterThanOrEqual(acknowledged);
    const texts = (await readAll(log, 0)).map(({ payload }) => Buffer.from(payload).toString());
    expect(texts).toEqual(Array.from({ length: next }, (_, offset) => `record ${offset} `.padEnd(200, 'x')));
    await log.close();
  }
  expect(acknowledged).toBeGreaterThan(rounds * 1_000);
});

/** Runs the child until it has told of this many appends, kills it, and returns the end of what it told. */
async function appendUntilKilled(folder: string, appends: number): Promise<number> {
  const running = spawn(process.execPath, [child, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => running.on('close', (_, signal) => resolve(signal)));
  let told = '';
  let seen = 0;
  for await (const chunk of running.stdout.setEncoding('utf8')) {
    told += chunk;
    seen += chunk.split('\n').length - 1;
    if (seen >= appends) running.kill('SIGKILL');
  }
  expect(await ended).toBe('SIGKILL');
  // The last line may be cut short.
  const lines = told.split('\n').slice(0, -1);
  return Math.max(...lines.map((line) => line.split(' ').reduce((sum, part) => sum + Number(part), 0)));
}
