/**
 * What a backtest costs a core: `npm run bench:replay`. One device's year of minutes (525,600 reports of eight signals)
 * in the embedded store, ten rules, two of them over a window, no detectors. One thread; where the time goes: reading
 * the store alone, judging alone, both.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPublishedPack } from '../../src/app/packs.ts';
import { Replay } from '../../src/backtest/index.ts';
import { openEmbeddedStore, openStoredReports, type StoredBlock } from '../../src/store/index.ts';
import { deviceFacts, type Report, type SignalValue } from '../../src/telemetry/index.ts';
import { loadAverage, machineLine } from './machine.ts';

const device = 'bench-1';
const product = 'bench-rules';
const startAt = Date.UTC(2025, 0, 1);
const minutes = 525_600;
const batch = 10_000;
const runs = 3;
const file = 'ten-rules.yaml';
const source = readFileSync(join(import.meta.dirname, file), 'utf8');
const changed = source.replace('> 21.0 &&', '> 20.5 &&');

let noise = 7;
function uniform(): number {
  noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
  return noise / 2 ** 32;
}

function reading(level: number): number {
  return Math.round((level + 2 * (uniform() + uniform() + uniform() - 1.5)) * 100) / 100;
}

function report(offset: number): Report {
  const at = startAt + offset * 60_000;
  const names = ['temp', 'humidity', 'current', 'voltage', 'speed', 'pressure', 'flow'];
  const signals: Record<string, SignalValue> = {};
  for (const [index, name] of names.entries()) signals[name] = reading(20 + 10 * index);
  signals.door = uniform() < 0.1;
  const identity = { boot: 'b1', seq: offset, firmware: '1.0.0', rawAt: undefined };
  return { device, product, offset, index: 0, at, receivedAt: at + 200, ...identity, signals, faults: [] };
}

/** CPU time of the process, its collector included: others may use the machine meanwhile. */
function seconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function best(work: () => void): number {
  return Math.min(...Array.from({ length: runs }, () => seconds(work)));
}

const folder = mkdtempSync(join(tmpdir(), 'aftercare-replay-'));
try {
  const store = await openEmbeddedStore({ folder });
  for (let next = 0; next < minutes; next += batch) {
    const count = Math.min(batch, minutes - next);
    await store.write(
      Array.from({ length: count }, (_, index) => report(next + index)),
      next + count,
    );
  }
  await store.close();
  const stored = openStoredReports(folder);
  if (!stored) throw new Error('the store was just made');
  const query = { device, from: undefined, to: undefined, before: minutes };
  const blocks: StoredBlock[] = [];
  const judge = (sources: readonly string[], reports: Iterable<StoredBlock>) => {
    const packs = sources.map((text) => ({ file, source: text }));
    const replay = new Replay({ product, packs, others: [], readPack: readPublishedPack });
    const known = deviceFacts({ id: device, product });
    const record = { kind: 'fact', fact: { type: 'device-registered', at: startAt, device: known } } as const;
    const facts = [{ offset: -1, record }];
    replay.begin({ device, facts, ticks: undefined, returns: [], planned: [], parents: undefined });
    for (const block of reports) replay.feed(block);
    return replay.end();
  };
  let seen = 0;
  const reading = best(() => {
    for (const { reports } of stored.reports(query)) seen += reports.length;
  });
  if (seen !== runs * minutes) throw new Error(`${seen} reports were read`);
  for (const block of stored.reports(query)) blocks.push(block);
  const judging = best(() => judge([source], blocks));
  blocks.length = 0;
  const one = best(() => judge([source], stored.reports(query)));
  const two = best(() => judge([source, changed], stored.reports(query)));
  const cases = judge([source, changed], stored.reports(query)).map((list) => list.length);
  stored.close();
  const mebibytes = statSync(join(folder, 'telemetry.sqlite')).size / 2 ** 20;
  console.log(`${machineLine()}, load average ${loadAverage().toFixed(1)}, best of ${runs}`);
  console.log(`a year of minutes: ${minutes} reports, ${mebibytes.toFixed(1)} MiB; ${cases.join(' and ')} cases\n`);
  console.log('| what | CPU s | reports/s a core | µs a report |');
  console.log('|---|---:|---:|---:|');
  for (const [what, took] of [
    ['reading the store', reading],
    ['judging, one pack', judging],
    ['replay, one pack', one],
    ['replay, two packs', two],
  ] as const) {
    const rate = Math.round(minutes / took);
    console.log(`| ${what} | ${took.toFixed(2)} | ${rate} | ${((1e6 * took) / minutes).toFixed(2)} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
