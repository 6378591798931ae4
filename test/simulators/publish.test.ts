import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { networks, type SimulatedReport } from '../../simulators/index.ts';
import { type LiveRun, liveRun, type PublishProgress, publish } from '../../simulators/publish.ts';
import { hourMs, minuteMs } from '../../src/base/index.ts';
import { defaultBrokerLimits, startBroker } from '../../src/broker/index.ts';
import { startTestBroker, type TakenMessage, type TestBroker } from '../broker/fixture.ts';
import { secretOf } from '../broker/raw-client.ts';
import { scenario } from './runs.ts';

const napping = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

let server: TestBroker | undefined;

afterEach(async () => {
  await server?.broker.close();
  server = undefined;
});

/** Three devices, an hour or two of whose life goes by in a fraction of a second. */
function shortRun(accelerateMs = 400): LiveRun {
  const network = { ...networks.good, repeatedShare: 0.05, offlinePerDay: 20, badClockShare: 1 };
  const run = scenario({ devices: 3, lengthMs: 2 * hourMs, network, faultShare: 1 });
  return liveRun({ scenario: run, accelerateMs, beginAt: Date.now() + 50 });
}

interface Started {
  readonly stop: AbortController;
  readonly told: PublishProgress[];
  readonly done: Promise<PublishProgress>;
  readonly until: (reached: (progress: PublishProgress) => boolean) => Promise<PublishProgress>;
}

function start(run: LiveRun, port: number, secret = secretOf): Started {
  const stop = new AbortController();
  const told: PublishProgress[] = [];
  const waiting: { reached: (progress: PublishProgress) => boolean; resolve: (progress: PublishProgress) => void }[] =
    [];
  const done = publish({
    mqttUrl: `mqtt://127.0.0.1:${port}`,
    run,
    secrets: new Map(run.devices.map(({ id }) => [id, secret(id)])),
    signal: stop.signal,
    now: Date.now,
    sleep: napping,
    onProgress: (progress) => {
      told.push(progress);
      for (const { reached, resolve } of waiting) if (reached(progress)) resolve(progress);
    },
  });
  const until = (reached: (progress: PublishProgress) => boolean) =>
    Promise.race([
      new Promise<PublishProgress>((resolve) => waiting.push({ reached, resolve })),
      sleep(10_000).then(() => Promise.reject(new Error(`not reached: ${JSON.stringify(told.at(-1))}`))),
    ]);
  return { stop, told, done, until };
}

function brokerWith(authenticate: (device: string) => Promise<boolean>) {
  return startBroker({
    host: '127.0.0.1',
    port: 0,
    limits: defaultBrokerLimits,
    handlers: {
      authenticate,
      refusal: () => undefined,
      onMessage: (_, done) => done(),
      onOversize: () => undefined,
      onConnection: () => undefined,
      onProblem: () => undefined,
    },
  });
}

function reportsOf(messages: readonly TakenMessage[]): { device: string; report: SimulatedReport }[] {
  return messages.flatMap(({ device, text }) =>
    [JSON.parse(text)].flat().map((report: SimulatedReport) => ({ device, report })),
  );
}

describe('a live run', () => {
  it('starts in the past and reaches the present at the end of its acceleration', () => {
    const run = shortRun();
    expect(run.presentAt - run.startAt).toBe(2 * hourMs);
    expect(run.wallAt(run.presentAt)).toBe(run.presentAt);
    expect(run.wallAt(run.presentAt + minuteMs)).toBe(run.presentAt + minuteMs);
    expect(run.wallAt(run.startAt + hourMs)).toBeCloseTo(run.presentAt - 200, 5);
    expect(run.timeAt(run.wallAt(run.startAt + hourMs))).toBeCloseTo(run.startAt + hourMs, 0);
    expect(run.truth.map(({ fault }) => fault)).not.toContain('link-loss');
  });

  it('is published whole: every report of its devices, none of the future, all acknowledged', async () => {
    server = await startTestBroker();
    const run = shortRun();
    const { stop, done, until, told } = start(run, server.port);
    await until(({ share }) => share === 1);
    stop.abort();
    const last = await done;
    const reports = reportsOf(server.messages);
    const distinct = new Set(reports.map(({ device, report }) => `${device} ${report.boot} ${report.seq}`));
    expect(distinct.size).toBe(last.acknowledgedReports);
    expect(reports.length).toBe(last.acknowledgedReports + last.repeatedReports);
    expect(last.repeatedReports).toBeGreaterThan(0);
    expect(last.acknowledgedReports + run.counts.waiting + run.counts.lost).toBeGreaterThan(3 * 115);
    expect(server.messages.length).toBe(last.messages);
    for (const { report } of reports) {
      expect(report.at).toBeGreaterThanOrEqual(run.startAt);
      expect(report.at).toBeLessThanOrEqual(Date.now());
      expect(report.sentAt).toBeUndefined();
    }
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).toSorted((a, b) => a - b));
  });

  it('does not fill memory or overtake a service that does not answer', async () => {
    server = await startTestBroker({ hold: true });
    const { stop, done, until } = start(shortRun(100), server.port);
    await until(({ messages }) => messages > 0);
    await expect.poll(() => server?.messages.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(8);
    stop.abort();
    for (const { done: acknowledge } of server.messages) acknowledge();
    const last = await done;
    expect(last.messages).toBeLessThanOrEqual(3 * 8);
  });

  it('connects again to a broker that was away, and loses nothing', async () => {
    const first = await startTestBroker();
    server = first;
    const { stop, done, until } = start(shortRun(1_500), first.port);
    await until(({ messages }) => messages > 20);
    await first.broker.close();
    const before = first.messages.length;
    const second = await startTestBroker({ port: first.port });
    server = second;
    await until(({ messages, behindMs, share }) => share === 1 && behindMs === 0 && messages > before);
    stop.abort();
    const last = await done;
    const reports = reportsOf([...first.messages, ...second.messages]);
    const distinct = new Set(reports.map(({ device, report }) => `${device} ${report.boot} ${report.seq}`));
    expect(second.messages.length).toBeGreaterThan(0);
    expect(distinct.size).toBeGreaterThanOrEqual(last.acknowledgedReports);
    expect(distinct.size).toBeGreaterThan(3 * 100);
  });

  it('goes on without a device that is no longer let in', async () => {
    let lockedOut: string | undefined;
    const broker = await brokerWith((device) => Promise.resolve(device !== lockedOut));
    try {
      const run = shortRun(1_000);
      const { stop, done, until } = start(run, broker.address.port);
      await until(({ messages }) => messages > 20);
      lockedOut = run.devices[0]?.id ?? '';
      broker.disconnect(lockedOut);
      await until(({ share, refused }) => share === 1 && refused === 1);
      stop.abort();
      const last = await done;
      expect(last).toMatchObject({ refused: 1, disconnected: 1 });
      expect(last.problem).toContain(lockedOut);
    } finally {
      await broker.close();
    }
  });

  it('tries again when a busy service cannot answer a connection', async () => {
    const asked = new Set<string>();
    const broker = await brokerWith((device) => {
      if (asked.has(device)) return Promise.resolve(true);
      asked.add(device);
      return Promise.reject(new Error('busy'));
    });
    try {
      const { stop, done, until } = start(shortRun(), broker.address.port);
      await until(({ share }) => share === 1);
      stop.abort();
      expect(await done).toMatchObject({ refused: 0, disconnected: 0 });
      expect(asked.size).toBe(3);
    } finally {
      await broker.close();
    }
  });

  it('says who was refused, and that there is no broker', async () => {
    server = await startTestBroker();
    const refused = start(shortRun(), server.port, () => 'wrong').done;
    await expect(refused).rejects.toMatchObject({ code: 'unauthenticated' });
    const { port } = server;
    await server.broker.close();
    server = undefined;
    await expect(start(shortRun(), port).done).rejects.toMatchObject({ code: 'request-invalid' });
  });
});
