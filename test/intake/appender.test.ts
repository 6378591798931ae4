import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Appender } from '../../src/intake/appender.ts';
import { realTimers } from '../../src/intake/timers.ts';
import { type Log, openLog } from '../../src/log/index.ts';
import { FakeFiles } from '../log/fake-files.ts';

const kibibyte = 1024;
let folder = '';
let log: Log;
let now = 0;
const broken: Error[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aftercare-appender-'));
  log = await openLog({ folder, bytesMax: 64 * kibibyte });
  broken.length = 0;
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

function appender(on: Log = log, whenNear: () => Promise<void> | undefined = () => undefined): Appender {
  const timers = { ...realTimers, now: () => now };
  return new Appender({ log: on, timers, onBroken: (error) => broken.push(error), whenNear });
}

function append(to: Appender, bytes: number): Promise<Error | undefined> {
  return new Promise((resolve) => to.append(new Uint8Array(bytes), resolve));
}

it('writes what comes together as one group, in order', async () => {
  const to = appender();
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => append(to, index + 1)));
  expect(answers).toEqual(Array(50).fill(undefined));
  const entries = await log.read(0, { recordsMax: 100, bytesMax: 1e6 });
  expect(entries.map((entry) => entry.payload.length)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
});

it('withholds the acknowledgement while the processing is far behind, and writes nothing more', async () => {
  const near = Promise.withResolvers<void>();
  const to = appender(log, () => near.promise);
  const answers: (Error | undefined)[] = [];
  const first = append(to, 1).then((answer) => answers.push(answer));
  await expect.poll(() => log.bounds().next).toBe(1);
  const second = append(to, 2).then((answer) => answers.push(answer));
  await new Promise((resolve) => setImmediate(resolve));
  expect({ answers, next: log.bounds().next }).toEqual({ answers: [], next: 1 });
  near.resolve();
  await Promise.all([first, second]);
  expect({ answers, next: log.bounds().next }).toEqual({ answers: [undefined, undefined], next: 2 });
});

it('acknowledges after a while also when the processing does not come near', async () => {
  const to = appender(log, () => new Promise(() => {}));
  expect(await append(to, 1)).toBeUndefined();
});

it('withholds the acknowledgement at a full log, and gives it when there is room again', async () => {
  const to = appender();
  for (let i = 0; i < 14; i++) expect(await append(to, 4 * kibibyte)).toBeUndefined();
  const answers: (Error | undefined)[] = [];
  const waiting = Promise.all(
    [1, 2].map(async () => {
      answers.push(await append(to, 8 * kibibyte));
    }),
  );
  await expect.poll(() => to.refusal()).toContain('disk bound');
  expect(answers).toEqual([]);
  await log.trim(log.bounds().next);
  await waiting;
  expect(answers).toEqual([undefined, undefined]);
  expect(to.refusal()).toBeUndefined();
  expect(broken).toEqual([]);
});

it('gives up after 30 s at a full log: the device sends it again later', async () => {
  const to = appender();
  for (let i = 0; i < 14; i++) await append(to, 4 * kibibyte);
  const waiting = append(to, 16 * kibibyte);
  await expect.poll(() => to.refusal()).toContain('disk bound');
  now += 30_000;
  expect(await waiting).toMatchObject({ code: 'log-full' });
});

it('takes messages again when the log took something by another way', async () => {
  const to = appender();
  for (let i = 0; i < 14; i++) await append(to, 4 * kibibyte);
  const waiting = append(to, 16 * kibibyte);
  await expect.poll(() => to.refusal()).toContain('disk bound');
  now += 30_000;
  await waiting;
  expect(to.refusal()).toContain('disk bound');
  await expect(to.appendOwn([new Uint8Array(16 * kibibyte)])).rejects.toMatchObject({ code: 'log-full' });
  expect(to.refusal()).toContain('disk bound');
  await to.appendOwn([new Uint8Array(10)]);
  expect(to.refusal()).toBeUndefined();
  expect(broken).toEqual([]);
});

it("says that it takes nothing when the service's own small records have no room, before any message comes", async () => {
  const to = appender();
  for (let i = 0; i < 14; i++) await append(to, 4 * kibibyte);
  await expect(to.appendOwn([new Uint8Array(16 * kibibyte)])).rejects.toMatchObject({ code: 'log-full' });
  expect(to.refusal()).toBeUndefined();
  const fill = async () => {
    for (;;) await to.appendOwn([new Uint8Array(200)]);
  };
  await expect(fill()).rejects.toMatchObject({ code: 'log-full' });
  expect(to.refusal()).toContain('disk bound');
  await log.trim(log.bounds().next);
  await to.appendOwn([new Uint8Array(10)]);
  expect(to.refusal()).toBeUndefined();
});

it("says that the service cannot go on also when the disk refuses a record of the service's own", async () => {
  const files = new FakeFiles();
  const failing = await openLog({ folder: '/fake', files });
  const to = appender(failing);
  files.failNext('write');
  await expect(to.appendOwn([new Uint8Array(10)])).rejects.toMatchObject({ code: 'log-write-failed' });
  expect(broken).toMatchObject([{ code: 'log-write-failed' }]);
  await failing.close();
});

it('acknowledges nothing that the disk refused, and says that the service cannot go on', async () => {
  const files = new FakeFiles();
  const failing = await openLog({ folder: '/fake', files });
  const to = appender(failing);
  expect(await append(to, 10)).toBeUndefined();
  files.failNext('sync');
  expect(await append(to, 10)).toMatchObject({ code: 'log-write-failed' });
  expect(broken).toMatchObject([{ code: 'log-write-failed' }]);
  await failing.close();
});
