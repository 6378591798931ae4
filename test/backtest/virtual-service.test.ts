import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VirtualService } from '../../src/backtest/index.ts';
import { deviceFacts, reportsTopic } from '../../src/telemetry/index.ts';
import { minute, pack } from '../engine/fixture.ts';

const source = `
product: chiller
title: Chiller
reports: {every: 1m, silentAfter: 30m}
signals:
  temp: {kind: gauge, unit: Cel, maxAge: 30m}
  door: {kind: state, maxAge: 20m}
  starts: {kind: counter}
derived:
  starts_per_hour: {is: 'rate(starts, "1h") * 3600.0', unit: "1/h"}
failureModes:
  warm: {title: Warm, severity: minor}
  worn: {title: Worn, severity: minor}
faultCodes:
  E1: {title: Told, severity: info}
rules:
  - {id: jump, when: temp - previous(temp) > 3.0, failureMode: warm}
  - {id: ajar, when: held(door) > duration("7m"), failureMode: worn}
  - {id: told, when: 'since(fault("E1")) < duration("10m") && temp > 8.0', failureMode: warm}
  - {id: after, when: since(temp > 9.0) < duration("10m") && door, failureMode: warm}
  - {id: rise, when: 'temp - ago(temp, "20m") > 4.0', for: 2m, failureMode: worn}
  - {id: busy, when: starts_per_hour > 200.0, failureMode: worn}
  - {id: trend, when: 'slope(temp, "15m") * 60.0 > 0.5', failureMode: worn}
  - {id: night, when: temp > 7.0 && hour >= 22, for: 3m, failureMode: warm}
  - {id: often, when: 'held(count(temp > 9.0, "20m") >= 2.0) > duration("4m")', failureMode: warm}
  - id: median
    when: 'median(temp, "10m") > 8.0'
    clear: 'median(temp, "10m") < 6.0'
    clearFor: 3m
    escalate: {critical: temp > 11.0}
    failureMode: warm
`;

const chiller = pack(source);

/** The evening before the clocks are set forward where the device stands. */
const zero = Date.UTC(2025, 2, 29, 20);
const arrivesAt = Date.UTC(2025, 8, 1);
const device = 'd1';

interface Sample {
  readonly at: number;
  readonly temp: number;
  readonly door?: boolean;
  readonly starts?: number;
  readonly fault?: boolean | undefined;
}

async function begin(): Promise<VirtualService> {
  const service = new VirtualService(() => chiller, arrivesAt);
  await service.publish({ product: 'chiller', file: 'chiller.yaml', source });
  await service.register(deviceFacts({ id: device, product: 'chiller', timezone: 'Europe/Berlin' }));
  return service;
}

function send(service: VirtualService, { at, fault, ...signals }: Sample): Promise<void> {
  const faults = fault === undefined ? {} : { faults: [{ code: 'E1', active: fault }] };
  const report = { at: zero + at * minute, boot: 'b1', seq: at, signals, ...faults };
  return service.message(device, reportsTopic(device), new TextEncoder().encode(JSON.stringify(report)));
}

/** After a last tick, in minutes. */
async function standing(service: VirtualService): Promise<string[]> {
  await service.tick();
  const time = (at: number | null) => (at === null ? 'now' : String((at - zero) / minute));
  return service.cases
    .findings()
    .filter(({ state }) => state !== 'retracted')
    .map(({ source: by, startsAt, openedAt, endsAt, severity }) =>
      [by, severity, time(startsAt), time(openedAt), time(endsAt)].join(' '),
    )
    .sort();
}

const sampleAt = (at: number) =>
  fc.record(
    {
      at: fc.constant(at),
      temp: fc.integer({ min: 3, max: 12 }),
      door: fc.boolean(),
      starts: fc.integer({ min: 0, max: 6 }).map((more) => at * 3 + more),
      fault: fc.boolean(),
    },
    { requiredKeys: ['at', 'temp'] },
  );

/** Distinct minutes of five hours, with gaps. */
const history = fc
  .uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 60 })
  .chain((minutes) => fc.tuple(...minutes.sort((a, b) => a - b).map(sampleAt)));

it('ends as in order whatever comes when and how often, with ticks and restarts in between', async () => {
  const ends = async (samples: readonly Sample[], moves: IterableIterator<number>) => {
    const inOrder = await begin();
    for (const sample of samples) await send(inOrder, sample);
    const shuffled = await begin();
    const next = () => moves.next().value ?? 0;
    const keyed = samples.map((sample, index) => ({ sample, key: index + next() })).sort((a, b) => a.key - b.key);
    for (const { sample, key } of keyed) {
      await send(shuffled, sample);
      if (key % 3 === 0) await send(shuffled, sample);
      if (key % 5 === 0) await shuffled.tick();
      if (key % 29 === 0) shuffled.restart();
    }
    expect(await standing(shuffled)).toEqual(await standing(inOrder));
    expect(shuffled.counts(device)).toMatchObject({ acknowledged: samples.length, conflicts: 0 });
  };
  const moves = fc.infiniteStream(fc.integer({ min: 0, max: 20 }));
  await fc.assert(fc.asyncProperty(history, moves, ends), { numRuns: 40 });
});
