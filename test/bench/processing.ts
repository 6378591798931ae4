/**
 * What a report costs between the log's bytes and the engine, on this thread and nothing else:
 *
 *   npm run bench:processing [-- --devices 200 --reports 200000 --tries 5 --only <part of a name> --json]
 *
 * Every stage runs over the same log records, several times; the fastest counts, since anything else on the
 * machine only makes it slower.
 */
import { parseArgs } from 'node:util';
import { ReportReader, Templates } from '../../src/admission/index.ts';
import { Engine } from '../../src/engine/index.ts';
import type { LogEntry } from '../../src/log/index.ts';
import { contentHash, newProcessed, PipelineDevices, Processor } from '../../src/pipeline/index.ts';
import { decodeRecord, type Report } from '../../src/telemetry/index.ts';
import { machineLine } from './machine.ts';
import { benchCatalogue, reportEntries } from './report-entries.ts';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '200' },
    reports: { type: 'string', default: '200000' },
    tries: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const deviceCount = Number(values.devices);
const tries = Number(values.tries);

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

const rounds = Math.ceil(Number(values.reports) / deviceCount);
const entries = [...reportEntries({ from: 0, devices: deviceCount, rounds, betweenMs: 1_000 })];
const figures: { stage: string; usPerReport: number }[] = [];
for (const stage of stages.filter(({ name }) => name.includes(values.only))) {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < tries; attempt++) {
    const before = process.cpuUsage();
    const seen = await stage.run(entries);
    const { user } = process.cpuUsage(before);
    if (seen < entries.length) throw new Error(`${stage.name}: ${seen} of ${entries.length} reports`);
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
  const templates = new Templates();
  const readers = new Map<string, ReportReader>();
  let seen = 0;
  for (const { payload } of list) {
    const record = decodeRecord(payload);
    if (record.kind !== 'message') continue;
    let reader = readers.get(record.device);
    if (reader === undefined) {
      reader = new ReportReader(templates);
      readers.set(record.device, reader);
    }
    if (reader.read(record.payload).ok) seen += 1;
  }
  return seen;
}

async function processed(list: readonly LogEntry[], options: { engine: boolean }): Promise<number> {
  const catalogue = benchCatalogue(deviceCount);
  const engine = options.engine
    ? new Engine(catalogue)
    : {
        step: () => undefined,
        globals: () => ({ lastHeardAt: 0, downMs: 0 }),
        withParent: (report: Report) => report,
        judgesTicks: false,
      };
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

function again(list: readonly LogEntry[]): LogEntry[] {
  return list.map(({ payload }, index) => ({ offset: list.length + index, payload }));
}
