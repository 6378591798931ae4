import { describe, expect, it } from 'vitest';
import { type FleetArrival, type FleetRunOptions, runFleet } from '../../src/backtest/index.ts';
import { deviceFacts } from '../../src/telemetry/index.ts';
import { fridge, minute, pack, start } from '../engine/fixture.ts';

const hour = 60 * minute;
const devices = ['d1', 'd2'].map((id) => deviceFacts({ id, product: 'fridge' }));

function arrival(atMs: number, body: object, device = 'd1', underWayMs = 200): FleetArrival {
  const at = start + atMs;
  return {
    arrivesAt: at + underWayMs,
    device,
    payload: new TextEncoder().encode(JSON.stringify({ at, boot: 'b1', seq: atMs / minute, ...body })),
  };
}

/** A reading a minute of d1, warm in the given stretches. */
function* readings(minutes: number, warm: readonly (readonly [number, number])[] = []): Generator<FleetArrival> {
  for (let m = 0; m < minutes; m++) {
    const isWarm = warm.some(([from, to]) => m >= from && m < to);
    yield arrival(m * minute, { signals: { temp: isWarm ? 12 : 4 } });
  }
}

function run(arrivals: Iterable<FleetArrival>, lengthMs: number, more: Partial<FleetRunOptions> = {}) {
  return runFleet({
    packs: [{ product: 'fridge', file: 'fridge.yaml', source: fridge }],
    readPack: (_, source) => pack(source),
    devices,
    arrivals,
    startAt: start,
    endAt: start + lengthMs,
    ...more,
  });
}

describe('a fleet run', () => {
  it('opens the case that the service would open, at its event time', async () => {
    const { cases, counts } = await run(readings(60, [[20, 60]]), hour);
    expect(cases).toMatchObject([
      {
        device: 'd1',
        product: 'fridge',
        failureMode: 'warm',
        source: 'rule:warm',
        openedAt: start + 25 * minute,
        delayMs: 200,
      },
    ]);
    expect(counts).toMatchObject({ received: 60, acknowledged: 60, duplicates: 0, quarantined: 0 });
  });

  it('knows repeats, and sets aside what cannot be read', async () => {
    const list = [...readings(30)];
    const broken = { ...arrival(30 * minute, {}), payload: new TextEncoder().encode('{"at"') };
    const repeats = list.slice(10, 20).map((item) => ({ ...item, arrivesAt: start + 40 * minute }));
    const { counts, cases } = await run([...list, broken, ...repeats], hour);
    expect(counts).toMatchObject({ received: 41, acknowledged: 30, duplicates: 10, quarantined: 1 });
    expect(cases).toEqual([]);
  });

  it('lets service time go on without messages: silence is noticed within a quarter of its allowance', async () => {
    const { silences } = await run(readings(60), 3 * hour);
    const [silence, ...others] = silences;
    const heardAt = start + 59 * minute + 200;
    expect(others).toEqual([]);
    expect(silence).toMatchObject({ device: 'd1', startsAt: heardAt });
    expect(silence?.openedAt).toBeGreaterThan(heardAt + 10 * minute);
    expect(silence?.openedAt).toBeLessThanOrEqual(heardAt + 12.5 * minute);
  });

  it('takes what returns within a day for the same case, and later for another one', async () => {
    const soon = await run(
      readings(12 * 60, [
        [60, 120],
        [300, 360],
      ]),
      12 * hour,
    );
    expect(soon.cases.map(({ openedAt }) => openedAt - start)).toEqual([65 * minute]);
    const later = await run(
      readings(50 * 60, [
        [60, 120],
        [2_000, 2_060],
      ]),
      50 * hour,
    );
    expect(later.cases.map(({ openedAt }) => openedAt - start)).toEqual([65 * minute, 2_005 * minute]);
  });

  it('gives the same twice', async () => {
    const once = await run(readings(200, [[50, 90]]), 5 * hour);
    expect(await run(readings(200, [[50, 90]]), 5 * hour)).toEqual(once);
  });

  it('stops when it is told to, and says how far it came', async () => {
    const stop = new AbortController();
    const told: number[] = [];
    const { at, counts } = await run(readings(100_000), 2_000 * hour, {
      signal: stop.signal,
      onProgress: ({ messages }) => {
        told.push(messages);
        stop.abort();
      },
    });
    expect(told).toHaveLength(1);
    expect(counts.received).toBe(told[0]);
    expect(at).toBeLessThan(start + 2_000 * hour);
  });
});
