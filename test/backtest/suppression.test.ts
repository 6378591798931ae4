import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familiesOf, foldCases, type PlacedEvent, Replay } from '../../src/backtest/index.ts';
import { Engine } from '../../src/engine/index.ts';
import type { LogEntry } from '../../src/log/index.ts';
import {
  contentHash,
  type HistoryRecord,
  newProcessed,
  PipelineDevices,
  Processor,
  type Ticks,
} from '../../src/pipeline/index.ts';
import { Catalogue } from '../../src/product/index.ts';
import {
  decodeRecord,
  deviceFacts,
  encodeRecord,
  type Fact,
  type LogRecord,
  type MaintenanceQuery,
  reportsTopic,
} from '../../src/telemetry/index.ts';
import { minute, pack, start } from '../engine/fixture.ts';
import { memoryCases, noCases } from '../simulation/memory/cases.ts';

const fridge = `
product: fridge
title: Fridge
reports: {every: 1m, silentAfter: 4m}
signals:
  temp: {kind: gauge, unit: Cel}
failureModes:
  warm: {title: Too warm, severity: minor}
  hot: {title: Too hot, severity: critical, safety: true}
rules:
  - {id: warm, when: temp > 8.0, for: 2m, failureMode: warm}
  - {id: hot, when: temp > 12.0, failureMode: hot}
  - {id: away, when: silent(), for: 3m, failureMode: silent}
`;
const hub = `
product: hub
title: Hub
reports: {every: 1m, silentAfter: 5m}
signals:
  load: {kind: gauge}
failureModes:
  gone: {title: Gone, severity: minor}
rules:
  - {id: gone, when: silent(), for: 8m, failureMode: gone}
`;
const sources: Readonly<Record<string, string>> = { fridge, hub };
const products = Object.entries(sources).map(([product, source]) => ({ product, file: `${product}.yaml`, source }));
const parents: Readonly<Record<string, string | undefined>> = {
  house: undefined,
  floor: 'house',
  a: 'floor',
  b: 'floor',
  c: 'house',
  d: undefined,
};
const ids = Object.keys(parents);
const productOf = (id: string) => (id === 'house' || id === 'floor' ? 'hub' : 'fridge');
const minutes = 70;
const casesPerRuleHourMax = 2;

interface Spell {
  readonly device: string;
  readonly from: number;
  readonly minutes: number;
}

/** What happens in a fleet, by the minute. */
interface Story {
  readonly silent: readonly Spell[];
  readonly warm: readonly (Spell & { readonly temp: number })[];
  readonly maintenance: readonly {
    readonly query: MaintenanceQuery;
    readonly plannedAt: number;
    readonly from: number;
    readonly minutes: number;
    readonly endedAt: number | undefined;
  }[];
  /** The service is away for so long. */
  readonly away: { readonly from: number; readonly minutes: number } | undefined;
}

const at = (max = minutes) => fc.nat({ max });
const spell = { device: fc.constantFrom(...ids), from: at(), minutes: fc.integer({ min: 3, max: 40 }) };
const queries: readonly MaintenanceQuery[] = [
  { product: 'fridge' },
  { site: 'north' },
  { site: 'south', product: 'fridge' },
  { firmware: '2' },
  { device: 'a' },
  { device: 'floor' },
  { parent: 'floor' },
];
const story: fc.Arbitrary<Story> = fc.record({
  silent: fc.array(fc.record(spell), { maxLength: 6 }),
  warm: fc.array(fc.record({ ...spell, temp: fc.constantFrom(9, 13) }), { maxLength: 6 }),
  maintenance: fc.array(
    fc.record({
      query: fc.constantFrom(...queries),
      plannedAt: at(40),
      from: at(50),
      minutes: fc.integer({ min: 1, max: 40 }),
      endedAt: fc.option(at(), { nil: undefined }),
    }),
    { maxLength: 3 },
  ),
  away: fc.option(fc.record({ from: at(50), minutes: fc.integer({ min: 2, max: 15 }) }), { nil: undefined }),
});

const isIn = ({ from, minutes: length }: { from: number; minutes: number }, now: number) =>
  now >= from && now < from + length;

function factsAt(now: number, { maintenance }: Story): Fact[] {
  const time = start + now * minute;
  return maintenance.flatMap(({ query, plannedAt, from, minutes: length, endedAt }, index): Fact[] => {
    const id = `m${index}`;
    const times = { from: start + from * minute, to: start + (from + length) * minute };
    const plan = { id, query, owner: 'Ana', reason: 'Work', ...times };
    return [
      ...(plannedAt === now ? [{ type: 'maintenance-planned', at: time, plan } as const] : []),
      ...(endedAt === now && endedAt > plannedAt
        ? [{ type: 'maintenance-ended', at: time, id, by: 'Ana' } as const]
        : []),
    ];
  });
}

function* recordsOf(told: Story): Generator<LogRecord> {
  for (const text of products) yield { kind: 'fact', fact: { type: 'pack-published', at: start, version: 1, ...text } };
  for (const [index, id] of ids.entries()) {
    const site = index % 2 === 0 ? 'north' : 'south';
    const device = deviceFacts({ id, product: productOf(id), site, parent: parents[id] });
    yield { kind: 'fact', fact: { type: 'device-registered', at: start, device } };
  }
  let wasAway = true;
  for (let now = 0; now < minutes; now += 1) {
    if (told.away && isIn(told.away, now)) {
      wasAway = true;
      continue;
    }
    const receivedAt = start + now * minute;
    if (wasAway) yield { kind: 'resumed', at: receivedAt };
    wasAway = false;
    for (const fact of factsAt(now, told)) yield { kind: 'fact', fact };
    for (const id of ids) {
      if (told.silent.some((one) => one.device === id && isIn(one, now))) continue;
      const temp = Math.max(4, ...told.warm.flatMap((one) => (one.device === id && isIn(one, now) ? one.temp : [])));
      const signals = productOf(id) === 'hub' ? { load: 1 } : { temp };
      const firmware = now < 20 ? '1' : '2';
      const payload = Buffer.from(JSON.stringify({ at: receivedAt, boot: 'b', seq: now, firmware, signals }));
      yield { kind: 'message', receivedAt, device: id, topic: reportsTopic(id), payload };
    }
    yield { kind: 'tick', at: receivedAt + 30_000 };
  }
}

const readPack = (_: string, source: string) => pack(source);

/** The service's own processing of the log, into the cases of an independent store. */
async function live(entries: readonly LogEntry[]) {
  const catalogue = new Catalogue(readPack);
  const devices = new PipelineDevices();
  const processed = newProcessed({ changes: true });
  const earlier = { stored: async () => [], logged: async () => undefined };
  const engine = new Engine(catalogue);
  const processor = new Processor({ catalogue, engine, devices, hash: contentHash, earlier });
  for (const entry of entries) await processor.process(entry, processed);
  const store = memoryCases(noCases(), (text) => `case of ${text}`, undefined, casesPerRuleHourMax);
  await store.apply(processed.changes ?? []);
  const cases = (await store.list({ limit: 1_000 })).items;
  const findings = await Promise.all(ids.map((device) => store.findings({ device, limit: 1_000 })));
  const all = findings.flatMap(({ items }) => items);
  const ours = cases.filter(
    ({ id, product, verdict }) =>
      verdict !== 'duplicate' &&
      (product === 'fridge' || all.some((one) => one.case === id && one.product === 'fridge')),
  );
  return { cases: ours, hidden: all.filter(({ hiddenBy }) => hiddenBy.length > 0).length, processed };
}

function backtest({ processed }: Awaited<ReturnType<typeof live>>) {
  const history = processed.history.map(({ offset, payload }) => ({ offset, record: decodeRecord(payload) }));
  const records = history.filter((item): item is HistoryRecord => item.record.kind !== 'tick');
  const ticks = ticksOf(history.flatMap(({ offset, record }) => (record.kind === 'tick' ? [[offset, record.at]] : [])));
  const packs = [fridge, fridge].map((source) => ({ file: 'fridge.yaml', source }));
  const others = products.filter(({ product }) => product === 'hub');
  const options = { product: 'fridge', packs, others, readPack };
  const replay = new Replay(options);
  const returns = records.filter(({ record }) => record.kind === 'resumed');
  const asked = { records, product: 'fridge', devices: undefined, withParents: false, withAbove: true };
  const planned = records.flatMap(({ record }) =>
    record.kind === 'fact' && record.fact.type === 'maintenance-planned' ? record.fact.plan : [],
  );
  const told: [PlacedEvent[], PlacedEvent[]] = [[], []];
  for (const { id, facts } of familiesOf(asked).flatMap(({ members }) => members)) {
    replay.begin({ device: id, facts, ticks, returns, planned, parents: undefined });
    const reports = processed.reports.list().filter(({ device }) => device === id);
    replay.feed({ reports, behindMs: undefined });
    for (const [side, events] of replay.end().entries()) told[side]?.push(...events);
  }
  return foldCases({
    ...options,
    records,
    ticks,
    told,
    range: { from: undefined, to: undefined },
    casesPerRuleHourMax,
  });
}

function ticksOf(pairs: readonly (readonly number[])[]): Ticks {
  const ticks = {
    offsets: new Float64Array(new SharedArrayBuffer(8 * pairs.length)),
    at: new Float64Array(new SharedArrayBuffer(8 * pairs.length)),
  };
  for (const [index, [offset = 0, time = 0]] of pairs.entries()) {
    ticks.offsets[index] = offset;
    ticks.at[index] = time;
  }
  return ticks;
}

function entriesOf(told: Story): LogEntry[] {
  return [...recordsOf(told)].map((record, offset) => ({ offset, payload: encodeRecord(record) }));
}

interface Told {
  readonly device: string;
  readonly failureMode: string;
  readonly openedAt: number;
  readonly startsAt: number;
  readonly severity: string;
  readonly storm: string | null;
}

function words({ device, failureMode, openedAt, startsAt, severity, storm }: Told): string {
  const [since, opened] = [startsAt, openedAt].map((time) => (time - start) / minute);
  return `${device} ${failureMode} ${severity} since ${since}, opened ${opened}${storm === null ? '' : `, ${storm}`}`;
}

async function bothWays(told: Story) {
  const service = await live(entriesOf(told));
  const { matches, kept } = backtest(service);
  expect(matches.map(({ kind }) => kind)).toEqual(matches.map(() => 'same'));
  const replayed = matches.flatMap(({ against }) => against ?? []);
  expect(replayed.map(words).sort()).toEqual(service.cases.map(words).sort());
  expect(kept).toEqual([kept[0], kept[0]]);
  expect(kept[0].hidden).toBe(service.hidden);
  return { cases: service.cases.map(words).sort(), kept: kept[0] };
}

const nothing: Story = { silent: [], warm: [], maintenance: [], away: undefined };
const plan = { plannedAt: 0, from: 0, minutes: 30, endedAt: undefined };

describe('a backtest of what is in force opens the cases that the service opened', () => {
  it('with maintenance: what lasts longer opens when it is over, what is about safety at once', async () => {
    const warm = [
      { device: 'a', from: 5, minutes: 10, temp: 9 },
      { device: 'b', from: 5, minutes: 60, temp: 9 },
      { device: 'd', from: 10, minutes: 5, temp: 13 },
    ];
    const { cases, kept } = await bothWays({
      ...nothing,
      warm,
      maintenance: [{ ...plan, query: { product: 'fridge' } }],
    });
    expect(cases).toEqual(['b warm minor since 5, opened 7', 'd hot critical since 10, opened 10']);
    expect(kept).toEqual({ hidden: 3, behindGateways: 0, inStorms: 0 });
  });

  it('with a silent gateway: one case, and one for what stays silent when it is back', async () => {
    const silent = [
      { device: 'house', from: 10, minutes: 30 },
      { device: 'floor', from: 10, minutes: 30 },
      { device: 'a', from: 10, minutes: 30 },
      { device: 'b', from: 9, minutes: 60 },
      { device: 'c', from: 10, minutes: 30 },
    ];
    const { cases, kept } = await bothWays({ ...nothing, silent });
    expect(cases).toEqual(['b silent minor since 12, opened 15.5', 'house silent minor since 9, opened 14.5']);
    expect(kept.behindGateways).toBeGreaterThan(2);
  });

  it('with a storm', async () => {
    const warm = ['a', 'b', 'c', 'd'].map((device, index) => ({ device, from: 5 + index, minutes: 20, temp: 9 }));
    const { cases, kept } = await bothWays({ ...nothing, warm });
    expect(cases).toEqual([
      'a warm minor since 5, opened 7',
      'b warm minor since 6, opened 8',
      'c warm minor since 7, opened 9, rule:warm',
    ]);
    expect(kept).toEqual({ hidden: 0, behindGateways: 0, inStorms: 2 });
  });

  it('with all of it at once', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        await bothWays(told);
      }),
      { numRuns: 60 },
    );
  });
});
