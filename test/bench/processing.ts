/**
 * What a report costs between the log's bytes and the engine, on this thread and nothing else:
 *
 *   npm run bench:processing [-- --devices 200 --reports 200000 --only <part of a name> --json]
 *
 * Every stage runs over the same log records, several times; the fastest round counts, since anything else on the
 * machine only makes it slower.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeReports } from '../../src/admission/index.ts';
import { checkWatch, Engine } from '../../src/engine/index.ts';
import type { LogEntry } from '../../src/log/index.ts';
import { contentHash, newProcessed, PipelineDevices, Processor } from '../../src/pipeline/index.ts';
import { Catalogue, parsePack } from '../../src/product/index.ts';
import { conditionChecker } from '../../src/rules/index.ts';
import { type DeviceFacts, decodeRecord, encodeRecord, type Fact, reportsTopic } from '../../src/telemetry/index.ts';
import { machineLine } from './machine.ts';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '200' },
    reports: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const deviceCount = Number(values.devices);
const reportCount = Number(values.reports);
const rounds = Number(values.rounds);

const file = 'bench-rig.yaml';
const source = readFileSync(join(import.meta.dirname, 'products', file), 'utf8');
const startAt = Date.UTC(2026, 2, 1);
const betweenMs = 1_000;
/** What the log gives at a time. */
const pageRecords = 1_024;
/** Of a record's numbers, which may hold any byte. */
const afterHeader = 12;

interface Stage {
  readonly name: string;
  /** Reads all records; returns how many reports it saw, so that nothing can be left out by the compiler. */
  readonly run: (entries: readonly LogEntry[]) => number | Promise<number>;
}

const stages: readonly Stage[] = [
  { name: 'JSON.parse of the payload, the floor', run: parseOnly },
  { name: 'decode the record', run: decodeOnly },
  { name: 'decode record and reports', run: decodeBoth },
  { name: 'all up to the engine', run: (entries) => processed(entries, { engine: false }) },
  {
    name: 'the same, all reports twice',
    run: (entries) => processed([...entries, ...again(entries)], { engine: false }),
  },
  { name: 'with the engine', run: (entries) => processed(entries, { engine: true }) },
];

const entries = makeEntries();
const figures: { stage: string; usPerReport: number }[] = [];
for (const stage of stages.filter(({ name }) => name.includes(values.only))) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    const seen = await stage.run(entries);
    const { user } = process.cpuUsage(before);
    if (seen < reportCount) throw new Error(`${stage.name}: ${seen} of ${reportCount} reports`);
    best = Math.min(best, user / seen);
  }
  figures.push({ stage: stage.name, usPerReport: best });
  if (!values.json) console.log(`${best.toFixed(2).padStart(8)} µs a report  ${stage.name}`);
}
if (values.json) console.log(JSON.stringify({ machine: machineLine(), figures }));

function parseOnly(list: readonly LogEntry[]): number {
  let seen = 0;
  for (const { payload } of list) {
    const bytes = payload as Buffer;
    if (JSON.parse(bytes.toString('latin1', bytes.indexOf('{', afterHeader))) !== null) seen += 1;
  }
  return seen;
}

function decodeOnly(list: readonly LogEntry[]): number {
  let seen = 0;
  for (const { payload } of list) if (decodeRecord(payload).kind === 'message') seen += 1;
  return seen;
}

function decodeBoth(list: readonly LogEntry[]): number {
  let seen = 0;
  for (const { payload } of list) {
    const record = decodeRecord(payload);
    if (record.kind === 'message' && decodeReports(record.payload).ok) seen += 1;
  }
  return seen;
}

async function processed(list: readonly LogEntry[], options: { engine: boolean }): Promise<number> {
  const catalogue = new Catalogue((name, text) => {
    const parsed = parsePack({ file: name, source: text, checkCondition: conditionChecker, checkWatch });
    return parsed.pack;
  });
  for (const fact of facts()) catalogue.apply(fact);
  const engine = options.engine ? new Engine(catalogue) : { step: () => undefined };
  const stretch = [newProcessed(), newProcessed()];
  const processor = new Processor({
    catalogue,
    engine,
    devices: new PipelineDevices(),
    hash: contentHash,
    earlier: {
      stored: async (device, boot, seq) => stretch.flatMap((item) => item.reports.find(device, boot, seq)).slice(0, 1),
      logged: async (offset) => list[offset],
    },
  });
  let seen = 0;
  let out = newProcessed();
  for (const [index, entry] of list.entries()) {
    const suspended = processor.process(entry, out);
    if (suspended !== undefined) await suspended;
    seen += 1;
    if (index % pageRecords < pageRecords - 1) continue;
    out = newProcessed();
  }
  return seen;
}

function facts(): Fact[] {
  const published: Fact = { type: 'pack-published', at: startAt, product: 'bench-rig', version: 1, file, source };
  const registered = Array.from({ length: deviceCount }, (_, index): Fact => {
    const none = { serial: undefined, site: undefined, customer: undefined, timezone: undefined, parent: undefined };
    const device: DeviceFacts = {
      id: `load-${index}`,
      product: 'bench-rig',
      ...none,
      batch: undefined,
      installedAt: undefined,
    };
    return { type: 'device-registered', at: startAt, device };
  });
  return [published, ...registered];
}

/** As the load generator's: JSON of eight signals, with boot and seq, one report a message. */
function makeEntries(): LogEntry[] {
  let noise = 1;
  const next = () => {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    return (noise >>> 16) % 100;
  };
  const names = ['temp', 'humidity', 'current', 'voltage', 'speed', 'pressure', 'flow'];
  return Array.from({ length: reportCount }, (_, offset) => {
    const index = offset % deviceCount;
    const round = Math.floor(offset / deviceCount);
    const device = `load-${index}`;
    const at = startAt + round * betweenMs;
    const readings = names.map((name, place) => `"${name}":${4 + place * 3}.${String(next()).padStart(2, '0')}`);
    const identity = `"at":${at},"boot":"b1","seq":${1_000_000_000 + round},"firmware":"2.3.1"`;
    const text = `{${identity},"signals":{${readings.join(',')},"door":${next() === 0}}}`;
    const payload = Buffer.from(text);
    const record = { kind: 'message', receivedAt: at + 50, device, topic: reportsTopic(device), payload } as const;
    return { offset, payload: encodeRecord(record) };
  });
}

function again(list: readonly LogEntry[]): LogEntry[] {
  return list.map(({ payload }, index) => ({ offset: list.length + index, payload }));
}
