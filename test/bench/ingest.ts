/**
 * How many reports a second the whole service takes, beside what a bare broker takes on the same machine at the same
 * time: `npm run bench:ingest -- --help`. It starts and stops everything by itself, on loopback and in temporary folders.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireProgram } from '../servers.ts';
import { type BareRun, runAedes, runAfternoonScript, runMosquitto } from './bare-broker.ts';
import { type Figure, figuresTable } from './figures.ts';
import type { LoadOptions } from './load.ts';
import { loadAverage, machineLine } from './machine.ts';
import { runService } from './service.ts';

const usage = `usage: npm run bench:ingest -- [options]
  --seconds 20       how long each load lasts; half load at least 60, the last one at least 30
  --connections 50   devices, one connection each
  --window 20        reports on their way, each connection
  --rounds 2         how often full load is measured, on each server in turn
  --many 5000        devices of the last load, one report in flight each; 0 leaves it out
  --json             the figures as JSON
  --update           write the figures into BENCHMARKS.md`;

const [mosquitto, influxd] = [requireProgram('mosquitto'), requireProgram('influxd')];
/** Undefined: its program is not here. */
const bareServers = {
  mosquitto: async (options) => (mosquitto === undefined ? undefined : runMosquitto(mosquitto, options)),
  aedes: (options) => runAedes(options),
  'afternoon script': async (options) => (influxd === undefined ? undefined : runAfternoonScript(influxd, options)),
} satisfies Record<string, (options: LoadOptions) => Promise<BareRun | undefined>>;

const benchmarks = join(import.meta.dirname, '../../BENCHMARKS.md');
const [openMark, closeMark] = ['<!-- figures of bench:ingest -->', '<!-- end of figures -->'];
const canaries = 200;
/** Long enough for several checkpoints. */
const halfSecondsMin = 60;
/** At so few reports a second V8 is still compiling for much of a shorter load. */
const manySecondsMin = 30;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    connections: { type: 'string', default: '50' },
    window: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '2' },
    many: { type: 'string', default: '5000' },
    json: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await bench({ seconds: count('seconds'), connections: count('connections'), window: count('window') });

function count(name: 'seconds' | 'connections' | 'window' | 'rounds' | 'many'): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= (name === 'many' ? 0 : 1)) return value;
  throw new Error(`--${name} must be a whole number from 1 on, not ${values[name]}\n${usage}`);
}

async function bench(options: LoadOptions): Promise<void> {
  const figures: Figure[] = [];
  const note = (figure: Figure) => {
    figures.push(figure);
    console.error(`${figure.server}, ${figure.load}: ${Math.round(figure.run.load.ratePerS)} acknowledged a second`);
  };
  const bare = async (server: keyof typeof bareServers, load: string, loadOptions: LoadOptions) => {
    const before = loadAverage();
    const run = await bareServers[server](loadOptions);
    if (run !== undefined) note({ load, server, loadAverage: before, run });
  };
  const aftercare = async (load: string, loadOptions: LoadOptions, singers = 0) => {
    const before = loadAverage();
    note({ load, server: 'aftercare', loadAverage: before, run: await runService(loadOptions, singers) });
  };

  for (let round = 1; round <= count('rounds'); round++) {
    const load = `full, round ${round}`;
    await bare('mosquitto', load, options);
    await aftercare(load, options);
    await bare('aedes', load, options);
    await bare('afternoon script', load, options);
  }
  const full = figures.flatMap(({ server, run }) => (server === 'aftercare' ? run.evaluatedPerS : []));
  const half = Math.round(full.reduce((sum, rate) => sum + rate, 0) / full.length / 2);
  await bare('mosquitto', `half (${half}/s)`, { ...options, rate: half });
  const seconds = Math.max(options.seconds, halfSecondsMin);
  await aftercare(`half (${half}/s), ${seconds} s`, { ...options, seconds, rate: half }, canaries);
  const single = { ...options, window: 1 };
  await bare('mosquitto', 'one in flight', single);
  await aftercare('one in flight', single);
  const many = count('many');
  if (many > 0) {
    const manySingle = { ...single, connections: many, seconds: Math.max(options.seconds, manySecondsMin) };
    const load = `${many} devices, one in flight, ${manySingle.seconds} s`;
    await bare('mosquitto', load, manySingle);
    await bare('aedes', load, manySingle);
    await aftercare(load, manySingle);
  }

  const { connections, window } = options;
  const day = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const head = `${day} UTC. ${machineLine()}.\n${options.seconds} s a load, ${connections} connections × ${window} reports in flight.`;
  const text = `${head}\n\n${figuresTable(figures)}`;
  console.log(values.json ? JSON.stringify({ machine: machineLine(), options, figures }) : text);
  if (values.update) updatePage(text);
}

function updatePage(text: string): void {
  const page = readFileSync(benchmarks, 'utf8');
  const [start, end] = [page.indexOf(openMark), page.indexOf(closeMark)];
  if (start < 0 || end < start)
    throw new Error(`${benchmarks} has no place for figures between ${openMark} and ${closeMark}`);
  writeFileSync(benchmarks, `${page.slice(0, start + openMark.length)}\n${text}\n${page.slice(end)}`);
}
