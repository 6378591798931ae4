import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfluxd } from '../integration/influx-server.ts';
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
  try {
    return await runServer({ program, args: ['-c', config], port }, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** aedes, likewise. */
export async function runAedes(options: LoadOptions): Promise<BareRun> {
  const port = await freePort();
  return runServer(nodeServer('bare-aedes.ts', port, []), options);
}

/** The script of an afternoon, into Debian's InfluxDB. */
export async function runAfternoonScript(influxd: string, options: LoadOptions): Promise<BareRun> {
  const influx = await startInfluxd(influxd);
  try {
    const query = new URLSearchParams({ q: `CREATE DATABASE ${database}` });
    await fetch(`${influx.url}/query`, { method: 'POST', body: query });
    const port = await freePort();
    return await runServer(nodeServer('afternoon-script.ts', port, [influx.url, database]), options);
  } finally {
    await influx.destroy();
  }
}

const database = 'bench';

function nodeServer(file: string, port: number, args: readonly string[]): BareServer {
  return { program: process.execPath, args: [join(import.meta.dirname, file), `${port}`, ...args], port };
}

interface BareServer {
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
}

async function runServer({ program, args, port }: BareServer, options: LoadOptions): Promise<BareRun> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    await until(() => accepts(port), 10_000, `${program} listens`);
    const { pid } = child;
    if (pid === undefined) throw new Error(`${program} did not start`);
    const before = processUse(pid);
    const load = await runLoad({ url: `mqtt://127.0.0.1:${port}` }, options);
    const after = processUse(pid);
    return {
      load,
      cpuUsPerReport: ((after.cpuS - before.cpuS) * 1e6) / load.acked,
      rssBytes: after.rssBytes,
    };
  } finally {
    if (child.kill()) await ended;
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}
