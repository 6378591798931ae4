/**
 * What the embedded telemetry store costs and how fast it answers: `npm run bench:store -- --help`. Everything happens
 * in this process and in a temporary folder; with `--influx` the same is asked of an InfluxDB beside it.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { dayMs, minuteMs } from '../../src/base/index.ts';
import { type EmbeddedStore, openEmbeddedStore, openInfluxStore, type TelemetryStore } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { influxql, startInfluxd, type TestServer } from '../integration/influx-server.ts';
import { requireProgram } from '../servers.ts';
import { loadAverage, machineLine, processUse } from './machine.ts';
import { madeReport, madeWrites, product, recordedReports, simulatedReports, startAt } from './store-load.ts';

const usage = `usage: npm run bench:store -- [options] [recording.csv…]
  --reports 10000000   reports of the fleet, one a device and minute
  --devices 5000       of the fleet
  --influx             the same of Debian's InfluxDB after it, which takes many times longer
  --json               the figures as JSON`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    reports: { type: 'string', default: '10000000' },
    devices: { type: 'string', default: '5000' },
    influx: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

interface Figure {
  readonly what: string;
  readonly value: string;
}

const figures: Figure[] = [];

function tell(what: string, value: string): void {
  figures.push({ what, value });
  if (!values.json) console.log(`${what.padEnd(58)} ${value}`);
}

interface WriteCost {
  readonly reports: number;
  readonly cpuUs: number;
  readonly wallMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Writes everything; only the store's own time counts, not that of making the reports. */
async function writeAll(
  store: TelemetryStore,
  writes: Iterable<readonly Report[]>,
  between: () => Promise<void> | void = () => undefined,
): Promise<WriteCost> {
  let reports = 0;
  let cpuUs = 0;
  const tookMs: number[] = [];
  for (const write of writes) {
    const cpu = process.cpuUsage();
    const began = performance.now();
    await store.write(write, (write.at(-1)?.offset ?? 0) + 1);
    tookMs.push(performance.now() - began);
    const used = process.cpuUsage(cpu);
    cpuUs += used.user + used.system;
    reports += write.length;
    await between();
  }
  const sorted = tookMs.toSorted((a, b) => a - b);
  const wallMs = tookMs.reduce((sum, ms) => sum + ms, 0);
  return { reports, cpuUs, wallMs, p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0, maxMs: sorted.at(-1) ?? 0 };
}

function tellCost(load: string, { reports, cpuUs, wallMs, p99Ms, maxMs }: WriteCost): void {
  tell(`${load}: CPU a report`, `${(cpuUs / reports).toFixed(2)} µs (wall ${((wallMs * 1_000) / reports).toFixed(2)})`);
  tell(`${load}: a write, p99 / max`, `${p99Ms.toFixed(1)} / ${maxMs.toFixed(1)} ms`);
}

function fileBytes(folder: string): number {
  return statSync(join(folder, 'telemetry.sqlite')).size;
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-bench-store-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Bytes a report once the store is closed, whatever was still to be packed. */
async function bytesOf(what: string, reports: readonly Report[]): Promise<void> {
  await inFolder(async (folder) => {
    const store = await openEmbeddedStore({ folder });
    for (let i = 0; i < reports.length; i += 1_000) {
      const write = reports.slice(i, i + 1_000);
      await store.write(write, i + write.length);
    }
    await store.close();
    const signals = Object.keys(reports[0]?.signals ?? {}).length;
    const bytes = fileBytes(folder) / reports.length;
    tell(`${what}: bytes a report`, `${bytes.toFixed(1)} (${reports.length} reports of ${signals} signals)`);
  });
}

async function median(times: number, ask: (i: number) => Promise<number>): Promise<string> {
  const tookMs: number[] = [];
  let points = 0;
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    points = await ask(i);
    tookMs.push(performance.now() - began);
  }
  tookMs.sort((a, b) => a - b);
  const middle = tookMs[times >> 1] ?? 0;
  return `${middle.toFixed(1)} ms median, ${(tookMs.at(-1) ?? 0).toFixed(1)} max (${points} points)`;
}

async function dense(): Promise<void> {
  await inFolder(async (folder) => {
    const store = await openEmbeddedStore({ folder });
    tellCost(
      '200 devices × 20',
      await writeAll(store, madeWrites({ devices: 200, each: 20, reports: 1_000_000, offset: 0 })),
    );
    await store.close();
    tell('200 devices × 20: bytes a report', (fileBytes(folder) / 1_000_000).toFixed(1));
  });
}

const yearReports = 365 * 24 * 60;
/** Of the year: more in one write of the client than in a flush of the service would flatter it. */
const yearWrite = 5_000;
/** Offset of the fleet's first report, behind the year. */
const fleetOffset = Math.ceil(yearReports / yearWrite) * yearWrite;

function yearOf(device: number): Iterable<readonly Report[]> {
  return madeWrites({ devices: 1, each: yearWrite, reports: yearReports, offset: 0, firstDevice: device });
}

async function fleet(reports: number, devices: number): Promise<void> {
  await inFolder(async (folder) => {
    let store = await openEmbeddedStore({ folder });
    tellCost('a year of one device', await writeAll(store, yearOf(devices)));
    const load = `${devices} devices × 1`;
    const next = fleetOffset;
    tellCost(load, await writeAll(store, madeWrites({ devices, each: 1, reports, offset: next })));
    tell(`${load}: RSS`, `${Math.round(process.memoryUsage.rss() / 1e6)} MB`);
    await store.close();
    const stored = Math.ceil(reports / devices) * devices;
    tell(
      'file',
      `${Math.round(fileBytes(folder) / 1e6)} MB, ${(fileBytes(folder) / (stored + next)).toFixed(1)} bytes a report`,
    );
    const began = performance.now();
    store = await openEmbeddedStore({ folder });
    tell('reopened in', `${(performance.now() - began).toFixed(0)} ms`);
    await queries(store, devices);
    await takeAway(store, { devices, next: next + stored, held: stored / devices });
    tell('RSS', `${Math.round(process.memoryUsage.rss() / 1e6)} MB`);
    await store.close();
    tell('file after all', `${Math.round(fileBytes(folder) / 1e6)} MB`);
  });
}

async function queries(store: TelemetryStore, devices: number): Promise<void> {
  const chart = (device: number, days: number, pointsMax: number) =>
    store.series({
      device: `device-${device}`,
      product,
      signal: 'cabinet_temp',
      from: startAt,
      to: startAt + days * dayMs,
      pointsMax,
    });
  tell(
    'a day of a device, 1,440 points',
    await median(50, async (i) => (await chart((i * 97) % devices, 1, 1_440)).length),
  );
  tell(
    'a day of a device, 300 points',
    await median(50, async (i) => (await chart((i * 89) % devices, 1, 300)).length),
  );
  tell('a year of a device, 1,000 points', await median(9, async () => (await chart(devices, 365, 1_000)).length));
  tell(
    'latest of 1,000 devices',
    await median(9, async (i) => {
      const names = Array.from({ length: 1_000 }, (_, k) => `device-${(i * 500 + k) % devices}`);
      return (await store.latest(names)).size;
    }),
  );
}

/** The same reports and questions, by our driver and over loopback. */
async function influxFleet(program: string, reports: number, devices: number): Promise<void> {
  const server = await startInfluxd(program);
  try {
    await inFolder(async (folder) => {
      await influxql(server, '', 'CREATE DATABASE bench');
      const store = await openInfluxStore({ folder, url: server.url, db: 'bench', limits: { timeoutMs: 120_000 } });
      tellCost('InfluxDB, a year of one device', await writeAll(store, yearOf(devices)));
      const load = `InfluxDB, ${devices} devices × 1`;
      const began = server.pid === undefined ? 0 : processUse(server.pid).cpuS;
      const cost = await writeAll(store, madeWrites({ devices, each: 1, reports, offset: fleetOffset }));
      tellCost(load, cost);
      const { cpuS, rssBytes } = processUse(server.pid ?? 0);
      tell(`${load}: its own CPU a report`, `${(((cpuS - began) * 1e6) / cost.reports).toFixed(1)} µs`);
      tell('InfluxDB: RSS', `${Math.round(rssBytes / 1e6)} MB`);
      const bytes = await folderAtRest(server.folder);
      const stored = (Math.ceil(reports / devices) * devices + fleetOffset) / 1e6;
      tell('InfluxDB: files', `${Math.round(bytes / 1e6)} MB, ${(bytes / 1e6 / stored).toFixed(1)} bytes a report`);
      await restarted(server);
      await queries(store, devices);
      const asked = performance.now();
      await influxql(server, 'bench', `DROP SERIES WHERE device = 'device-${devices}'`);
      tell('InfluxDB: a device with a year deleted', `${Math.round(performance.now() - asked)} ms`);
      await store.close();
    });
  } finally {
    await server.destroy();
  }
}

async function restarted(server: TestServer): Promise<void> {
  await server.kill();
  const began = performance.now();
  await server.start();
  tell('InfluxDB: restarted after kill -9 in', `${Math.round(performance.now() - began)} ms`);
}

const restChecksMax = 60;
const restCheckMs = 5_000;

/** Its files once they have kept their size for a while: it packs when it has nothing else to do. */
async function folderAtRest(folder: string): Promise<number> {
  let bytes = folderBytes(folder);
  for (let check = 0, same = 0; check < restChecksMax && same < 4; check++) {
    await sleep(restCheckMs);
    const now = folderBytes(folder);
    same = now === bytes ? same + 1 : 0;
    bytes = now;
  }
  return bytes;
}

function folderBytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** A year of a device, and half of what all others have, go while reports come in. */
async function takeAway(
  store: EmbeddedStore,
  { devices, next, held }: { readonly devices: number; readonly next: number; readonly held: number },
): Promise<void> {
  let offset = next;
  const ingest = async (what: string, work: () => Promise<void>) => {
    let isDone = false;
    const began = performance.now();
    const done = work().then(() => {
      isDone = true;
    });
    const waitedMs: number[] = [];
    for (let n = held + Math.ceil((offset - next) / devices); !isDone; n++) {
      const write = Array.from({ length: 500 }, (_, i) => madeReport(i, n, offset++));
      const asked = performance.now();
      await turn();
      await store.write(write, offset);
      waitedMs.push(performance.now() - asked);
    }
    await done;
    waitedMs.sort((a, b) => a - b);
    const [p99, max] = [waitedMs[Math.floor(waitedMs.length * 0.99)] ?? 0, waitedMs.at(-1) ?? 0];
    tell(
      what,
      `${Math.round(performance.now() - began)} ms; writes of 500 meanwhile p99 ${p99.toFixed(1)}, max ${max.toFixed(1)} ms`,
    );
  };
  await ingest('nothing taken away, for comparison', () => sleep(2_000));
  await ingest('a device with a year deleted', () => store.delete(`device-${devices}`));
  const before = startAt + (held / 2) * minuteMs;
  let steps = 0;
  const gone = store.space().bytes;
  await ingest('half of the reports let go by age', async () => {
    for (; await store.keepUp({ before, offset: next }); steps++) await turn();
  });
  tell('of it', `${steps} steps, ${Math.round((gone - store.space().bytes) / 1e6)} MB free for what comes`);
  tell(
    'a chart across it, 300 points',
    await median(9, async (i) => {
      const query = { device: `device-${i}`, product, signal: 'cabinet_temp', from: undefined, to: undefined };
      return (await store.series({ ...query, pointsMax: 300 })).length;
    }),
  );
}

if (values.help) console.log(usage);
else {
  tell('machine', `${machineLine()}, load average ${loadAverage().toFixed(1)}`);
  await bytesOf('simulated fleet', simulatedReports(14));
  for (const file of positionals) await bytesOf(basename(file), await recordedReports(file));
  await dense();
  const [reports, devices] = [Number(values.reports), Number(values.devices)];
  await fleet(reports, devices);
  const influxd = values.influx ? requireProgram('influxd') : undefined;
  if (influxd !== undefined) await influxFleet(influxd, reports, devices);
  if (values.json) console.log(JSON.stringify(figures));
}
