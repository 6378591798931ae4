/**
 * What judging a report costs, without broker, log and store: `npm run bench:judging`. One thread, seeded readings; each
 * figure is the median of several runs, each over reports made before its clock starts.
 *
 * Two packs: that of `bench:ingest` (seven numbers watched by `level` and `stuck`, five rules), and ten rules, two of
 * them over a window, that watch nothing. Devices take turns as they do in a fleet, one report a second of each.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkWatch, Engine, type EngineInput, type EngineOutput } from '../../src/engine/index.ts';
import { Catalogue, type ProductPack, parsePack } from '../../src/product/index.ts';
import { conditionChecker } from '../../src/rules/index.ts';
import { deviceFacts, type Fact, type Report, type SignalValue } from '../../src/telemetry/index.ts';
import { loadAverage, machineLine } from './machine.ts';

const watched = readFileSync(join(import.meta.dirname, 'products/bench-rig.yaml'), 'utf8').replaceAll(
  /watch: \[[^\]]*\]/g,
  'watch: [level, stuck]',
);

const rulesOnly = `
product: bench-rules
title: Ten rules
reports: {every: 1s, silentAfter: 5m}
signals:
  temp: {unit: Cel, kind: gauge}
  humidity: {unit: "%", kind: gauge}
  current: {unit: A, kind: gauge}
  voltage: {unit: V, kind: gauge}
  speed: {unit: "1/min", kind: gauge}
  pressure: {unit: bar, kind: gauge}
  flow: {unit: L/min, kind: gauge}
  door: {kind: state, values: [true, false]}
failureModes:
  overheated: {title: Overheated, severity: major}
  blocked: {title: Blocked, severity: minor}
rules:
  - {id: warm, when: 'avg(temp, "15m") > 60.0 && !door', for: 10m, failureMode: overheated}
  - {id: weak-flow, when: 'min(flow, "5m") < 10.0', for: 10m, failureMode: blocked}
  - {id: hot, when: temp > 60.0, for: 1m, severity: critical, failureMode: overheated}
  - {id: stalled, when: current > 300.0 && speed < 1.0, for: 10s, failureMode: blocked}
  - {id: high-pressure, when: pressure > 900.0 || voltage > 400.0, failureMode: blocked}
  - {id: damp, when: humidity > 95.0 && !door, for: 1h, failureMode: blocked}
  - {id: power, when: current * voltage > 90000.0, for: 30s, failureMode: overheated}
  - {id: starved, when: flow < 0.5 && speed > 10.0, for: 5s, failureMode: blocked}
  - {id: unlike, when: temp * 2 - 500.0 > temp, for: 2m, failureMode: blocked}
  - {id: old, when: 'age(temp) > duration("1m") || temp < -40.0', failureMode: overheated}
`;

interface Load {
  readonly title: string;
  readonly source: string;
  readonly devices: number;
  /** Reports before the clock starts, a device: all detectors have warmed up. */
  readonly warmUp: number;
  readonly reports: number;
}

const loads: readonly Load[] = [
  { title: 'detectors and rules, 200 devices', source: watched, devices: 200, warmUp: 160, reports: 40_000 },
  { title: 'detectors and rules, 5,000 devices', source: watched, devices: 5_000, warmUp: 80, reports: 40_000 },
  { title: 'ten rules, 200 devices', source: rulesOnly, devices: 200, warmUp: 160, reports: 100_000 },
  { title: 'ten rules, 5,000 devices', source: rulesOnly, devices: 5_000, warmUp: 20, reports: 100_000 },
];
const runs = 5;
/** Few enough that reports die young, as they do in the service. */
const batch = 1_000;
const startAt = Date.UTC(2026, 0, 5);
const signals = ['temp', 'humidity', 'current', 'voltage', 'speed', 'pressure', 'flow'];

function readPack(source: string): ProductPack {
  const { pack, problems } = parsePack({ file: 'bench.yaml', source, checkCondition: conditionChecker, checkWatch });
  if (!pack) throw new Error(problems.map(({ text }) => text).join('\n'));
  return pack;
}

/** The same readings in every run, two decimals each, as the load generator's: noise on a level of each signal's own. */
class Fleet {
  readonly engine: Engine;
  readonly devices: readonly string[];
  findings = 0;
  #product: string;
  #noise = 7;
  #made = 0;

  constructor({ source, devices }: Load) {
    const pack = readPack(source);
    this.#product = pack.product;
    const catalogue = new Catalogue(() => pack);
    this.engine = new Engine(catalogue);
    const published = {
      type: 'pack-published',
      at: startAt,
      product: pack.product,
      version: 1,
      file: '',
      source,
    } as const;
    this.devices = Array.from({ length: devices }, (_, index) => `load-${index}`);
    const registered = this.devices.map((id): Fact => {
      return { type: 'device-registered', at: startAt, device: deviceFacts({ id, product: pack.product }) };
    });
    for (const fact of [published, ...registered]) catalogue.apply(fact);
  }

  reports(count: number): Report[] {
    return Array.from({ length: count }, () => this.#report());
  }

  judge(reports: readonly Report[]): void {
    const out: EngineOutput = { findings: [], bands: [], touched: new Set() };
    for (const report of reports) {
      const input: EngineInput = { kind: 'report', report, judged: true };
      this.engine.step(input, out);
    }
    this.findings += out.findings.length;
  }

  #report(): Report {
    const place = this.#made % this.devices.length;
    const at = startAt + Math.floor(this.#made / this.devices.length) * 1_000;
    const offset = this.#made;
    this.#made += 1;
    const readings: Record<string, SignalValue> = {};
    for (const [index, signal] of signals.entries()) readings[signal] = this.#number(20 + 10 * index);
    readings.door = this.#uniform() < 0.1;
    const device = this.devices[place] ?? '';
    const identity = { boot: 'b1', seq: offset, firmware: '1.0.0' };
    const place_ = { device, product: this.#product, offset, index: 0, at, receivedAt: at, rawAt: undefined };
    return { ...place_, ...identity, signals: readings, faults: [] };
  }

  #number(level: number): number {
    const noise = this.#uniform() + this.#uniform() + this.#uniform() - 1.5;
    return Math.round((level + 2 * noise) * 100) / 100;
  }

  #uniform(): number {
    this.#noise = (Math.imul(this.#noise, 1664525) + 1013904223) >>> 0;
    return this.#noise / 2 ** 32;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** CPU time of the whole process, collecting garbage included: other programs on the machine count for less than by the clock. */
function cpuUs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function measure(load: Load): void {
  const fleet = new Fleet(load);
  for (let made = 0; made < load.warmUp * load.devices; made += batch) fleet.judge(fleet.reports(batch));
  const judging = Array.from({ length: runs }, () => {
    let us = 0;
    for (let made = 0; made < load.reports; made += batch) {
      const reports = fleet.reports(batch);
      us += cpuUs(() => fleet.judge(reports));
    }
    return us / load.reports;
  });
  const some = fleet.devices.slice(0, 200);
  let bytes = 0;
  const saving = Array.from({ length: runs }, () => {
    bytes = 0;
    const all = () => {
      for (const id of some) bytes += fleet.engine.snapshot(id)?.length ?? 0;
    };
    return cpuUs(all) / some.length;
  });
  const texts = some.map((id) => [id, fleet.engine.snapshot(id) ?? ''] as const);
  const loading = cpuUs(() => {
    for (const [id, text] of texts) fleet.engine.restore(id, text);
  });
  const columns = [
    load.title,
    median(judging).toFixed(2),
    Math.min(...judging).toFixed(2),
    median(saving).toFixed(0),
    (loading / some.length).toFixed(0),
    (bytes / some.length).toFixed(0),
    fleet.findings,
  ];
  console.log(`| ${columns.join(' | ')} |`);
}

const only = process.argv[2];
console.log(`${machineLine()}, load average ${loadAverage().toFixed(1)}, median of ${runs}\n`);
console.log('| load | judge µs a report | best | snapshot µs a device | restore | snapshot bytes | findings |');
console.log('|---|---:|---:|---:|---:|---:|---:|');
for (const load of loads) if (only === undefined || load.title.includes(only)) measure(load);
