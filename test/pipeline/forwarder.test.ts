import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AftercareError } from '../../src/base/index.ts';
import { Forwarder } from '../../src/pipeline/forwarder.ts';
import { openEmbeddedStore, type TelemetryStore } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';

/** A store that is away while `away` is set: what a server of the user's may be at any time. */
function sometimesAway(store: TelemetryStore): { store: TelemetryStore; gate: { away: boolean; attempts: number } } {
  const gate = { away: false, attempts: 0 };
  const write = async (reports: readonly Report[], next: number): Promise<void> => {
    gate.attempts += 1;
    if (gate.away) throw new AftercareError('store-failed', 'connection refused');
    await store.write(reports, next);
  };
  return {
    gate,
    store: {
      write,
      sync: async () => {},
      cursor: () => store.cursor(),
      series: (query) => store.series(query),
      latest: (devices) => store.latest(devices),
      reports: (query) => store.reports(query),
      close: () => store.close(),
    },
  };
}

let folder = '';
let from: TelemetryStore;
let to: TelemetryStore;
let gate: { away: boolean; attempts: number };
let forwarder: Forwarder;
let forwarded = 0;
const troubles: string[] = [];
const broken: Error[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aftercare-forwarder-'));
  from = await openEmbeddedStore({ folder: join(folder, 'from') });
  ({ store: to, gate } = sometimesAway(await openEmbeddedStore({ folder: join(folder, 'to') })));
  forwarded = 0;
  troubles.length = 0;
  broken.length = 0;
  forwarder = build();
});
afterEach(async () => {
  await forwarder.stop();
  await from.close();
  await to.close();
  rmSync(folder, { recursive: true, force: true });
  expect(broken).toEqual([]);
});

function build(): Forwarder {
  return new Forwarder({
    from,
    to,
    clock: Date.now,
    onForwarded: async (reports) => {
      forwarded += reports.length;
    },
    onTrouble: (error) => troubles.push(error.message),
    onBroken: (error) => broken.push(error),
  });
}

async function store(first: number, count: number): Promise<void> {
  const reports = Array.from({ length: count }, (_, index) => report(first + index));
  await from.write(reports, first + count);
  forwarder.notice(first + count);
}

const all = { by: 'offset', from: 0, to: 1e9, limit: 10_000 } as const;

it('brings all that is stored, in order, and says when it is there', async () => {
  await forwarder.restore();
  await store(0, 6_000);
  forwarder.start();
  await store(6_000, 10);
  await expect.poll(() => forwarder.state().lagRecords).toBe(0);
  expect(await to.cursor()).toBe(6_010);
  expect((await to.reports(all)).map(({ offset }) => offset)).toEqual(
    (await from.reports(all)).map(({ offset }) => offset),
  );
  expect(forwarded).toBe(6_010);
  expect(forwarder.state()).toMatchObject({ cursor: 6_010, behindSince: undefined, estimateMs: undefined });
});

it('keeps what the server has not got while it is away, and brings it when it is back', async () => {
  await forwarder.restore();
  forwarder.start();
  gate.away = true;
  await store(0, 100);
  await expect.poll(() => troubles.length).toBeGreaterThan(1);
  expect(forwarder.state()).toMatchObject({ lagRecords: 100, trouble: 'connection refused' });
  expect(forwarder.state().behindSince).toBeTypeOf('number');
  gate.away = false;
  await expect.poll(() => forwarder.state().lagRecords, { timeout: 10_000 }).toBe(0);
  expect(forwarded).toBe(100);
  expect(forwarder.state().trouble).toBeUndefined();
});

it('goes on after a restart from where the server is', async () => {
  await forwarder.restore();
  forwarder.start();
  await store(0, 50);
  await expect.poll(() => forwarder.state().cursor).toBe(50);
  await forwarder.stop();
  forwarder = build();
  await forwarder.restore();
  forwarder.start();
  await store(50, 25);
  await expect.poll(() => forwarder.state().cursor).toBe(75);
  expect(forwarded).toBe(75);
});

it('begins no other attempt when it is stopped amid one that fails', async () => {
  await forwarder.restore();
  await store(0, 10);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  to.write = async () => {
    gate.attempts += 1;
    asked.resolve();
    await answer.promise;
    throw new AftercareError('store-failed', 'no answer');
  };
  forwarder.start();
  await asked.promise;
  const stopped = forwarder.stop();
  answer.resolve();
  await stopped;
  expect([gate.attempts, forwarder.state().cursor]).toEqual([1, 0]);
});

it('stops at once, also while the server is away', async () => {
  gate.away = true;
  await forwarder.restore();
  forwarder.start();
  await store(0, 5);
  await expect.poll(() => gate.attempts).toBeGreaterThan(2);
  await forwarder.stop();
  expect(await to.cursor()).toBe(0);
});
