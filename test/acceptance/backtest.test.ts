import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAftercare, type ServiceProcess, startService, until } from '../service-process.ts';
import { casesOf, deadlineMs, iso, ledgerAtRest, minuteMs, publishReports, register } from './fixture.ts';

const live = `
product: oven
title: Oven
reports: {every: 1m, silentAfter: 1h}
signals:
  temp: {unit: Cel, kind: gauge}
  door: {kind: state, values: [true, false]}
failureModes:
  overheated: {title: Overheated, severity: major}
  door-open: {title: Door left open, severity: minor}
rules:
  - {id: hot, when: 'temp > 250.0', for: 5m, failureMode: overheated}
  - {id: ajar, when: door, for: 30m, failureMode: door-open}
`;
/** Sees the heat earlier and by its average, and asks nothing of the door. */
const changed = live
  .replace(`'temp > 250.0', for: 5m`, `'avg(temp, "10m") > 200.0'`)
  .replace(/ {2}- \{id: ajar.*\n/, '');

const startAt = Date.UTC(2026, 1, 2);
const minutes = 240;

interface Result {
  readonly reports: number;
  readonly devices: number;
  readonly cases: Readonly<Record<string, number>>;
  readonly changes: readonly {
    readonly kind: string;
    readonly device: string;
    readonly failureMode: string;
    readonly against: { readonly openedAt: string } | null;
    readonly candidate: { readonly openedAt: string } | null;
  }[];
  readonly devicesToLookAt: readonly { readonly device: string }[];
  readonly outcomes: { readonly against: { readonly precision: object; readonly recall: object } } | null;
}

interface Why {
  readonly judgedAt: string;
  readonly reports: number;
  readonly rules: readonly {
    readonly id: string;
    readonly state: string;
    readonly inputs: readonly object[];
  }[];
}

interface Run {
  readonly id: string;
  readonly state: string;
  readonly progress: { readonly share: number };
  readonly problem: string | null;
  readonly result: Result | null;
}

/** One report a minute: hot from `hotFrom` on for an hour, warm just before, the door open in between. */
function reports(hotFrom: number, doorFrom: number): object[] {
  return Array.from({ length: minutes }, (_, minute) => {
    const isHot = minute >= hotFrom && minute < hotFrom + 60;
    const isWarm = minute >= hotFrom - 20 && minute < hotFrom;
    const door = minute >= doorFrom && minute < doorFrom + 45;
    const signals = { temp: isHot ? 260 : isWarm ? 230 : 180, door };
    return { at: startAt + minute * minuteMs, boot: 'b1', seq: minute, signals };
  });
}

describe('a backtest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-backtest-'));
  const candidate = join(folder, 'oven-changed.yaml');
  let service: ServiceProcess;

  beforeAll(async () => {
    const products = mkdtempSync(join(folder, 'products-'));
    writeFileSync(join(products, 'oven.yaml'), live);
    writeFileSync(candidate, changed);
    service = await startService({ products });
    for (const [id, hotFrom, doorFrom] of [
      ['oven-1', 60, 10],
      ['oven-2', 120, 10_000],
      ['oven-3', 10_000, 220],
    ] as const) {
      const device = await register(service, id, 'oven');
      await publishReports(service, device, reports(hotFrom, doorFrom));
      await ledgerAtRest(service, id, minutes);
    }
  }, 90_000);

  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  async function ended(id: string): Promise<Run> {
    const over = async () => {
      const { body } = await service.api<Run>('GET', `/backtests/${id}`);
      return body.state !== 'queued' && body.state !== 'running' && body;
    };
    return until(over, deadlineMs, `backtest ${id} is over`);
  }

  /** The result over all that was sent: the replay goes as far as the last checkpoint. */
  async function resultOf(body: object): Promise<Result> {
    const whole = async () => {
      const started = await service.api<Run>('POST', '/products/oven/backtests', body);
      expect(started.status, JSON.stringify(started.body)).toBe(202);
      const { state, result, problem } = await ended(started.body.id);
      expect({ state, problem }).toEqual({ state: 'done', problem: null });
      return result?.reports === 3 * minutes && result;
    };
    return until(whole, deadlineMs, 'the backtest sees all reports');
  }

  it('tells over the API what a changed pack would have done', async () => {
    const result = await resultOf({ source: changed, file: 'oven-changed.yaml' });
    expect(result.cases).toEqual({ against: 3, candidate: 2, added: 0, removed: 1, earlier: 2, later: 0, same: 0 });
    expect(result.changes.map(({ kind, device, failureMode }) => [kind, device, failureMode])).toEqual([
      ['removed', 'oven-1', 'door-open'],
      ['earlier', 'oven-1', 'overheated'],
      ['earlier', 'oven-2', 'overheated'],
    ]);
    expect(result.devicesToLookAt.map(({ device }) => device)).toEqual(['oven-1', 'oven-2']);
  });

  it('agrees with the cases that the service has opened', async () => {
    const result = await resultOf({ source: live, against: changed });
    const opened = result.changes.flatMap(({ device, candidate: own }) => (own ? [[device, own.openedAt]] : []));
    const real = await Promise.all(['oven-1', 'oven-2'].map((id) => casesOf(service, id)));
    const known = real.flat().map(({ device, openedAt }) => [device, openedAt]);
    expect(opened.toSorted()).toEqual(known.toSorted());
    expect(known).toContainEqual(['oven-1', iso(startAt + 65 * minuteMs)]);
  });

  it('comes out the same over the API, from the command line, and from the data folder in use', async () => {
    const { reports: seen, ...result } = await resultOf({ source: changed, file: candidate });
    expect(seen).toBe(3 * minutes);
    const env = { AFTERCARE_TOKEN: service.token };
    const asked = await runAftercare(['backtest', '--pack', candidate, '--url', service.url, '--json'], env);
    expect(asked.code, asked.stderr).toBe(0);
    expect(JSON.parse(asked.stdout)).toMatchObject(result);
    for (const threads of ['1', '2']) {
      const args = ['backtest', '--pack', candidate, '--data', service.data, '--threads', threads, '--json'];
      const read = await runAftercare(args);
      expect(read.code, read.stderr).toBe(0);
      expect(JSON.parse(read.stdout)).toMatchObject(result);
    }
    const { stdout } = await runAftercare(['backtest', '--pack', candidate, '--data', service.data]);
    expect(stdout).toContain('0 added, 1 removed, 2 earlier, 0 later, 0 the same');
  });

  it('keeps to a range and to devices', async () => {
    const result = await resultOf({ source: changed });
    expect(result.devices).toBe(3);
    const args = [
      '--devices',
      'oven-2',
      '--from',
      iso(startAt + 100 * minuteMs),
      '--to',
      iso(startAt + 125 * minuteMs),
    ];
    const part = await runAftercare(['backtest', '--pack', candidate, '--data', service.data, '--json', ...args]);
    expect(part.code, part.stderr).toBe(0);
    const told: Result = JSON.parse(part.stdout);
    expect(told.devices).toBe(1);
    expect(told.cases).toMatchObject({ against: 0, candidate: 1, added: 1 });
  });

  it('goes by what people found, and by planted faults', async () => {
    const [found] = await casesOf(service, 'oven-2');
    const { id, version } = found ?? { id: '', version: 0 };
    await service.api('POST', `/cases/${id}/resolve`, { version, verdict: 'confirmed_failure' });
    const result = await resultOf({ source: changed });
    expect(result.outcomes).toMatchObject({
      known: 'verdicts',
      candidate: { precision: { value: 1, n: 1 }, recall: { value: 1, n: 1 }, leadTime: { n: 1 } },
    });
    const truth = join(folder, 'truth.jsonl');
    const times = [60, 65, 90, 120, 180].map((minute) => iso(startAt + minute * minuteMs));
    const [startsAt, noticeableAt, failsAt, endsAt, settledAt] = times;
    const fault = { device: 'oven-1', fault: 'thermostat', kind: 'product', failureMode: 'overheated', alsoFits: [] };
    writeFileSync(truth, `${JSON.stringify({ ...fault, startsAt, noticeableAt, failsAt, endsAt, settledAt })}\n`);
    const args = ['backtest', '--pack', candidate, '--data', service.data, '--outcomes', truth, '--json'];
    const { stdout } = await runAftercare(args);
    const { outcomes } = JSON.parse(stdout);
    expect(outcomes.known).toBe('planted');
    expect(outcomes.against.recall).toEqual({ value: 1, n: 1 });
    expect(outcomes.against.precision.n).toBe(3);
  });

  it('names every problem of the packs by its place', async () => {
    const broken = changed.replace('avg(temp', 'avg(tmp');
    const answer = await service.api<{ code: string; detail: string }>('POST', '/products/oven/backtests', {
      source: broken,
      file: 'oven.yaml',
    });
    expect(answer.status).toBe(422);
    expect(answer.body.code).toBe('pack-invalid');
    expect(answer.body.detail).toMatch(/^oven\.yaml:\d+:\d+: /);
    const file = join(folder, 'broken.yaml');
    writeFileSync(file, broken);
    const { code, stderr } = await runAftercare(['backtest', '--pack', file, '--data', service.data]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/broken\.yaml:\d+:\d+: /);
  });

  it('tells why a rule was open at a minute, and why not', async () => {
    const whyAt = async (minute: number) => {
      const path = `/devices/oven-1/why?at=${startAt + minute * minuteMs + 30_000}`;
      const answer = await service.api<Why>('GET', path);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body;
    };
    const { rules, judgedAt, reports: replayed } = await whyAt(66);
    expect({ judgedAt, replayed }).toEqual({ judgedAt: iso(startAt + 66 * minuteMs), replayed: 67 });
    expect(rules.map(({ id, state }) => [id, state])).toEqual([
      ['hot', 'open'],
      ['ajar', 'quiet'],
    ]);
    expect(rules[0]).toMatchObject({ openedAt: iso(startAt + 65 * minuteMs), startsAt: iso(startAt + 60 * minuteMs) });
    const [early] = (await whyAt(62)).rules;
    expect(early).toMatchObject({ state: 'waiting', heldMs: 2 * minuteMs, forMs: 5 * minuteMs, firstFailing: null });
    const [before] = (await whyAt(30)).rules;
    expect(before).toMatchObject({
      state: 'quiet',
      firstFailing: 'temp is 180 °C',
      sentence: 'Not open: temp is 180 °C.',
    });
    expect(before?.inputs).toEqual([
      { text: 'temp is above 250 °C', holds: false, value: 180, told: 'temp is 180 °C' },
    ]);
    const args = ['why', 'oven-1', '--at', iso(startAt + 66 * minuteMs), '--json'];
    const read = await runAftercare([...args, '--data', service.data]);
    expect(read.code, read.stderr).toBe(0);
    const asked = await runAftercare([...args, '--url', service.url], { AFTERCARE_TOKEN: service.token });
    expect(asked.code, asked.stderr).toBe(0);
    expect(JSON.parse(asked.stdout)).toEqual(JSON.parse(read.stdout));
    const text = await runAftercare(['why', 'oven-1', '--at', iso(startAt + 66 * minuteMs), '--data', service.data]);
    expect(text.stdout).toContain('hot (open): Open since 2026-02-02 01:05 UTC');
  });

  it('replays a recording', async () => {
    const csv = join(folder, 'recording.csv');
    const rows = Array.from(
      { length: 60 },
      (_, minute) => `${iso(startAt + minute * minuteMs)},${minute < 20 ? 180 : 260}`,
    );
    writeFileSync(csv, `timestamp,temp\n${rows.join('\n')}\n`);
    const against = join(folder, 'oven-live.yaml');
    writeFileSync(against, live);
    const args = [
      'backtest',
      '--pack',
      candidate,
      '--against',
      against,
      '--csv',
      csv,
      '--device',
      'bench-oven',
      '--json',
    ];
    const { code, stdout, stderr } = await runAftercare(args);
    expect(code, stderr).toBe(0);
    const result: Result = JSON.parse(stdout);
    expect(result).toMatchObject({ reports: 60, devices: 1, cases: { against: 1, candidate: 1, earlier: 1 } });
    expect(result.changes[0]?.device).toBe('bench-oven');
  });
});
