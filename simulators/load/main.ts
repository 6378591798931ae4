/**
 * The load generator: many devices that report as fast as they are acknowledged, in a process of its own.
 *
 *   node simulators/load/main.ts --url mqtt://127.0.0.1:1883 --devices-file creds.json --seconds 5 --json
 *
 * Exit code 0: every report was acknowledged; 1: not; 2: wrong usage. It talks to this machine only: pointed at a
 * service elsewhere it would be an attack.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LatencyHistogram } from './latency-histogram.ts';
import { type Credentials, Publisher, type Tally } from './publisher.ts';
import { ReportFrames } from './report-frames.ts';

const usage = `usage: node simulators/load/main.ts [options]
  --url mqtt://127.0.0.1:1883   where to; this machine only
  --devices-file <file>         JSON array of {"id", "secret"}; without it: load-0, load-1, … and no credentials
  --connections 50              devices, one connection each
  --window 20                   reports on their way, each connection
  --seconds 5                   how long to send, at most 600
  --rate <reports a second>     of all connections together, by whole windows; without it: as fast as acknowledged
  --signals a,b,…               names of the signals; all numbers but the last, a boolean
  --json                        the result as JSON`;

const defaultSignals = 'temp,humidity,current,voltage,speed,pressure,flow,door';
const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);
const lastAcksMs = 10_000;
const openAtOnce = 100;

interface Options {
  readonly address: { readonly host: string; readonly port: number };
  readonly devices: readonly Credentials[];
  readonly window: number;
  readonly seconds: number;
  readonly rate: number | undefined;
  readonly signals: readonly string[];
  readonly json: boolean;
}

class UsageError extends Error {}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
      'devices-file': { type: 'string' },
      connections: { type: 'string', default: '50' },
      window: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '5' },
      rate: { type: 'string' },
      signals: { type: 'string', default: defaultSignals },
      json: { type: 'boolean', default: false },
    },
  });
  const connections = numberOf('connections', values.connections, { min: 1, max: 20_000, whole: true });
  const signals = values.signals.split(',');
  if (signals.length < 2 || signals.includes('')) throw new UsageError('--signals needs two names or more');
  return {
    address: addressOf(values.url),
    devices: devicesOf(values['devices-file'], connections),
    window: numberOf('window', values.window, { min: 1, max: 65_535, whole: true }),
    seconds: numberOf('seconds', values.seconds, { min: 0.1, max: 600, whole: false }),
    rate: values.rate === undefined ? undefined : numberOf('rate', values.rate, { min: 1, max: 1e7, whole: false }),
    signals,
    json: values.json,
  };
}

function numberOf(name: string, text: string, range: { min: number; max: number; whole: boolean }): number {
  const value = Number(text);
  if (value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value))) return value;
  const kind = range.whole ? 'a whole number' : 'a number';
  throw new UsageError(`--${name} must be ${kind} from ${range.min} to ${range.max}, not ${text}`);
}

function addressOf(text: string): { host: string; port: number } {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'mqtt:') throw new UsageError(`--url must be mqtt://host:port, not ${text}`);
  if (!loopback.has(url.hostname)) throw new UsageError(`--url must name this machine, not ${url.hostname}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 1883 : Number(url.port) };
}

function devicesOf(file: string | undefined, connections: number): Credentials[] {
  if (file === undefined) return Array.from({ length: connections }, (_, index) => ({ id: `load-${index}` }));
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(found) || !found.every(isCredentials)) {
    throw new UsageError(`${file} must be an array of {"id", "secret"}`);
  }
  if (found.length < connections) throw new UsageError(`${file} names ${found.length} devices of ${connections}`);
  return found.slice(0, connections);
}

function isCredentials(value: unknown): value is Credentials {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('secret' in value)) return false;
  return typeof value.id === 'string' && typeof value.secret === 'string';
}

async function openAll({ address, devices, window, signals }: Options, tally: Tally) {
  const boot = `b${Date.now().toString(36)}`;
  const publishers: Publisher[] = [];
  for (let first = 0; first < devices.length; first += openAtOnce) {
    const opening = devices.slice(first, first + openAtOnce).map((credentials) => {
      const frames = new ReportFrames({ device: credentials.id, window, signals, boot, firmware: '2.3.1' });
      return Publisher.open(address, credentials, frames, tally);
    });
    publishers.push(...(await Promise.all(opening)));
  }
  return publishers;
}

/** Paced connections take turns, so that the load is even. Returns what ends their sending. */
function startAll(publishers: readonly Publisher[], { rate, window }: Options): () => void {
  if (rate === undefined) {
    for (const publisher of publishers) publisher.start();
    return () => {};
  }
  const everyMs = (window * publishers.length * 1_000) / rate;
  const startAt = performance.now();
  for (const [turn, publisher] of publishers.entries()) {
    publisher.start({ firstAt: startAt + (turn * everyMs) / publishers.length, everyMs });
  }
  const timer = setInterval(() => {
    const now = performance.now();
    for (const publisher of publishers) publisher.sendDue(now);
  }, 1);
  return () => clearInterval(timer);
}

/** Ends a promise that does not end by itself: the generator must never be left running. */
async function within(timeoutMs: number, event: Promise<unknown>, onTimeout: () => void): Promise<void> {
  const timer = setTimeout(onTimeout, timeoutMs);
  await event;
  clearTimeout(timer);
}

async function run(options: Options) {
  const tally: Tally = { sent: 0, acked: 0, lastAckAt: 0, latencies: new LatencyHistogram() };
  const publishers = await openAll(options, tally);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const endPace = startAll(publishers, options);
  await new Promise((resolve) => setTimeout(resolve, options.seconds * 1_000));
  endPace();
  const stopped = Promise.all(publishers.map((publisher) => publisher.stop()));
  await within(lastAcksMs, stopped, () => {
    for (const publisher of publishers) publisher.abort();
  });
  const cpu = process.cpuUsage(cpuBefore);
  await within(lastAcksMs, Promise.all(publishers.map((publisher) => publisher.close())), () => process.exit(1));

  const problems = [...new Set(publishers.flatMap(({ problem }) => problem ?? []))];
  const perReport = (amount: number): number | undefined =>
    tally.acked === 0 ? undefined : Math.round((amount / tally.acked) * 100) / 100;
  const epochMs = (at: number) => Math.round(performance.timeOrigin + at);
  return {
    startedAt: epochMs(startedAt),
    lastAckAt: epochMs(tally.lastAckAt),
    sent: tally.sent,
    acked: tally.acked,
    ratePerS: tally.acked === 0 ? 0 : Math.round((tally.acked / (tally.lastAckAt - startedAt)) * 1_000),
    ackP50Ms: tally.latencies.quantileMs(0.5),
    ackP99Ms: tally.latencies.quantileMs(0.99),
    cpuUsPerReport: perReport(cpu.user + cpu.system),
    connections: options.devices.length,
    window: options.window,
    problems,
  };
}

try {
  const options = readOptions(process.argv.slice(2));
  const result = await run(options);
  if (options.json) console.log(JSON.stringify(result));
  else {
    const { acked, sent, ratePerS, ackP50Ms, ackP99Ms, cpuUsPerReport } = result;
    console.log(
      `${acked} of ${sent} reports acknowledged, ${ratePerS} a second, p50 ${ackP50Ms} ms, p99 ${ackP99Ms} ms`,
    );
    console.log(`the generator itself: ${cpuUsPerReport} µs CPU a report`);
  }
  for (const problem of result.problems) console.error(problem);
  process.exitCode = result.acked === result.sent && result.problems.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof UsageError) console.error(usage);
  process.exitCode = 2;
}
