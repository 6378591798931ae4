import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import { type Canaries, type CaseLag, registerCanaries } from './canaries.ts';
import { type Lag, lagOf, type Progress } from './lag.ts';
import { type LoadOptions, type LoadResult, runLoad } from './load.ts';
import { type ThreadUse, threadUse } from './machine.ts';

export interface ServiceRun {
  readonly load: LoadResult;
  readonly cpuUsPerReport: number;
  /** The same by thread, µs a report. */
  readonly threadsUs: ThreadUse;
  /** From sending a reading that opens a case until the live stream tells of the case; undefined without canaries. */
  readonly caseLag: CaseLag | undefined;
  readonly rssBytesMax: number;
  readonly counts: LedgerCounts;
  /** From the last acknowledgement until everything was evaluated, and stored. */
  readonly catchUpMs: number;
  readonly storedAfterMs: number;
  /** Of the load and the catch-up together: what the service can keep up for ever. */
  readonly evaluatedPerS: number;
  readonly evaluatedLag: Lag;
  readonly storedLag: Lag;
  /** Acknowledged and not evaluated, at its worst. */
  readonly backlogMax: number;
  /** Oldest first, from the first acknowledgement to the last. */
  readonly samples: readonly Sample[];
}

export interface LedgerCounts {
  readonly received: number;
  readonly acknowledged: number;
  readonly evaluated: number;
  readonly stored: number;
}

export interface Sample extends Progress {
  readonly rssBytes: number;
  readonly cpuS: number;
}

const products = join(import.meta.dirname, 'products');
const product = 'bench-rig';
const sampleEveryMs = 500;
const consoleDeadlineMs = 60_000;
const restDeadlineMs = 300_000;
/** Canaries wait this long: in the first seconds of a process V8 compiles, which is told in the samples. */
const compilingMs = 5_000;
/** The load stands for devices that are many: neither the limit of one device nor that of one rule's cases is measured. */
const settings = {
  AFTERCARE_LIMIT_REPORTS_PER_SECOND: '10000000',
  AFTERCARE_LIMIT_CASES_PER_RULE_HOUR: '10000',
};

/** The whole service on an empty data folder under load, until its ledger is at rest. Throws when a report is lost. */
export async function runService(options: LoadOptions, canaries = 0): Promise<ServiceRun> {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-bench-'));
  try {
    const service = await startService({ products, env: settings });
    try {
      await until(async () => (await fetch(service.url)).status === 200, consoleDeadlineMs, 'the console is built');
      const devicesFile = join(folder, 'devices.json');
      writeFileSync(devicesFile, JSON.stringify(await registerDevices(service, options.connections)));
      const singers = canaries === 0 ? undefined : await registerCanaries(service, canaries);
      return await measure(service, devicesFile, options, singers);
    } finally {
      await service.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function registerDevices(service: ServiceProcess, count: number): Promise<{ id: string; secret: string }[]> {
  const devices: { id: string; secret: string }[] = [];
  for (let index = 0; index < count; index++) {
    const id = `load-${index}`;
    const { status, body } = await service.api<{ secret: string }>('POST', '/devices', { id, product });
    if (status !== 201) throw new Error(`${id} could not be registered: ${status} ${JSON.stringify(body)}`);
    devices.push({ id, secret: body.secret });
  }
  return devices;
}

async function measure(
  service: ServiceProcess,
  devicesFile: string,
  options: LoadOptions,
  canaries: Canaries | undefined,
): Promise<ServiceRun> {
  const first = await sample(service, 0);
  const threadsBefore = threadUse(service.pid);
  const other = first.logged;
  const samples: Sample[] = [];
  let loading = true;
  const sampling = (async () => {
    while (loading) {
      samples.push(await sample(service, other));
      await sleep(sampleEveryMs);
    }
  })();
  // When the service ends, the load says so first: both must be heard before anything is cleaned up.
  sampling.catch(() => undefined);
  const singingMs = Math.max(0, options.seconds * 950 - compilingMs);
  const singing = canaries && sleep(compilingMs).then(() => canaries.sing(singingMs / canaries.count));
  const load = await runLoad({ url: service.mqttUrl, devicesFile }, options).finally(() => {
    loading = false;
  });
  await sampling;
  const caseLag = await singing;
  const sung = canaries?.count ?? 0;
  const evaluatedAt = await rest(service, { other, samples, acked: load.acked + sung, stage: 'evaluated' });
  const storedAt = await rest(service, { other, samples, acked: load.acked + sung, stage: 'stored' });
  const counts = await ledger(service);
  checkCounts(counts, load, sung);
  const last = await sample(service, other);
  const threads = threadUse(service.pid);
  const during = samples.filter(({ at, logged }) => logged > 0 && at <= load.lastAckAt);
  return {
    load,
    counts,
    cpuUsPerReport: ((last.cpuS - first.cpuS) * 1e6) / counts.evaluated,
    threadsUs: eachThread((name) => ((threads[name] - threadsBefore[name]) * 1e6) / counts.evaluated),
    caseLag,
    rssBytesMax: Math.max(...samples.map(({ rssBytes }) => rssBytes)),
    catchUpMs: Math.max(0, evaluatedAt - load.lastAckAt),
    storedAfterMs: Math.max(0, storedAt - load.lastAckAt),
    evaluatedPerS: (counts.evaluated * 1_000) / (Math.max(evaluatedAt, load.lastAckAt) - load.startedAt),
    evaluatedLag: lagOf(during, 'evaluated'),
    storedLag: lagOf(during, 'stored'),
    backlogMax: Math.max(...samples.map(({ logged, evaluated }) => logged - evaluated)),
    samples: during,
  };
}

function eachThread(use: (name: keyof ThreadUse) => number): ThreadUse {
  const [main, intake, store] = [use('main'), use('intake'), use('store')];
  const [cases, checkpoint] = [use('cases'), use('checkpoint')];
  return { main, intake, store, cases, checkpoint, disk: use('disk'), helpers: use('helpers'), other: use('other') };
}

/** Waits until as many reports as were acknowledged have come through a stage; the moment at which that was so. */
async function rest(
  service: ServiceProcess,
  wait: { other: number; samples: Sample[]; acked: number; stage: 'evaluated' | 'stored' },
): Promise<number> {
  const { other, samples, acked, stage } = wait;
  const seen = samples.find((item) => item[stage] >= acked);
  if (seen) return seen.at;
  const reached = async () => {
    const now = await sample(service, other);
    samples.push(now);
    return now[stage] >= acked && now;
  };
  const { at } = await until(reached, restDeadlineMs, `${acked} reports are ${stage}`);
  return at;
}

async function ledger(service: ServiceProcess): Promise<LedgerCounts> {
  const { received, acknowledged, evaluated, stored } = (await service.api<LedgerCounts>('GET', '/ledger')).body;
  return { received, acknowledged, evaluated, stored };
}

/** Every acknowledged report went all the way. More may have: an acknowledgement can be lost, a durable report not. */
function checkCounts(counts: LedgerCounts, load: LoadResult, sung: number): void {
  const { received, acknowledged, evaluated, stored } = counts;
  const agree = received === acknowledged && acknowledged === evaluated && evaluated === stored;
  if (agree && stored >= load.acked + sung && stored <= load.sent + sung) return;
  throw new Error(`reports were lost or counted twice: ${JSON.stringify({ ...counts, ...load })}`);
}

/** Metrics rather than the ledger, since they also tell what the log holds: `other` records there are no reports. */
async function sample(service: ServiceProcess, other: number): Promise<Sample> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const value = (name: string): number => {
    const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`the service has no metric ${name}`);
    return Number(found);
  };
  return {
    at: Date.now(),
    logged: value('aftercare_log_next_offset') - other,
    evaluated: value('aftercare_reports_evaluated_total'),
    stored: value('aftercare_reports_stored_total'),
    rssBytes: value('process_resident_memory_bytes'),
    cpuS: value('process_cpu_seconds_total'),
  };
}
