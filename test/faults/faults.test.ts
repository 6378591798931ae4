import { expect, it, onTestFailed, onTestFinished } from 'vitest';
import { type FindingItem, type Page, publishReports, register } from '../acceptance/fixture.ts';
import { influxql } from '../integration/influx-server.ts';
import { runAftercare, type ServiceProcess, until } from '../service-process.ts';
import { type Fault, faults, type Random } from './faults.ts';
import { sum } from './load.ts';
import { reportOf } from './load-plan.ts';
import { expectAtRest, type Figures, fleetAtRest } from './rest.ts';
import { startWorld, type World } from './world.ts';

const minutes = Number(process.env.FAULT_MINUTES ?? 2);
const seed = Number(process.env.FAULT_SEED ?? 1);
const isLong = minutes > 10;
/** Only faults with this in their name. */
const wanted = process.env.FAULT ?? '';
const minuteMs = 60_000;
const outputShown = 4_000;

interface Row extends Figures {
  readonly fault: string;
  readonly times: number;
}

it(`loses and doubles nothing, whatever breaks, for ${minutes} minutes (seed ${seed})`, {
  timeout: (minutes + 10) * minuteMs,
}, async () => {
  const world = await startWorld({
    devices: 20,
    pauseMs: isLong ? 200 : 2,
    diskMegabytes: Math.round(128 + minutes * (isLong ? 4 : 16)),
    patienceMs: 90_000,
  });
  onTestFinished(world.end);
  onTestFailed(() => console.error(`The service said at last:\n${world.service().output().slice(-outputShown)}`));
  const random = seededRandom(seed);
  const possible = faults.filter(({ name, canHappen }) => name.includes(wanted) && canHappen(world));
  const rows = new Map<string, Row>();
  const end = performance.now() + minutes * minuteMs;
  // Each at least once.
  for (let round = 0; round < possible.length || performance.now() < end; round += 1) {
    const fault = pick(possible, round, random);
    console.log(`${round + 1}: ${fault.name}`);
    const row: Row = { ...(await undergo(world, fault, random)), fault: fault.name, times: 1 };
    const before = rows.get(fault.name);
    rows.set(fault.name, before === undefined ? row : added(before, row));
  }
  await expectSameAsControl(world);
  await world.service().kill('SIGKILL');
  const { code, stdout } = await runAftercare(['verify', '--data', world.service().data]);
  expect(code, stdout).toBe(0);
  console.log(table([...rows.values()]));
});

/** One fault under load, then a count at rest. Resolves to the figures since the last count. */
async function undergo(world: World, fault: Fault, random: Random): Promise<Figures> {
  const { load } = world;
  const before = countsBefore.get(world) ?? nothing;
  load.resume();
  await load.progress(200 + Math.floor(random() * 1_500));
  await fault.happen(world, random);
  await load.progress(300);
  const { acknowledged } = await load.pause();
  const now = await expectAtRest(world.service(), load.plan, acknowledged);
  if (world.influx !== undefined) {
    const [row = []] = await influxql(world.influx, 'aftercare', 'SELECT count(cabinet_temp) FROM "cold-fridge"');
    expect(row[1], 'readings in InfluxDB').toBe(sum(acknowledged));
  }
  countsBefore.set(world, now);
  return {
    ...now,
    acknowledged: now.acknowledged - before.acknowledged,
    duplicates: now.duplicates - before.duplicates,
    cases: now.cases - before.cases,
  };
}

const nothing: Figures = { acknowledged: 0, lost: 0, twice: 0, duplicates: 0, cases: 0, casesTwice: 0 };
const countsBefore = new WeakMap<World, Figures>();

/** Devices that send the same after all faults have the same findings, of every detector. */
async function expectSameAsControl(world: World): Promise<void> {
  const { load } = world;
  const service = world.service();
  const { acknowledged } = await load.state();
  for (const device of [0, 7]) {
    const id = `control-${device}`;
    const reports = Array.from({ length: acknowledged[device] ?? 0 }, (_, seq) => reportOf(device, seq));
    const parts = Array.from({ length: Math.ceil(reports.length / 500) }, (_, part) =>
      reports.slice(part * 500, part * 500 + 500),
    );
    await publishReports(service, await register(service, id), parts);
    await fleetAtRest(service);
    const own = load.plan.devices[device]?.id ?? '';
    await until(
      async () => (await toldOf(service, id)).length === (await toldOf(service, own)).length,
      10_000,
      `${id} has as many findings as ${own}`,
    );
    expect(await toldOf(service, own)).toEqual(await toldOf(service, id));
  }
}

async function toldOf(service: ServiceProcess, device: string) {
  const path = `/devices/${device}/findings?limit=1000`;
  const { items } = (await service.api<Page<FindingItem>>('GET', path)).body;
  return items.map(({ source, openedAt, startsAt, endsAt, explanation }) => ({
    ...{ source, openedAt, startsAt, endsAt, explanation },
  }));
}

/** All of them in turn, then any. */
function pick(possible: readonly Fault[], round: number, random: Random): Fault {
  const fault = possible[round] ?? possible[Math.floor(random() * possible.length)];
  if (fault === undefined) throw new Error('no fault can happen here');
  return fault;
}

function added(row: Row, more: Row): Row {
  return {
    fault: row.fault,
    times: row.times + more.times,
    acknowledged: row.acknowledged + more.acknowledged,
    duplicates: row.duplicates + more.duplicates,
    lost: row.lost + more.lost,
    twice: row.twice + more.twice,
    cases: row.cases + more.cases,
    casesTwice: row.casesTwice + more.casesTwice,
  };
}

function table(rows: readonly Row[]): string {
  const heads = ['fault', 'times', 'acknowledged', 'sent again', 'lost', 'twice', 'cases', 'cases twice'];
  const all = rows.reduce(added, { ...nothing, fault: 'all', times: 0 });
  const lines = [...rows, all].map((row) => {
    const { fault, times, acknowledged, duplicates, lost, twice, cases, casesTwice } = row;
    return [fault, ...[times, acknowledged, duplicates, lost, twice, cases, casesTwice].map(String)];
  });
  const widths = heads.map((_, column) => Math.max(...[heads, ...lines].map((line) => line[column]?.length ?? 0)));
  const text = (line: readonly string[]) => {
    const [name = '', ...numbers] = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return [name, ...numbers].join('  ');
  };
  return [heads, ...lines].map(text).join('\n');
}

/** mulberry32 */
function seededRandom(from: number): Random {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
