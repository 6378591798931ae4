import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openLog } from '../../src/log/index.ts';
import { decodeRecord } from '../../src/telemetry/index.ts';
import {
  type CaseItem,
  type FindingItem,
  findingsOf,
  iso,
  type Ledger,
  ledgerOf,
  type Page,
  publishReports,
  register,
  type Series,
} from '../acceptance/fixture.ts';
import { readAll } from '../contract/log.ts';
import { runAftercare, type ServiceProcess, startService, until } from '../service-process.ts';
import { ackLineBytes, eventTime, type LoadPlan, pack, readAcks, reportOf, ruleBreaks } from './kill-plan.ts';

const kills = Number(process.env.KILLS ?? 4);
const deviceCount = 20;
const progressDeadlineMs = 60_000;
const env = { AFTERCARE_LIMIT_CALLS_PER_SECOND: '10000' };

it(`loses and doubles nothing when it is killed ${kills} times under load`, {
  timeout: 120_000 + kills * 30_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-kill-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const products = join(folder, 'products');
  mkdirSync(products);
  writeFileSync(join(products, 'cold-fridge.yaml'), pack);
  let service = await startService({ data: join(folder, 'data'), products, env });
  onTestFinished(async () => {
    await service.kill('SIGKILL');
  });
  // A console that is still being built would be built again at each start.
  await until(async () => (await fetch(service.url)).ok, progressDeadlineMs, 'the console is built');
  const plan = await planLoad(service, join(folder, 'acknowledged'));
  const load = startLoad(plan);

  for (let round = 1; round <= kills; round += 1) {
    await load.progress(killAfter(round));
    expect(await service.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    service = await startService({ data: service.data, ports: service.ports, products, env });
  }
  const last = Math.max(...plan.devices.map((_, device) => ruleBreaks(plan, device).opened));
  await load.reach(last + 10);
  await load.finish();
  const acks = load.acks();
  const fleet = await fleetAtRest(service);
  const cases = (await service.api<Page<CaseItem>>('GET', '/cases?limit=1000')).body.items;
  const ledgers: Ledger[] = [];
  for (const { id } of plan.devices) ledgers.push(await ledgerOf(service, id));
  await Promise.all(plan.devices.map((_, device) => runControl(service, plan, device, acks[device]?.size ?? 0)));
  await fleetAtRest(service);

  for (const [device, { id }] of plan.devices.entries()) {
    const sent = acks[device]?.size ?? 0;
    expect(acks[device]).toEqual(new Set(Array.from({ length: sent }, (_, seq) => seq)));
    expect(ledgers[device]).toMatchObject({ acknowledged: sent, stored: sent, evaluated: sent, gaps: [] });
    expect(ledgers[device]).toMatchObject({ conflicts: 0, quarantined: 0, late: 0, readingsRejected: 0 });
    const series = await service.api<Series>('GET', `/devices/${id}/signals/cabinet_temp?points=1`);
    expect(series.body.points.map(({ count }) => count)).toEqual([sent]);
    await expectOneCase({ service, plan, device, cases });
  }
  expect(cases).toHaveLength(plan.devices.length);
  expect(new Set(cases.map(({ number }) => number)).size).toBe(cases.length);
  await service.kill('SIGKILL');
  const { code, stdout } = await runAftercare(['verify', '--data', service.data]);
  expect(code, stdout).toBe(0);

  const logged = await readMessages(join(service.data, 'log'));
  for (const [device, { id }] of plan.devices.entries()) {
    expect(new Set(logged.get(id))).toEqual(acks[device]);
    expect(logged.get(id)?.length).toBe(ledgers[device]?.received);
  }
  const acknowledged = acks.reduce((sum, own) => sum + own.size, 0);
  expect(fleet.acknowledged).toBe(acknowledged);
  console.log(
    `${kills} × kill -9: ${acknowledged} reports acknowledged, stored and evaluated, ${fleet.duplicates} sent again ` +
      `and known, ${cases.length} cases of ${deviceCount} devices, 0 lost, 0 twice`,
  );
});

/** Sometimes long after the start, sometimes while it still catches up. */
function killAfter(round: number): number {
  return round % 4 === 0 ? 50 : 500 + ((round * 811) % 1_500);
}

async function planLoad(service: ServiceProcess, acknowledgedFile: string): Promise<LoadPlan> {
  const devices = [];
  for (let index = 0; index < deviceCount; index += 1) devices.push(await register(service, `fridge-${index}`));
  writeFileSync(acknowledgedFile, '');
  return { mqttUrl: service.mqttUrl, acknowledgedFile, devices, kills };
}

function startLoad(plan: LoadPlan) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kill-load.ts'), JSON.stringify(plan)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const count = () => statSync(plan.acknowledgedFile).size / ackLineBytes;
  const acks = () => readAcks(readFileSync(plan.acknowledgedFile, 'utf8'), plan.devices.length);
  return {
    acks,
    /** Until so many more reports are acknowledged. */
    progress: (more: number) => {
      const goal = count() + more;
      return until(() => count() >= goal, progressDeadlineMs, `${more} more reports are acknowledged`);
    },
    /** Until each device's report of this `seq` is acknowledged. */
    reach: (seq: number) =>
      until(() => acks().every((own) => own.has(seq)), progressDeadlineMs, `all reports up to ${seq} are acknowledged`),
    finish: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    },
  };
}

/** The counts of all devices, once all that was acknowledged is stored and evaluated. */
function fleetAtRest(service: ServiceProcess): Promise<Ledger> {
  const rest = async () => {
    const ledger = (await service.api<Ledger & { behindSince: string | null }>('GET', '/ledger')).body;
    const { received, acknowledged, stored, evaluated, duplicates, quarantined, behindSince } = ledger;
    const counted = received === acknowledged + duplicates + quarantined;
    return counted && behindSince === null && acknowledged === stored && acknowledged === evaluated && ledger;
  };
  return until(rest, progressDeadlineMs, 'the ledger is at rest');
}

const controlId = (device: number): string => `control-${device}`;

/** A device that sends the same as the killed service was sent, after all kills. */
async function runControl(service: ServiceProcess, plan: LoadPlan, device: number, sent: number): Promise<void> {
  const reports = Array.from({ length: sent }, (_, seq) => reportOf(plan, device, seq));
  const parts = Array.from({ length: Math.ceil(sent / 500) }, (_, part) => reports.slice(part * 500, part * 500 + 500));
  await publishReports(service, await register(service, controlId(device)), parts);
}

/** The one case of a device's warming up, with the findings that would have been without any kill. */
async function expectOneCase(context: {
  readonly service: ServiceProcess;
  readonly plan: LoadPlan;
  readonly device: number;
  readonly cases: readonly CaseItem[];
}): Promise<void> {
  const { service, plan, device, cases } = context;
  const { id = '' } = plan.devices[device] ?? {};
  const own = cases.filter((item) => item.device === id);
  expect(own.map(({ failureMode }) => failureMode)).toEqual(['cooling-loss']);
  const findings = await findingsOf(service, id);
  const { began, opened } = ruleBreaks(plan, device);
  const rule = findings.filter(({ source }) => source === 'rule:warm-cabinet');
  expect(rule).toMatchObject([{ startsAt: iso(eventTime(began)), openedAt: iso(eventTime(opened)), case: own[0]?.id }]);

  const told = ({ source, openedAt, startsAt, endsAt, explanation }: FindingItem) => ({
    ...{ source, openedAt, startsAt, endsAt, explanation },
  });
  expect(findings.map(told)).toEqual((await findingsOf(service, controlId(device))).map(told));
}

/** What the log itself holds, read without the service: each message's `seq`, by device. */
async function readMessages(folder: string): Promise<Map<string, number[]>> {
  const log = await openLog({ folder });
  const seqs = new Map<string, number[]>();
  for (const { payload } of await readAll(log, 0)) {
    const record = decodeRecord(payload);
    if (record.kind !== 'message' || record.device.startsWith('control-')) continue;
    const own = seqs.get(record.device) ?? [];
    const { seq } = JSON.parse(Buffer.from(record.payload).toString()) as { seq: number };
    own.push(seq);
    seqs.set(record.device, own);
  }
  await log.close();
  return seqs;
}
