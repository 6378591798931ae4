import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Arrival,
  messageText,
  type Network,
  networks,
  type Scenario,
  scenarioNamed,
  scenarios,
  simulate,
  truthLine,
} from '../../simulators/index.ts';
import { dayMs, hourMs } from '../../src/base/index.ts';
import { isDeviceId } from '../../src/telemetry/index.ts';
import { scenario } from './runs.ts';

/** Everything a run says, as bytes. */
function digest(run: Scenario): string {
  const hash = createHash('sha256');
  const { arrivals, truth, devices, counts } = simulate(run);
  for (const arrival of arrivals) hash.update(`${arrival.arrivesAt} ${arrival.device} ${messageText(arrival)}\n`);
  for (const item of truth) hash.update(truthLine(item));
  return hash.update(JSON.stringify([devices, counts])).digest('hex');
}

describe('a run', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    const run = scenario({ faultShare: 1, faultPace: 20, network: networks.bad });
    const first = digest(run);
    expect(digest(run)).toBe(first);
    expect(digest({ ...run, seed: 2 })).not.toBe(first);
  });

  it('says of a device the same whether others take part or not', () => {
    const few = [...simulate(scenario({ devices: 2 })).arrivals].filter(({ device }) => device.endsWith('001'));
    const many = [...simulate(scenario({ devices: 5 })).arrivals].filter(({ device }) => device.endsWith('001'));
    expect(many).toEqual(few);
  });

  it('keeps to the shares of the mix and gives ids that a broker takes', () => {
    const { devices } = simulate(scenario({ devices: 40 }));
    expect(devices.filter(({ product }) => product === 'cold-fridge')).toHaveLength(24);
    expect(devices.filter(({ product }) => product === 'water-pump')).toHaveLength(16);
    expect(new Set(devices.map(({ id }) => id)).size).toBe(40);
    for (const { id, installedAt, timezone } of devices) {
      expect(isDeviceId(id)).toBe(true);
      expect(installedAt).toBeLessThan(scenario().startAt);
      expect(() => new Intl.DateTimeFormat('en', { timeZone: timezone })).not.toThrow();
    }
  });

  it('goes on beyond its length when it is endless', () => {
    const run = scenario({ devices: 1, lengthMs: hourMs });
    let last: Arrival | undefined;
    for (const arrival of simulate(run, { endless: true }).arrivals) {
      last = arrival;
      if (arrival.arrivesAt > run.startAt + 3 * hourMs) break;
    }
    expect(last?.reports[0]?.seq).toBeGreaterThan(150);
    expect([...simulate(run).arrivals]).toHaveLength(60);
  });

  it('refuses a scenario with every problem at once', () => {
    const wrong = { devices: 0, faultShare: 2, mix: { fridge: 1 }, faults: ['gremlins'], seed: 0.5 };
    const network = { ...networks.good, repeatedShare: -1 };
    expect(() => simulate(scenario({ ...wrong, network }))).toThrow(
      /network\.repeatedShare.*seed.*devices.*faultShare.*'fridge'.*'gremlins'/,
    );
    expect(() => scenarioNamed('dmo', 0)).toThrow("there is no scenario 'dmo'");
    expect(scenarioNamed('demo', Date.UTC(2025, 1, 1))).toMatchObject({ devices: 40 });
  });
});

describe('the truth', () => {
  const products = Object.keys(scenarios.demo.mix);

  it('is planned within the run, in its order, for as many devices as asked', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 1, max: 30, noNaN: true }),
        (seed, devices, faultShare, faultPace) => {
          const run = scenario({ seed, devices, faultShare, faultPace, lengthMs: 10 * dayMs });
          const { truth } = simulate(run);
          expect(truth).toHaveLength(Math.round(faultShare * devices));
          expect(new Set(truth.map(({ device }) => device)).size).toBe(truth.length);
          for (const item of truth) {
            const { startsAt, noticeableAt, failsAt, endsAt, settledAt, kind, alsoFits } = item;
            expect(startsAt).toBeGreaterThanOrEqual(run.startAt + run.lengthMs / 4);
            expect(endsAt).toBeLessThanOrEqual(run.startAt + run.lengthMs);
            expect([startsAt, noticeableAt, failsAt ?? noticeableAt]).toEqual(
              [startsAt, noticeableAt, failsAt ?? noticeableAt].toSorted((a, b) => a - b),
            );
            expect(endsAt).toBeGreaterThan(startsAt);
            expect(settledAt).toBeGreaterThan(endsAt);
            expect(failsAt === undefined).toBe(kind !== 'product');
            expect(item.signal === undefined).toBe(kind !== 'sensor');
            expect(alsoFits).toContain('anomaly');
          }
          expect(truth.map(({ startsAt }) => startsAt)).toEqual(
            truth.map(({ startsAt }) => startsAt).toSorted((a, b) => a - b),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('shows every kind of fault before one comes again', () => {
    for (const product of products) {
      const kinds = product === 'cold-fridge' ? 8 : 7;
      const { truth } = simulate(scenario({ mix: { [product]: 1 }, devices: kinds, faultShare: 1 }));
      expect(new Set(truth.map(({ fault }) => fault)).size).toBe(kinds);
    }
    const { truth } = simulate(scenario({ faults: ['dry-run'], devices: 10, faultShare: 1 }));
    expect(new Set(truth.map(({ product }) => product))).toEqual(new Set(['water-pump']));
  });

  it('is told as JSON Lines', () => {
    const { truth } = simulate(scenario({ devices: 6, faultShare: 1 }));
    const lines = truth.map(truthLine);
    for (const [index, line] of lines.entries()) {
      expect(line.endsWith('}\n')).toBe(true);
      const read = JSON.parse(line);
      expect(Date.parse(read.startsAt)).toBe(truth[index]?.startsAt);
      expect(read).toMatchObject({ device: truth[index]?.device, failureMode: truth[index]?.failureMode });
    }
  });
});

/** Any network at all, within what may be asked for. */
const anyNetwork: fc.Arbitrary<Network> = fc.record({
  latencyMs: fc.integer({ min: 0, max: 60_000 }),
  overtakenShare: fc.double({ min: 0, max: 1, noNaN: true }),
  heldUpMs: fc.integer({ min: 0, max: 3_600_000 }),
  repeatedShare: fc.double({ min: 0, max: 1, noNaN: true }),
  offlinePerDay: fc.integer({ min: 0, max: 20 }),
  offlineMs: fc.integer({ min: 0, max: 6 * hourMs }),
  bufferReports: fc.integer({ min: 1, max: 200 }),
  batchReports: fc.integer({ min: 1, max: 60 }),
  rebootsPerDay: fc.integer({ min: 0, max: 20 }),
  badClockShare: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('a network', () => {
  it('invents nothing: every report arrives or is lost by design, whatever it does to them', () => {
    fc.assert(
      fc.property(fc.integer(), anyNetwork, (seed, network) => {
        const run = scenario({ seed, network, devices: 3, lengthMs: 12 * hourMs, faultShare: 0.5, faultPace: 50 });
        const { arrivals, counts } = simulate(run);
        const seen = new Map<string, string>();
        let [delivered, repeated, lastAt] = [0, 0, 0];
        const wrong: string[] = [];
        for (const arrival of arrivals) {
          if (arrival.arrivesAt < lastAt) wrong.push(`${arrival.arrivesAt} comes after ${lastAt}`);
          lastAt = arrival.arrivesAt;
          if (arrival.reports.length > network.batchReports) wrong.push(`a batch of ${arrival.reports.length}`);
          for (const report of arrival.reports) {
            const key = `${arrival.device}/${report.boot}/${report.seq}`;
            const text = JSON.stringify(report);
            if (arrival.repeated) {
              repeated += 1;
              if (seen.get(key) !== text) wrong.push(`${key} was repeated as something else`);
            } else {
              delivered += 1;
              if (seen.has(key)) wrong.push(`${key} came twice`);
              seen.set(key, text);
            }
          }
        }
        expect(wrong).toEqual([]);
        const generated = 3 * 12 * 60;
        expect(counts).toEqual({ generated, delivered, repeated, lost: generated - delivered, waiting: 0 });
      }),
      { numRuns: 25 },
    );
  });

  it('numbers each boot from 0 without gaps but for what was lost', () => {
    const network = { ...networks.bad, bufferReports: 5_000, rebootsPerDay: 2, offlinePerDay: 0 };
    const { arrivals, counts } = simulate(scenario({ network, devices: 2 }));
    const boots = new Map<string, Set<number>>();
    for (const { device, reports } of arrivals) {
      for (const { boot, seq } of reports) {
        const key = `${device}/${boot}`;
        boots.set(key, (boots.get(key) ?? new Set()).add(seq));
      }
    }
    expect(boots.size).toBeGreaterThan(2);
    expect(counts.lost).toBe(0);
    for (const seqs of boots.values()) {
      expect(Math.min(...seqs)).toBe(0);
      expect(Math.max(...seqs)).toBe(seqs.size - 1);
    }
  });

  it('brings what waited in batches, oldest first, when the device is back', () => {
    const network = { ...networks.perfect, offlinePerDay: 4, offlineMs: 2 * hourMs, batchReports: 50 };
    const batches = [...simulate(scenario({ network })).arrivals].filter(({ reports }) => reports.length > 1);
    expect(batches.length).toBeGreaterThan(3);
    for (const { reports } of batches) {
      expect(reports.map(({ at }) => at)).toEqual(reports.map(({ at }) => at).toSorted((a, b) => a - b));
    }
  });

  it('has clocks that are wrong, and tell it where they can', () => {
    const run = scenario({ devices: 12, network: { ...networks.perfect, badClockShare: 1, rebootsPerDay: 3 } });
    let [told, unset, corrected] = [0, 0, 0];
    for (const { arrivesAt, reports } of simulate(run).arrivals) {
      const last = reports.at(-1);
      if (last?.sentAt !== undefined) {
        told += 1;
        // What the service makes of it: exact, since nothing was under way for long.
        if (last.at + arrivesAt - last.sentAt === arrivesAt && Math.abs(last.at - arrivesAt) > 60_000) corrected += 1;
      } else if (last !== undefined && last.at < Date.UTC(2000, 0, 1)) unset += 1;
      else if (last?.at !== arrivesAt) expect.fail('a right clock tells the time of arrival');
    }
    expect(corrected).toBe(told);
    expect(told).toBeGreaterThan(1_000);
    expect(unset).toBeGreaterThan(10);
  });
});
