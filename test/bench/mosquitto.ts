import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../servers.ts';
import { until } from '../service-process.ts';
import { type LoadOptions, type LoadResult, runLoad } from './load.ts';
import { processUse } from './machine.ts';

export interface BareRun {
  readonly load: LoadResult;
  readonly cpuUsPerReport: number;
  readonly rssBytes: number;
}

/** Debian's mosquitto with nothing behind it: no disk, no subscriber, no credentials. What a broker alone can do here. */
export async function runMosquitto(program: string, options: LoadOptions): Promise<BareRun> {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-bench-mosquitto-'));
  const port = await freePort();
  const config = join(folder, 'mosquitto.conf');
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false'];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const child = spawn(program, ['-c', config], { stdio: 'ignore' });
  try {
    return await loadOf(child, port, options);
  } finally {
    const ended = once(child, 'exit');
    if (child.kill()) await ended;
    rmSync(folder, { recursive: true });
  }
}

async function loadOf(child: ChildProcess, port: number, options: LoadOptions): Promise<BareRun> {
  await until(() => accepts(port), 10_000, 'mosquitto listens');
  const { pid } = child;
  if (pid === undefined) throw new Error('mosquitto did not start');
  const before = processUse(pid);
  const load = await runLoad({ url: `mqtt://127.0.0.1:${port}` }, options);
  const after = processUse(pid);
  return {
    load,
    cpuUsPerReport: ((after.cpuS - before.cpuS) * 1e6) / load.acked,
    rssBytes: after.rssBytes,
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}
