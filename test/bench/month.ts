/**
 * A data folder as a service would have it after a month with a fleet, made in minutes, to try backtests on: its store of
 * readings and its history of facts and ticks. Reports go through admission; nobody judges them.
 *
 *   npm run bench:month -- <folder> [--devices 1000 --days 30 --seed 1]
 *   npm run -s aftercare -- backtest --pack <changed pack> --data <folder> --outcomes <folder>/truth.jsonl
 *
 * The faults that were planted are in `truth.jsonl`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageText, networks, type Scenario, simulate, truthLine } from '../../simulators/index.ts';
import { readPublishedPack } from '../../src/app/packs.ts';
import { dayMs, secondMs } from '../../src/base/index.ts';
import { contentHash, newProcessed, openCheckpoint, PipelineDevices, Processor } from '../../src/pipeline/index.ts';
import { Catalogue } from '../../src/product/index.ts';
import { openEmbeddedStore } from '../../src/store/index.ts';
import { encodeRecord, type Fact, type LogRecord, reportsTopic } from '../../src/telemetry/index.ts';
import { machineLine } from './machine.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    devices: { type: 'string', default: '1000' },
    days: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('name the data folder that is to be made');

const product = 'cold-fridge';
const tickEveryMs = 5 * secondMs;
/** A write takes 10,000, and holds whole messages: there is room for one more array. */
const writeReportsMax = 9_000;
const saveEveryReports = 1_000_000;

const scenario: Scenario = {
  name: 'month',
  seed: Number(values.seed),
  startAt: Date.UTC(2026, 0, 5),
  lengthMs: Number(values.days) * dayMs,
  devices: Number(values.devices),
  mix: { [product]: 1 },
  faultShare: 0.2,
  faults: undefined,
  faultPace: 3,
  network: networks.good,
};

mkdirSync(folder, { recursive: true });
const simulation = simulate(scenario);
writeFileSync(join(folder, 'truth.jsonl'), simulation.truth.map(truthLine).join(''));
const store = await openEmbeddedStore({ folder });
const checkpoint = openCheckpoint(folder);
const facts: Fact[] = [];
const processor = new Processor({
  catalogue: new Catalogue(readPublishedPack),
  engine: { step: () => undefined, globals: () => globals, withParent: (report) => report, judgesTicks: false },
  devices: new PipelineDevices(),
  hash: contentHash,
  earlier: {
    stored: (device, boot, seq) => store.reports({ by: 'identity', device, boot, seq }),
    logged: async () => undefined,
  },
});
const globals = { lastHeardAt: 0, downMs: 0 };
let out = newProcessed();
let next = 0;
let stored = 0;
let saved = 0;

async function take(record: LogRecord): Promise<void> {
  await processor.process({ offset: next, payload: encodeRecord(record) }, out);
  next += 1;
}

async function takeFact(fact: Fact): Promise<void> {
  facts.push(fact);
  await take({ kind: 'fact', fact });
}

async function write(): Promise<void> {
  const reports = out.reports.take();
  await store.write(reports, next);
  stored += reports.rows;
}

async function save(): Promise<void> {
  await write();
  await store.sync();
  const { history, quarantine } = out;
  const meta = { next, globals, forwarded: undefined, ages: [] };
  await checkpoint.save({ meta, facts, devices: [], bands: [], snapshots: [], quarantine, history });
  out = newProcessed();
  saved = stored;
}

const began = performance.now();
const { startAt, lengthMs } = scenario;
const source = readFileSync(join(import.meta.dirname, `../../products/${product}.yaml`), 'utf8');
await takeFact({ type: 'pack-published', at: startAt, version: 1, product, file: `${product}.yaml`, source });
for (const device of simulation.devices) {
  await takeFact({
    type: 'device-registered',
    at: startAt,
    device: { ...device, customer: undefined, parent: undefined },
  });
}
let tickAt = startAt;
const tickUpTo = async (at: number) => {
  for (; tickAt <= at; tickAt += tickEveryMs) await take({ kind: 'tick', at: tickAt });
};
await take({ kind: 'resumed', at: startAt });
for (const arrival of simulation.arrivals) {
  const { device, arrivesAt: receivedAt } = arrival;
  if (receivedAt >= tickAt) await tickUpTo(receivedAt);
  const payload = Buffer.from(messageText(arrival));
  await take({ kind: 'message', receivedAt, device, topic: reportsTopic(device), payload });
  if (out.reports.length >= writeReportsMax) await write();
  if (stored - saved < saveEveryReports) continue;
  await save();
  const seconds = (performance.now() - began) / 1_000;
  const days = (receivedAt - startAt) / dayMs;
  console.log(`${days.toFixed(1)} days, ${stored} reports, ${seconds.toFixed(0)} s, ${Math.round(stored / seconds)}/s`);
}
await tickUpTo(startAt + lengthMs);
await save();
checkpoint.close();
await store.close();
const cpu = process.cpuUsage();
const { counts } = simulation;
console.log(machineLine());
console.log(`${stored} reports stored of ${counts.generated} measured, ${simulation.truth.length} faults planted`);
console.log(
  `${((performance.now() - began) / 1_000).toFixed(0)} s, ${((cpu.user + cpu.system) / 1e6).toFixed(0)} s CPU`,
);
console.log(`RSS at most ${Math.round(process.resourceUsage().maxRSS / 1_024)} MB`);
