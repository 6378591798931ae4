import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBacktest } from '../../src/app/backtest-threads.ts';
import { readPublishedPack } from '../../src/app/packs.ts';
import { type BacktestRequest, foldParts, PartRunner, planBacktest, whyAt } from '../../src/backtest/index.ts';
import { deviceFacts, type Fact, type Report } from '../../src/telemetry/index.ts';
import { minute, pack, start } from '../engine/fixture.ts';
import { fillFolder } from './stored-folder.ts';

const room = 'product: room\ntitle: Room\nsignals: {temp: {kind: gauge, unit: Cel, maxAge: 10m}, hum: {kind: gauge}}\n';
const live = `product: shelf
title: Shelf
parent: room
signals: {temp: {kind: gauge, unit: Cel}}
failureModes: {warm: {title: Warm}}
rules: [{id: warm, when: temp > 8.0 && parent.temp > 8.0, for: 2m, failureMode: warm}]
`;
/** Asks for what no report has recorded. */
const damp = live.replace('parent.temp > 8.0', 'parent.hum > 80.0');

/** The room is warm from minute 10 on and damp from minute 20 on; two shelves of three stand in it, all are warm. */
async function makeFolder(folder: string): Promise<void> {
  const registered = (id: string, product: string, parent?: string): Fact => {
    return { type: 'device-registered', at: start, device: deviceFacts({ id, product, parent }) };
  };
  const facts: Fact[] = [
    { type: 'pack-published', at: start, product: 'room', version: 1, file: 'room.yaml', source: room },
    { type: 'pack-published', at: start, product: 'shelf', version: 1, file: 'shelf.yaml', source: live },
    registered('room-1', 'room'),
    ...['a', 'b'].map((id) => registered(id, 'shelf', 'room-1')),
    registered('c', 'shelf'),
  ];
  const reports = Array.from({ length: 30 }, (_, index) => index).flatMap((index): Report[] => {
    const at = start + index * minute;
    const identity = { rawAt: undefined, boot: 'b1', seq: index, firmware: undefined, faults: [] };
    const place = (device: string, product: string, nth: number) => {
      return { device, product, offset: facts.length + 4 * index + nth, index: 0, at, receivedAt: at, ...identity };
    };
    const temp = index < 10 ? 4 : 9;
    return [
      { ...place('room-1', 'room', 0), signals: { temp, hum: index < 20 ? 50 : 90 } },
      ...['a', 'b'].map((id, nth) => ({ ...place(id, 'shelf', 1 + nth), signals: { temp: 9 }, parent: { temp } })),
      { ...place('c', 'shelf', 3), signals: { temp: 9 } },
    ];
  });
  const kept = facts.map((fact, offset) => ({ offset, record: { kind: 'fact', fact } as const }));
  await fillFolder(folder, reports, kept);
}

describe('devices with a parent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-parents-'));
  beforeAll(() => makeFolder(folder));
  afterAll(() => rmSync(folder, { recursive: true }));

  const everything = { product: 'shelf', against: undefined, from: undefined, to: undefined, devices: undefined };
  const requestOf = (source: string): BacktestRequest => ({
    ...everything,
    candidate: { file: 'shelf.yaml', source },
    truth: undefined,
    casesPerRuleHourMax: 50,
  });

  it('are replayed under rules that ask for what nobody recorded', () => {
    const plan = planBacktest(folder, requestOf(damp));
    expect(plan).toMatchObject({ devices: 3, reports: 90 });
    expect(plan.parts.flatMap(({ families }) => families.map(({ members }) => members.map(({ id }) => id)))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    const runner = new PartRunner(folder, plan, readPublishedPack);
    const outcomes = plan.parts.map((part) => runner.run(part, () => undefined));
    runner.close();
    const told = [0, 1].map((side) => outcomes.flatMap((outcome) => outcome.told[side] ?? []));
    const { matches } = foldParts(folder, plan, told, readPublishedPack);
    const opened = matches.map(({ against, candidate }) =>
      [against, candidate].map((one) => one && (one.openedAt - start) / minute),
    );
    expect(opened).toEqual([
      [12, 22],
      [12, 22],
    ]);
  });

  it('are not replayed under a pack that asks for what their parents do not have', async () => {
    const candidate = live.replace('parent.temp', 'parent.tmp');
    const asked = { folder, request: requestOf(candidate), pack: pack(candidate), threadsMax: 1 };
    const run = runBacktest({ ...asked, signal: new AbortController().signal, onProgress: () => undefined });
    await expect(run).rejects.toMatchObject({
      code: 'pack-invalid',
      message: "shelf.yaml:6:47: room has no signal 'tmp'; did you mean 'temp'?",
    });
  });

  it('are told by why what was recorded', () => {
    const why = (device: string, atMinute: number) =>
      whyAt(folder, { device, at: start + atMinute * minute }, readPublishedPack).rules[0];
    expect(why('a', 5)).toMatchObject({ state: 'quiet', firstFailing: 'the temp of its parent is 4 °C' });
    expect(why('a', 11)?.inputs[1]).toMatchObject({ holds: true, value: 9, told: 'the temp of its parent is 9 °C' });
    expect(why('c', 11)).toMatchObject({ state: 'unknown', holds: null });
  });
});
