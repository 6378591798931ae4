import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, type ProgramResult } from './servers.ts';

export const projectRoot = join(import.meta.dirname, '..');

/** As in the scripts of package.json. */
const command = ['--max-semi-space-size=16', '--import', './src/preload.mjs', 'src/main.ts'];
const startDeadlineMs = 60_000;
const stopDeadlineMs = 30_000;
const pollEveryMs = 25;

export interface ServiceOptions {
  /** The data folder; it stays when the service has stopped. Absent: a new one that {@link ServiceProcess.stop} removes. */
  readonly data?: string;
  /** The folder of product packs; absent: the project's. */
  readonly products?: string;
  /** Absent: free ones. */
  readonly ports?: Ports;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ports {
  readonly http: number;
  readonly mqtt: number;
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A service in a process of its own, as its users run it. */
export interface ServiceProcess {
  readonly url: string;
  readonly mqttUrl: string;
  readonly ports: Ports;
  readonly token: string;
  readonly data: string;
  readonly pid: number;
  /** What it wrote so far, stdout and stderr together. */
  output(): string;
  /** Sends a signal and goes on. */
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. Ended before: tells how. */
  kill(signal: NodeJS.Signals): Promise<ProcessEnd>;
  /** Ends it in good order and removes a data folder of its own. Fails when it does not exit with 0. */
  stop(): Promise<void>;
  /** Calls the API as a program with the admin token. `Body` is what the caller expects, and goes on to check. */
  api<Body = unknown>(method: string, path: string, body?: unknown): Promise<Answer<Body>>;
}

/** Resolves when the service is ready for devices and people. */
export async function startService(options: ServiceOptions = {}): Promise<ServiceProcess> {
  const ports = options.ports ?? { http: await freePort(), mqtt: await freePort() };
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'aftercare-data-'));
  const token = 'acceptance-token-0123456789';
  const url = `http://127.0.0.1:${ports.http}`;
  const running = run(['serve'], {
    AFTERCARE_HTTP: `127.0.0.1:${ports.http}`,
    AFTERCARE_MQTT: `127.0.0.1:${ports.mqtt}`,
    AFTERCARE_DATA: data,
    AFTERCARE_TOKEN: token,
    ...(options.products === undefined ? {} : { AFTERCARE_PRODUCTS: options.products }),
    ...options.env,
  });
  const service: ServiceProcess = {
    url,
    mqttUrl: `mqtt://127.0.0.1:${ports.mqtt}`,
    ports,
    token,
    data,
    pid: running.child.pid ?? 0,
    output: running.output,
    signal: (signal) => void running.child.kill(signal),
    kill: (signal) => endBy(running, signal),
    stop: async () => {
      const { code, signal } = await endBy(running, 'SIGTERM');
      if (options.data === undefined) rmSync(data, { recursive: true });
      if (code !== 0) throw new Error(`the service ended with ${signal ?? code}, not 0:\n${running.output()}`);
    },
    api: (method, path, body) => callApi({ url: `${url}/api/v1${path}`, method, token, body }),
  };
  try {
    await until(() => isReady(url, running), startDeadlineMs, 'the service is ready');
  } catch (error) {
    running.child.kill('SIGKILL');
    throw new Error(`the service did not start: ${String(error)}\n${running.output()}`);
  }
  return service;
}

/** Runs one command of the command line to its end. */
export async function runAftercare(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node = process.execPath,
): Promise<ProgramResult> {
  const running = run(args, env, node);
  const end = await within(running.ended, startDeadlineMs);
  if (end === undefined) {
    running.child.kill('SIGKILL');
    throw new Error(`aftercare ${args.join(' ')} did not end:\n${running.output()}`);
  }
  return { code: end.code ?? -1, stdout: running.stdout(), stderr: running.stderr() };
}

/** Asks again and again until the answer is neither undefined, null nor false; a thrown error counts as "not yet". */
export async function until<Value>(
  check: () => Value | Promise<Value>,
  deadlineMs: number,
  what: string,
): Promise<Exclude<Value, undefined | null | false>> {
  const deadline = performance.now() + deadlineMs;
  let last: unknown;
  do {
    try {
      const value = await check();
      if (isThere(value)) return value;
      last = value;
    } catch (error) {
      if (error instanceof HopelessError) throw error;
      last = error;
    }
    await sleep(pollEveryMs);
  } while (performance.now() < deadline);
  throw new Error(`not within ${deadlineMs} ms: ${what}; the last answer was ${String(last)}`);
}

/** Ends the waiting of {@link until} at once: what is waited for cannot happen any more. */
export class HopelessError extends Error {}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  readonly output: () => string;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

function run(args: readonly string[], env: Readonly<Record<string, string>>, node = process.execPath): Running {
  const child = spawn(node, [...command, ...args], {
    cwd: projectRoot,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  const all: string[] = [];
  const own: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      all.push(text);
      own[name].push(text);
    });
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('close', (code, signal) => {
      alive.delete(child);
      resolve({ code, signal });
    });
  });
  return {
    child,
    ended,
    output: () => all.join(''),
    stdout: () => own.stdout.join(''),
    stderr: () => own.stderr.join(''),
  };
}

/** The tests' own environment without settings of the service: the machine's must not change what is tested. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(?:AFTERCARE_|INFLUX_|MQTT_URL$|DATABASE_URL$|NATS_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

async function isReady(url: string, running: Running): Promise<boolean> {
  if (running.child.exitCode !== null) throw new HopelessError(`it ended with ${running.child.exitCode}`);
  return (await fetch(`${url}/readyz`)).status === 200;
}

async function endBy(running: Running, signal: NodeJS.Signals): Promise<ProcessEnd> {
  running.child.kill(signal);
  const end = await within(running.ended, stopDeadlineMs);
  if (end !== undefined) return end;
  running.child.kill('SIGKILL');
  throw new Error(`the service did not end within ${stopDeadlineMs} ms of ${signal}:\n${running.output()}`);
}

/** Undefined when it takes longer. */
async function within<Value>(promise: Promise<Value>, deadlineMs: number): Promise<Value | undefined> {
  const over = new AbortController();
  const late = sleep(deadlineMs, undefined, { signal: over.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
}

async function callApi<Body>(call: {
  readonly url: string;
  readonly method: string;
  readonly token: string;
  readonly body: unknown;
}): Promise<Answer<Body>> {
  const { url, method, token, body } = call;
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...json },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // What a body holds is for the test to check, field by field.
  const read = (text === '' ? undefined : JSON.parse(text)) as Body;
  return { status: response.status, headers: response.headers, body: read };
}

function isThere<Value>(value: Value): value is Exclude<Value, undefined | null | false> {
  return value !== undefined && value !== null && value !== false;
}
