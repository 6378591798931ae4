import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerOf, publishReports, type Series } from '../acceptance/fixture.ts';
import { type Load, startLoad, sum } from '../faults/load.ts';
import { eventTime, pack, reportOf } from '../faults/load-plan.ts';
import { allCases, expectAtRest, fleetAtRest } from '../faults/rest.ts';
import { runAftercare, type ServiceProcess, startService } from '../service-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'aftercare-backup-'));
const products = join(folder, 'products');
const place = (name: string) => join(folder, name);

interface Manifest {
  readonly counts: { readonly devices: number; readonly evaluated: number; readonly cases: number };
  readonly log: { readonly first: number; readonly next: number };
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

let service: ServiceProcess;
let load: Load;

beforeAll(async () => {
  mkdirSync(products);
  writeFileSync(join(products, 'cold-fridge.yaml'), pack);
  // So small a log is trimmed all the time.
  const env = { AFTERCARE_LIMIT_LOG_BYTES: '1MiB' };
  service = await startService({ data: place('data'), products, env });
  load = await startLoad(service, { devices: 20, pauseMs: 5, patienceMs: 60_000 });
  load.resume();
});

afterAll(async () => {
  load?.end();
  await service?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function backup(name: string): Promise<Manifest> {
  const result = await runAftercare(['backup', place(name), '--json'], { AFTERCARE_DATA: service.data });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(result.stdout);
}

/** A service on a restored backup, with settings of its own. */
async function restored(name: string): Promise<ServiceProcess> {
  const data = place(`${name}-restored`);
  const result = await runAftercare(['restore', place(name), '--data', data]);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toMatch(/20 devices, \d+ reports, \d+ cases/);
  return startService({ data, products });
}

describe('a backup of a loaded service', () => {
  it('holds all that was acknowledged before it began, and holds up nothing', async () => {
    await load.progress(8_000);
    const before = await load.state();
    const manifest = await backup('loaded');
    const after = await load.state();
    expect(sum(after.acknowledged)).toBeGreaterThan(sum(before.acknowledged));
    expect(after).toMatchObject({ closed: 0, refused: 0 });
    expect(manifest.counts).toMatchObject({ devices: 20 });
    console.log(
      `backup under load: ${sum(after.acknowledged) - sum(before.acknowledged)} reports acknowledged meanwhile, ` +
        `longest time without one ${after.longestGapMs.toFixed(0)} ms`,
    );

    const copy = await restored('loaded');
    try {
      await fleetAtRest(copy);
      for (const [device, { id }] of load.plan.devices.entries()) {
        const ledger = await ledgerOf(copy, id);
        expect(ledger.acknowledged, id).toBeGreaterThanOrEqual(before.acknowledged[device] ?? 0);
      }
      const counts = await Promise.all(
        load.plan.devices.map(async ({ id }) => (await ledgerOf(copy, id)).acknowledged),
      );
      await expectAtRest(copy, load.plan, counts);
    } finally {
      await copy.stop();
    }
  });

  it('has an exact copy at rest: ledger, readings, findings, cases, and secrets that go on working', async () => {
    const { acknowledged } = await load.pause();
    const here = await expectAtRest(service, load.plan, acknowledged);
    await backup('at-rest');
    const copy = await restored('at-rest');
    try {
      expect(await expectAtRest(copy, load.plan, acknowledged)).toEqual(here);
      expect(await allCases(copy)).toEqual(await allCases(service));
      for (const { id } of load.plan.devices) {
        expect(await ledgerOf(copy, id)).toEqual(await ledgerOf(service, id));
        const path = `/devices/${id}/signals/cabinet_temp?points=1000&to=${eventTime(acknowledged[0] ?? 0)}`;
        const { points } = (await service.api<Series>('GET', path)).body;
        expect((await copy.api<Series>('GET', path)).body.points).toEqual(points);
      }
      const [first = { id: '', secret: '' }] = load.plan.devices;
      const own = acknowledged[0] ?? 0;
      await publishReports(copy, first, [reportOf(0, own - 1), reportOf(0, own)]);
      const fleet = await fleetAtRest(copy);
      expect(fleet.acknowledged).toBe(sum(acknowledged) + 1);
      expect(fleet.duplicates).toBe(here.duplicates + 1);
    } finally {
      await copy.stop();
    }
  });

  it('keeps secrets to its owner, and says so in what it holds', () => {
    const names = readdirSync(place('at-rest')).sort();
    expect(names).toEqual([
      'cases.sqlite',
      'log',
      'manifest.json',
      'pipeline.sqlite',
      'registry.sqlite',
      'server.key',
      'telemetry.sqlite',
    ]);
    expect(statSync(place('at-rest')).mode & 0o077).toBe(0);
    for (const name of names) expect(statSync(join(place('at-rest'), name)).mode & 0o077, name).toBe(0);
  });

  it('can be taken of a service that is down', async () => {
    await service.kill('SIGKILL');
    const manifest = await backup('down');
    expect(manifest.counts.devices).toBe(20);
    const copy = await restored('down');
    try {
      const { acknowledged } = await load.state();
      await expectAtRest(copy, load.plan, acknowledged);
    } finally {
      await copy.stop();
    }
  });
});

describe('what cannot be done is refused', () => {
  it('to back up into a folder that is not empty, or what is no data folder: 2', async () => {
    const full = await runAftercare(['backup', place('down')], { AFTERCARE_DATA: service.data });
    expect(full).toMatchObject({ code: 2, stderr: expect.stringMatching(/is not empty/) });
    const none = await runAftercare(['backup', place('none')], { AFTERCARE_DATA: products });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/is no data folder/) });
  });

  it('to restore over something, or what is no whole backup: 2', async () => {
    const over = await runAftercare(['restore', place('down'), '--data', service.data]);
    expect(over).toMatchObject({ code: 2, stderr: expect.stringMatching(/is not empty/) });
    const part = await runAftercare(['restore', products, '--data', place('new')]);
    expect(part).toMatchObject({ code: 2, stderr: expect.stringMatching(/has no manifest\.json/) });
    expect((await runAftercare(['restore', place('down')])).code).toBe(2);
  });

  it('to restore what has changed since: 1, and nothing is left behind', async () => {
    appendFileSync(join(place('down'), 'cases.sqlite'), 'x');
    const { code, stderr } = await runAftercare(['restore', place('down'), '--data', place('new')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cases\.sqlite is not as it was/);
    expect(readdirSync(place('new'))).toEqual([]);
  });

  it('to back up a damaged database: 1', async () => {
    const data = place('at-rest-restored');
    const file = join(data, 'cases.sqlite');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4_096, 12_288);
    writeFileSync(file, bytes);
    const { code, stderr } = await runAftercare(['backup', place('damaged'), '--data', data]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cases\.sqlite (?:is damaged|could not be copied)/);
    expect(readdirSync(place('damaged'))).toEqual([]);
  });
});
