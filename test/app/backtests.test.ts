import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BacktestRun } from '../../src/api/index.ts';
import { backtestsKeptMax, backtestsWaitingMax, createBacktests } from '../../src/app/backtests.ts';
import { createWhy } from '../../src/app/why.ts';
import { deviceFacts, type Fact, type Report } from '../../src/telemetry/index.ts';
import { fillFolder } from '../backtest/stored-folder.ts';
import { until } from '../service-process.ts';

const start = Date.UTC(2026, 0, 5);
const minute = 60_000;
const live = `
product: oven
title: Oven
signals: {temp: {unit: Cel, kind: gauge}}
failureModes: {hot: {title: Hot}}
rules:
  - {id: hot, when: 'temp > 250.0', for: 5m, failureMode: hot}
`;
const changed = live.replace('for: 5m', 'for: 2m');
const asked = { product: 'oven', against: undefined, from: undefined, to: undefined, devices: undefined };
const deadlineMs = 20_000;

/** A data folder with one device: a report a minute for two hours, hot in the second, then nothing for six. */
async function makeFolder(folder: string): Promise<void> {
  const device = deviceFacts({ id: 'd1', product: 'oven' });
  const facts: Fact[] = [
    { type: 'pack-published', at: start, product: 'oven', version: 3, file: 'oven.yaml', source: live },
    { type: 'device-registered', at: start, device },
  ];
  const reports = Array.from({ length: 120 }, (_, index): Report => {
    const at = start + index * minute;
    const identity = { rawAt: undefined, boot: 'b1', seq: index, firmware: undefined, faults: [] };
    const place = { device: 'd1', product: 'oven', offset: 2 + index, index: 0, at, receivedAt: at };
    return { ...place, ...identity, signals: { temp: index < 60 ? 200 : 260 } };
  });
  const silence = Array.from({ length: 360 }, (_, index) => {
    const at = start + 120 * minute + index * minute;
    return { offset: 2 + reports.length + index, record: { kind: 'tick', at } as const };
  });
  const kept = facts.map((fact, offset) => ({ offset, record: { kind: 'fact', fact } as const }));
  await fillFolder(folder, reports, [...kept, ...silence]);
}

describe('the backtests of a service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-backtests-'));
  let ids = 0;
  const create = (of = folder) => {
    const clock = () => start;
    const limits = { casesPerRuleHourMax: 50 };
    const logger = pino({ level: 'silent' });
    return createBacktests({ folder: of, clock, ...limits, newId: () => `run-${++ids}`, logger });
  };
  const wish = (source = changed) => ({ ...asked, candidate: { file: 'oven.yaml', source } });
  const overOf = (backtests: ReturnType<typeof create>, id: string): Promise<BacktestRun> =>
    until(() => backtests.get(id)?.endedAt !== undefined && backtests.get(id), deadlineMs, `${id} is over`);

  beforeAll(() => makeFolder(folder));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('run one after the other, beside the version in force', async () => {
    const backtests = create();
    const first = backtests.start(wish()).run?.id ?? '';
    const second = backtests.start(wish(live)).run?.id ?? '';
    expect(backtests.get(second)?.state).toBe('queued');
    const { state, result, progress } = await overOf(backtests, first);
    expect({ state, progress }).toEqual({ state: 'done', progress: { reports: 120, total: 120, share: 1 } });
    expect(result).toMatchObject({
      against: { name: 'live', version: 3 },
      cases: { against: 1, candidate: 1, earlier: 1 },
      changes: [{ kind: 'earlier', against: { openedAt: new Date(start + 65 * minute).toISOString() } }],
    });
    expect((await overOf(backtests, second)).result).toMatchObject({ cases: { same: 1, earlier: 0 } });
    expect(backtests.list('oven').map(({ id }) => id)).toEqual([second, first]);
    await backtests.stop();
  });

  it('see silence where a rule asks for it', async () => {
    const backtests = create();
    const rule = `  - {id: gone, when: 'silent()', for: 1h, failureMode: silent}\n`;
    const { result } = await overOf(backtests, backtests.start(wish(`${live}${rule}`)).run?.id ?? '');
    // The last report came after 119 minutes; half an hour of silence is normal, and the rule waits for an hour more.
    const openedAt = new Date(start + (119 + 30 + 60) * minute).toISOString();
    expect(result).toMatchObject({
      cases: { added: 1, same: 1 },
      changes: [{ kind: 'added', failureMode: 'silent', candidate: { openedAt } }],
    });
    await backtests.stop();
  });

  it('are cancelled, waiting or under way, and end when the service does', async () => {
    const backtests = create();
    const [first, second] = [backtests.start(wish()), backtests.start(wish())].map(({ run }) => run?.id ?? '');
    expect(backtests.cancel(second ?? '')?.state).toBe('cancelled');
    expect(backtests.cancel(first ?? '')?.state).toBe('cancelled');
    expect((await overOf(backtests, first ?? '')).state).toBe('cancelled');
    const third = backtests.start(wish()).run?.id ?? '';
    await backtests.stop();
    expect(backtests.get(third)?.state).not.toBe('done');
    expect(backtests.cancel('none')).toBeUndefined();
  });

  it('wait and are kept in bounded numbers', async () => {
    const backtests = create();
    backtests.start(wish());
    const waiting = Array.from({ length: backtestsWaitingMax }, () => backtests.start(wish()).run?.id ?? '');
    expect(() => backtests.start(wish())).toThrow('wait already');
    for (const id of waiting) backtests.cancel(id);
    for (let more = 0; more < backtestsKeptMax; more++) backtests.cancel(backtests.start(wish()).run?.id ?? '');
    expect(backtests.list('oven').length).toBeLessThanOrEqual(backtestsKeptMax + 1);
    await backtests.stop();
  });

  it('are refused for a pack with problems or of another product, and fail with a reason', async () => {
    const backtests = create();
    expect(backtests.start(wish(live.replace('temp >', 'tmp >'))).problems).toEqual([
      expect.stringMatching(/^oven\.yaml:\d+:\d+: /),
    ]);
    const other = backtests.start({ ...wish(), product: 'fridge' });
    expect(other.problems).toEqual(['oven.yaml:1:1: the pack is of oven, not of fridge']);
    const unknown = backtests.start({ ...wish(), devices: ['d9'] }).run?.id ?? '';
    expect(await overOf(backtests, unknown)).toMatchObject({ state: 'failed', problem: 'oven has no device d9' });
    const empty = mkdtempSync(join(tmpdir(), 'aftercare-backtests-'));
    const nothing = create(empty);
    const failed = await overOf(nothing, nothing.start(wish()).run?.id ?? '');
    expect(failed.problem).toContain('has no stored reports');
    rmSync(empty, { recursive: true });
  });

  it('share their threads with the question why', async () => {
    const why = createWhy(folder);
    const answer = await why({ device: 'd1', at: start + 63 * minute });
    expect(answer).toMatchObject({ version: 3, reports: 64, rules: [{ id: 'hot', state: 'waiting' }] });
    await expect(why({ device: 'd1', at: start - minute })).rejects.toMatchObject({ code: 'request-invalid' });
    await expect(why({ device: 'd2', at: start })).rejects.toMatchObject({ code: 'device-not-found' });
  });
});
