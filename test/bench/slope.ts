/**
 * Whether the service gets slower or larger while it runs: one load for minutes, told in slices, with the slope over all
 * of them; at full load beside what bare mosquitto takes right before and after. `npm run bench:slope -- --help`.
 */
import { parseArgs } from 'node:util';
import { linearRegression } from 'simple-statistics';
import { minuteMs, secondMs } from '../../src/base/index.ts';
import { requireProgram } from '../servers.ts';
import { runMosquitto } from './bare-broker.ts';
import type { LoadOptions } from './load.ts';
import { loadAverage, machineLine } from './machine.ts';
import { runService, type Sample } from './service.ts';

const usage = `usage: npm run bench:slope -- [options]
Full load begins and ends with 15 s of bare mosquitto, where it is installed.
  --seconds 300      how long the load lasts
  --connections 50   devices, one connection each
  --window 20        reports on their way, each connection
  --rate 0           reports a second of all together; 0 = as fast as acknowledged
  --slice 30         seconds of a line`;

/** Beside a load with a rate: devices that report one reading that opens a case. */
const canaries = 200;
const mosquittoSeconds = 15;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    connections: { type: 'string', default: '50' },
    window: { type: 'string', default: '20' },
    rate: { type: 'string', default: '0' },
    slice: { type: 'string', default: '30' },
    help: { type: 'boolean', default: false },
  },
});

interface Slice {
  readonly evaluatedPerS: number;
  readonly cpuUsPerReport: number;
  readonly rssMb: number;
  readonly behind: number;
}

/** Between the first sample and the last of a slice; its RSS is the highest. */
function sliceOf(samples: readonly Sample[]): Slice | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.evaluated === first.evaluated) return undefined;
  const reports = last.evaluated - first.evaluated;
  return {
    evaluatedPerS: (reports * secondMs) / (last.at - first.at),
    cpuUsPerReport: ((last.cpuS - first.cpuS) * 1e6) / reports,
    rssMb: Math.max(...samples.map(({ rssBytes }) => rssBytes)) / 1e6,
    behind: Math.max(...samples.map(({ logged, evaluated }) => logged - evaluated)),
  };
}

/** Undefined: it is not here. */
async function mosquittoRate(options: LoadOptions): Promise<number | undefined> {
  const program = requireProgram('mosquitto');
  if (program === undefined) return undefined;
  return (await runMosquitto(program, { ...options, seconds: mosquittoSeconds })).load.ratePerS;
}

async function bench(): Promise<void> {
  const [seconds, connections, window] = [values.seconds, values.connections, values.window].map(Number);
  const [rate, sliceMs] = [Number(values.rate), Number(values.slice) * secondMs];
  if (!seconds || !connections || !window || !(rate >= 0) || !(sliceMs > 0)) throw new Error(usage);
  const load = `${connections} connections × ${window} reports in flight, ${rate > 0 ? `${rate}/s` : 'full'}`;
  console.log(`${machineLine()}, load average ${loadAverage().toFixed(1)}; ${load}\n`);
  const options = { seconds, connections, window };
  const bareBefore = rate > 0 ? undefined : await mosquittoRate(options);
  const run = rate > 0 ? await runService({ ...options, rate }, canaries) : await runService(options);
  const startedAt = run.samples[0]?.at ?? 0;
  const groups = Map.groupBy(run.samples, ({ at }) => Math.floor((at - startedAt) / sliceMs));
  console.log('| from s | evaluated/s | CPU µs a report | RSS MB | behind, most |\n|---:|---:|---:|---:|---:|');
  const told: (Slice & { readonly minute: number })[] = [];
  for (const [group, samples] of groups) {
    const slice = sliceOf(samples);
    if (slice === undefined) continue;
    told.push({ ...slice, minute: (group * sliceMs) / minuteMs });
    const { evaluatedPerS, cpuUsPerReport, rssMb, behind } = slice;
    const cells = [Math.round(evaluatedPerS), cpuUsPerReport.toFixed(1), Math.round(rssMb), behind];
    console.log(`| ${[(group * sliceMs) / secondMs, ...cells].join(' | ')} |`);
  }
  const slope = (of: (slice: Slice) => number) => linearRegression(told.map((one) => [one.minute, of(one)])).m;
  const { ackP50Ms, ackP99Ms } = run.load;
  console.log(
    `\na minute: ${slope((one) => one.evaluatedPerS).toFixed(0)} evaluated/s, ${slope((one) => one.rssMb).toFixed(1)} MB; ` +
      `whole: ${Math.round(run.evaluatedPerS)} evaluated/s, ${run.counts.stored} stored, 0 lost, ` +
      `ack p50 / p99 ${ackP50Ms} / ${ackP99Ms} ms, RSS at most ${Math.round(run.rssBytesMax / 1e6)} MB` +
      (run.caseLag
        ? `, reading → case p50 / p99 ${Math.round(run.caseLag.p50Ms)} / ${Math.round(run.caseLag.p99Ms)} ms`
        : '') +
      `; µs a report by thread: ${Object.entries(run.threadsUs)
        .map(([thread, us]) => `${thread} ${us.toFixed(1)}`)
        .join(', ')}`,
  );
  const bareAfter = bareBefore === undefined ? undefined : await mosquittoRate(options);
  if (bareBefore === undefined || bareAfter === undefined) return;
  const share = run.evaluatedPerS / ((bareBefore + bareAfter) / 2);
  const [before, after] = [bareBefore, bareAfter].map((perS) => Math.round(perS));
  console.log(
    `bare mosquitto before / after: ${before} / ${after} acknowledged/s; evaluated ${Math.round(100 * share)} % of their mean`,
  );
}

if (values.help) console.log(usage);
else await bench();
