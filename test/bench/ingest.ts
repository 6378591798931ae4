/**
 * How many reports a second the whole service takes, beside what a bare broker takes on the same machine at the same
 * time: `npm run bench:ingest -- --help`. It starts and stops everything by itself, on loopback and in temporary folders.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireProgram } from '../servers.ts';
import { type Figure, figuresTable } from './figures.ts';
import type { LoadOptions } from './load.ts';
import { loadAverage, machineLine } from './machine.ts';
import { runMosquitto } from './mosquitto.ts';
import { runService } from './service.ts';

const usage = `usage: npm run bench:ingest -- [options]
  --seconds 20       how long each load lasts
  --connections 50   devices, one connection each
  --window 20        reports on their way, each connection
  --json             the figures as JSON
  --update           write the figures into BENCHMARKS.md`;

const benchmarks = join(import.meta.dirname, '../../BENCHMARKS.md');
const [openMark, closeMark] = ['<!-- figures of bench:ingest -->', '<!-- end of figures -->'];
const rounds = 2;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    connections: { type: 'string', default: '50' },
    window: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await bench({ seconds: count('seconds'), connections: count('connections'), window: count('window') });

function count(name: 'seconds' | 'connections' | 'window'): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`--${name} must be a whole number from 1 on, not ${values[name]}\n${usage}`);
}

async function bench(options: LoadOptions): Promise<void> {
  const figures: Figure[] = [];
  const mosquitto = requireProgram('mosquitto');
  const both = async (load: string, loadOptions: LoadOptions) => {
    if (mosquitto !== undefined) {
      const before = loadAverage();
      const run = await runMosquitto(mosquitto, loadOptions);
      figures.push({ load, server: 'mosquitto', loadAverage: before, run });
      tell(figures);
    }
    const before = loadAverage();
    const run = await runService(loadOptions);
    figures.push({ load, server: 'aftercare', loadAverage: before, run });
    tell(figures);
  };

  for (let round = 1; round <= rounds; round++) await both(`full, round ${round}`, options);
  const full = figures.flatMap(({ server, run }) => (server === 'aftercare' ? run.evaluatedPerS : []));
  const half = Math.round(full.reduce((sum, rate) => sum + rate, 0) / full.length / 2);
  await both(`half (${half}/s)`, { ...options, rate: half });
  await both('one in flight', { ...options, window: 1 });

  const { seconds, connections, window } = options;
  const day = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const head = `${day} UTC. ${machineLine()}.\n${seconds} s a load, ${connections} connections × ${window} reports in flight.`;
  const text = `${head}\n\n${figuresTable(figures)}`;
  console.log(values.json ? JSON.stringify({ machine: machineLine(), options, figures }) : text);
  if (values.update) updatePage(text);
}

/** The newest figure while the others are still to come: a run takes minutes. */
function tell(figures: readonly Figure[]): void {
  const last = figures.at(-1);
  if (last) console.error(`${last.server}, ${last.load}: ${Math.round(last.run.load.ratePerS)} acknowledged a second`);
}

function updatePage(text: string): void {
  const page = readFileSync(benchmarks, 'utf8');
  const [start, end] = [page.indexOf(openMark), page.indexOf(closeMark)];
  if (start < 0 || end < start)
    throw new Error(`${benchmarks} has no place for figures between ${openMark} and ${closeMark}`);
  writeFileSync(benchmarks, `${page.slice(0, start + openMark.length)}\n${text}\n${page.slice(end)}`);
}
