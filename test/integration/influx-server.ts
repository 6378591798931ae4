import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InfluxStore, type InfluxStoreOptions, openInfluxStore } from '../../src/store/index.ts';
import type { StoreUnderTest } from '../contract/store.ts';
import { freePort } from '../servers.ts';
import { until } from '../service-process.ts';

const startDeadlineMs = 30_000;

/** A server in a process of its own, on free ports of 127.0.0.1, with data of its own. */
export interface TestServer {
  readonly url: string;
  /** Where its data lie. */
  readonly folder: string;
  /** Of the process that runs now; undefined after a kill. */
  readonly pid: number | undefined;
  signal(signal: NodeJS.Signals): void;
  /** Kills it, as a crash would, and waits for its end. */
  kill(): Promise<void>;
  /** Again, on the same ports and data; with the environment that it had before unless another is given. */
  start(env?: NodeJS.ProcessEnv): Promise<void>;
  /** Kills it and removes its data. */
  destroy(): Promise<void>;
}

export async function startInfluxd(program: string, env: NodeJS.ProcessEnv = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-influxd-'));
  const [http, rpc] = [await freePort(), await freePort()];
  const config = join(folder, 'influxdb.conf');
  await writeFile(
    config,
    [
      'reporting-disabled = true',
      `bind-address = "127.0.0.1:${rpc}"`,
      `[meta]\ndir = "${folder}/meta"`,
      `[data]\ndir = "${folder}/data"\nwal-dir = "${folder}/wal"\nquery-log-enabled = false`,
      '[monitor]\nstore-enabled = false',
      `[http]\nbind-address = "127.0.0.1:${http}"\nlog-enabled = false`,
      '[logging]\nlevel = "error"\nsuppress-logo = true',
    ].join('\n'),
  );
  return startServer({
    program,
    args: ['run', '-config', config],
    folder,
    url: `http://127.0.0.1:${http}`,
    probe: '/ping',
    env,
  });
}

export async function startVictoriaMetrics(program: string, more: readonly string[] = []): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-victoria-'));
  const http = await freePort();
  // The default keeps a month, and refuses what is older.
  const args = [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${http}`, '-retentionPeriod=100y', ...more];
  return startServer({ program, args, folder, url: `http://127.0.0.1:${http}`, probe: '/health', env: {} });
}

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly url: string;
  readonly probe: string;
  readonly env: NodeJS.ProcessEnv;
}

async function startServer({ program, args, folder, url, probe, env: firstEnv }: Program): Promise<TestServer> {
  let child: ChildProcess | undefined;
  let output = '';
  let env = firstEnv;
  const start = async (changed = env): Promise<void> => {
    env = changed;
    child = spawn(program, [...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = `${output}${text}`.slice(-10_000);
      });
    }
    alive.add(child);
    try {
      await until(async () => (await fetch(`${url}${probe}`)).ok, startDeadlineMs, `${program} answers`);
    } catch (error) {
      throw new Error(`${String(error)}\n${output}`);
    }
  };
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined) return;
    alive.delete(running);
    const ended = running.exitCode === null ? once(running, 'exit') : undefined;
    running.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url,
    folder,
    get pid() {
      return child?.pid;
    },
    signal: (signal) => void child?.kill(signal),
    kill,
    start,
    destroy: async () => {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

let places = 0;

export interface InfluxUnderTest extends StoreUnderTest {
  readonly store: InfluxStore;
  readonly db: string;
  reopen(): Promise<InfluxStore>;
}

/** A store of its own in the server: a database and a cursor that nothing else uses. */
export async function influxPlace(options: Omit<InfluxStoreOptions, 'folder'>): Promise<InfluxUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-influx-'));
  const db = `place "${++places}"`;
  const open = () => openInfluxStore({ db, ...options, folder });
  const store = await open();
  let current = store;
  return {
    store,
    db,
    reopen: async () => {
      await current.close();
      current = await open();
      return current;
    },
    destroy: async () => {
      await current.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Runs one InfluxQL statement; gives the rows of its first series. */
export async function influxql(server: TestServer, db: string, statement: string): Promise<unknown[][]> {
  const parameters = new URLSearchParams({ db, epoch: 'ms', q: statement });
  const response = await fetch(`${server.url}/query?${parameters}`, { method: 'POST' });
  // The shape that InfluxDB documents.
  const { results } = (await response.json()) as { results: { series?: { values: unknown[][] }[]; error?: string }[] };
  if (results[0]?.error !== undefined) throw new Error(results[0].error);
  return results[0]?.series?.[0]?.values ?? [];
}
