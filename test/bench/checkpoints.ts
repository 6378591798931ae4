/**
 * What a checkpoint of many devices costs, and a restart from it:
 *
 *   npm run bench:checkpoints [-- --devices 10000 --reports 40 --busy 200]
 *
 * Every device sends some reports; all are saved while the busy ones go on sending. Then the file is opened again.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { restoreAdmission } from '../../src/admission/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { realTimers } from '../../src/intake/index.ts';
import type { LogEntry } from '../../src/log/index.ts';
import {
  contentHash,
  newProcessed,
  openCheckpoint,
  openThreadedCheckpoint,
  PipelineDevices,
  Processor,
} from '../../src/pipeline/index.ts';
import { Saver } from '../../src/pipeline/saver.ts';
import { machineLine } from './machine.ts';
import { benchCatalogue, reportEntries } from './report-entries.ts';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    reports: { type: 'string', default: '40' },
    busy: { type: 'string', default: '200' },
  },
});
const [devices, reports, busy] = [Number(values.devices), Number(values.reports), Number(values.busy)];
const betweenMs = 10_000;
const busySliceReports = 256;

const folder = mkdtempSync(join(tmpdir(), 'aftercare-bench-'));
try {
  console.log(machineLine());
  await measure();
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(): Promise<void> {
  const catalogue = benchCatalogue(devices);
  const engine = new Engine(catalogue);
  const known = new PipelineDevices();
  const onBroken = (error: Error) => console.error(error);
  const checkpoint = await openThreadedCheckpoint({ folder, onBroken });
  const saver = new Saver({ checkpoint, catalogue, engine, devices: known, timers: realTimers, everyMs: 1_000 });
  const earlier = { stored: async () => [], logged: async () => undefined };
  const processor = new Processor({ catalogue, engine, devices: known, hash: contentHash, watch: saver, earlier });
  let out = newProcessed();
  let next = 0;
  const take = async (more: Iterator<LogEntry, void>, reportsMax: number) => {
    for (let taken = 0; taken < reportsMax; taken++) {
      const { value: entry } = more.next();
      if (!entry) break;
      await processor.process(entry, out);
      next = entry.offset + 1;
    }
    out.reports.take();
  };
  const [cpu, at] = [process.cpuUsage(), performance.now()];
  await take(reportEntries({ from: 0, devices, rounds: reports, betweenMs }), Number.POSITIVE_INFINITY);
  tell(`${next} reports of ${devices} devices processed`, at, cpu);
  tellMemory();
  for (const [what, firstRound] of [
    ['all devices', reports],
    [`the ${busy} busy devices`, reports + 10_000],
    [`the ${busy} busy devices`, reports + 20_000],
  ] as const) {
    const stretch = out;
    out = newProcessed();
    const [cpu, at] = [process.cpuUsage(), performance.now()];
    let saving = true;
    const saved = saver.begin(stretch, { next, forwarded: undefined, ages: [] }).finally(() => {
      saving = false;
    });
    const load = reportEntries({ from: next, devices: busy, rounds: 10_000, firstRound, betweenMs: 10 });
    const before = next;
    const stalls: number[] = [];
    while (saving) {
      const turnAt = performance.now();
      await turn();
      stalls.push(performance.now() - turnAt);
      await take(load, busySliceReports);
    }
    await saved;
    stalls.sort((a, b) => b - a);
    tell(`checkpoint of ${what} (${stretch.touched.size}), ${next - before} reports processed meanwhile`, at, cpu);
    console.log(
      `  longest stalls ${stalls
        .slice(0, 3)
        .map((ms) => ms.toFixed(1))
        .join(', ')} ms`,
    );
    while (next === before) await take(load, busySliceReports);
  }
  await checkpoint.close();
  tellMemory();
  const bytes = statSync(join(folder, 'pipeline.sqlite')).size;
  console.log(`  file ${(bytes / 1e6).toFixed(0)} MB, ${Math.round(bytes / devices)} bytes a device`);
  restart();
}

function restart(): void {
  const [cpu, at] = [process.cpuUsage(), performance.now()];
  const catalogue = benchCatalogue(devices);
  const engine = new Engine(catalogue);
  const checkpoint = openCheckpoint(folder);
  let [admissionBytes, engineBytes, count] = [0, 0, 0];
  for (const row of checkpoint.devices()) {
    restoreAdmission(row.admission, row.hashes);
    if (row.engine !== undefined) engine.restore(row.id, row.engine);
    admissionBytes += row.admission.length;
    engineBytes += row.engine?.length ?? 0;
    count += 1;
  }
  checkpoint.close();
  tell(`${count} devices restored`, at, cpu);
  const each = (bytes: number) => Math.round(bytes / count);
  console.log(`  ${each(admissionBytes)} bytes of admission and ${each(engineBytes)} of the engine a device`);
  tellMemory();
}

function tell(what: string, startedAt: number, cpuBefore: NodeJS.CpuUsage): void {
  const { user, system } = process.cpuUsage(cpuBefore);
  const ms = (value: number) => `${Math.round(value).toLocaleString('en-US')} ms`;
  console.log(`${what}: ${ms(performance.now() - startedAt)}, CPU ${ms((user + system) / 1_000)}`);
}

function tellMemory(): void {
  const most = (process.resourceUsage().maxRSS * 1024) / 1e6;
  console.log(`  RSS ${Math.round(process.memoryUsage.rss() / 1e6)} MB, at most ${Math.round(most)} MB so far`);
}
