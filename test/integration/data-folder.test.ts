import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CaseItem,
  type FindingItem,
  findingsOf,
  type Ledger,
  ledgerAtRest,
  ledgerOf,
  type Page,
  publishReports,
  type Series,
  type TimelineItem,
} from '../acceptance/fixture.ts';
import { pack, reportOf } from '../faults/load-plan.ts';
import { allCases, fleetAtRest } from '../faults/rest.ts';
import { requireProgram, runProgram } from '../servers.ts';
import { runAftercare, type ServiceProcess, startService } from '../service-process.ts';

/**
 * Data folders as older releases left them: the service was killed under load, so that the log is ahead of the
 * checkpoint and the databases have write-ahead logs. Beside each what that release said of it when it started again.
 */
const kept = join(import.meta.dirname, 'data-folders');
const tar = requireProgram('tar');

interface Expected {
  readonly cases: readonly CaseItem[];
  readonly timelines: readonly number[];
  readonly devices: readonly {
    readonly id: string;
    readonly secret: string;
    readonly ledger: Ledger;
    readonly findings: readonly FindingItem[];
    readonly series: Series['points'];
    readonly quarantine: number;
  }[];
}

/** What was found, and when; not the words for it. */
function standing(findings: readonly FindingItem[]) {
  return findings.map(({ id, state, startsAt, openedAt, endsAt }) => ({ id, state, startsAt, openedAt, endsAt }));
}

const folder = mkdtempSync(join(tmpdir(), 'aftercare-folders-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function unpack(name: string, into: string): Promise<string> {
  const place = join(folder, into);
  mkdirSync(place);
  expect(await runProgram(tar ?? '', ['-xzf', join(kept, `${name}.tar.gz`), '-C', place])).toMatchObject({ code: 0 });
  return join(place, 'data');
}

describe.skipIf(tar === undefined).each(['layout-1'])('the data folder %s', (name) => {
  // Written by that release's own API.
  const expected = JSON.parse(readFileSync(join(kept, `${name}.json`), 'utf8')) as Expected;
  let service: ServiceProcess;

  beforeAll(async () => {
    const products = join(folder, `${name}-products`);
    mkdirSync(products);
    writeFileSync(join(products, 'cold-fridge.yaml'), pack);
    service = await startService({ data: await unpack(name, 'opened'), products });
    await fleetAtRest(service);
  });
  afterAll(async () => {
    await service?.kill('SIGKILL');
  });

  it('has its reports, counted as before', async () => {
    for (const { id, ledger, series, quarantine } of expected.devices) {
      expect(await ledgerOf(service, id), id).toMatchObject(ledger);
      const path = `/devices/${id}/signals/cabinet_temp?points=8`;
      expect((await service.api<Series>('GET', path)).body.points).toEqual(series);
      const setAside = (await service.api<Page<unknown>>('GET', `/devices/${id}/quarantine`)).body.items;
      expect(setAside).toHaveLength(quarantine);
    }
  });

  it('has its cases, findings and what people did', async () => {
    const cases = await allCases(service);
    expect(cases.map(({ number }) => number)).toEqual(expected.cases.map(({ number }) => number));
    const index = cases.findIndex(({ state }) => state === 'resolved');
    const resolved = cases[index];
    expect(resolved).toMatchObject({ ...expected.cases[index] });
    const { body } = await service.api<Page<TimelineItem>>('GET', `/cases/${resolved?.id}/timeline`);
    expect(body.items).toHaveLength(expected.timelines[index] ?? -1);
    const [first] = expected.devices;
    expect(await findingsOf(service, first?.id ?? '')).toMatchObject(first?.findings ?? []);
  });

  it('judges on as if it had never been stopped', async () => {
    for (const { id, findings } of expected.devices)
      expect(standing(await findingsOf(service, id)), id).toEqual(standing(findings));
  });

  it('goes on: the devices’ secrets work, what they sent is known, what is new is taken', async () => {
    for (const [number, device] of expected.devices.entries()) {
      await publishReports(service, device, [reportOf(number * 3, 519), reportOf(number * 3, 520)]);
      const { received, acknowledged, duplicates } = device.ledger;
      const ledger = await ledgerAtRest(service, device.id, received + 2);
      expect(ledger).toMatchObject({
        acknowledged: acknowledged + 1,
        duplicates: duplicates + 1,
        stored: ledger.stored,
      });
    }
  });

  it('can be backed up', async () => {
    const target = join(folder, `${name}-backup`);
    expect(await runAftercare(['backup', target, '--data', service.data])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(['registry', 'telemetry', 'cases', 'pipeline'])(
    'is refused when its %s is a newer release’s',
    async (which) => {
      const data = await unpack(name, `newer-${which}`);
      const database = new DatabaseSync(join(data, `${which}.sqlite`));
      database.exec('PRAGMA user_version = 99');
      database.close();
      const { code, stderr } = await runAftercare(['serve'], { AFTERCARE_DATA: data, AFTERCARE_HTTP: '127.0.0.1:0' });
      expect(code).toBe(2);
      expect(stderr).toMatch(/newer (?:release of )?Aftercare|99, known is/);
      expect(stderr).toMatch(/restore a backup/);
    },
  );

  it('is refused when its layout is a newer release’s', async () => {
    const data = await unpack(name, 'newer-layout');
    writeFileSync(join(data, 'layout'), '99\n');
    for (const args of [['serve'], ['backup', join(folder, 'newer-backup')]]) {
      const { code, stderr } = await runAftercare(args, { AFTERCARE_DATA: data });
      expect(code).toBe(2);
      expect(stderr).toMatch(/written by a newer Aftercare: its layout is 99, known is 1\.\n→ Start the newer version/);
    }
  });
});
