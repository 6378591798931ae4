import { describe, expect, it } from 'vitest';
import { isAftercareError } from '../../src/base/index.ts';
import type { Log, LogEntry } from '../../src/log/index.ts';

/** One place where a log can be opened, closed, and opened again. */
export interface LogPlace {
  open(limits?: { readonly bytesMax: number }): Promise<Log>;
}

/** What every driver of the log seam keeps. `place` gives a new, empty place. */
export function logContract(driver: string, place: () => Promise<LogPlace>): void {
  describe(`log contract: ${driver}`, () => {
    appending(place);
    reading(place);
    waiting(place);
    bounding(place);
    reopening(place);
  });
}

type NewPlace = () => Promise<LogPlace>;

const all = { recordsMax: 1_000_000, bytesMax: 1_000_000_000 };

function appending(place: NewPlace): void {
  it('numbers records from 0 in the order of the calls and of the payloads', async () => {
    const log = await (await place()).open();
    const firsts = await Promise.all([
      log.append(texts('a', 'b')),
      log.append(texts('c')),
      log.append(texts('d', 'e')),
    ]);
    expect(firsts).toEqual([0, 2, 3]);
    expect(await readTexts(log, 0)).toEqual(['0 a', '1 b', '2 c', '3 d', '4 e']);
    expect(log.bounds()).toMatchObject({ first: 0, next: 5 });
    await log.close();
  });

  it('keeps empty, binary and large payloads as they are', async () => {
    const log = await (await place()).open();
    const payloads = [
      new Uint8Array(0),
      Uint8Array.from({ length: 256 }, (_, i) => i),
      new Uint8Array(1_000_000).fill(7),
    ];
    await log.append(payloads);
    const entries = await readAll(log, 0);
    expect(
      entries.map((entry) => Buffer.compare(entry.payload, payloads[entry.offset] ?? Buffer.from('none'))),
    ).toEqual([0, 0, 0]);
    await log.close();
  });

  it('has copied the payloads when the call returns', async () => {
    const log = await (await place()).open();
    const payload = Buffer.from('before');
    const appended = log.append([payload]);
    payload.fill('x');
    await appended;
    expect(await readTexts(log, 0)).toEqual(['0 before']);
    await log.close();
  });

  it('refuses an append of nothing', async () => {
    const log = await (await place()).open();
    await expect(log.append([])).rejects.toThrow('at least one record');
    expect(log.bounds().next).toBe(0);
    await log.close();
  });
}

function reading(place: NewPlace): void {
  it('gives nothing at and behind the end', async () => {
    const log = await (await place()).open();
    expect(await log.read(0, all)).toEqual([]);
    await log.append(texts('a'));
    expect(await log.read(1, all)).toEqual([]);
    expect(await log.read(99, all)).toEqual([]);
    await log.close();
  });

  it('keeps both limits of a read, but gives a first record that is larger alone', async () => {
    const log = await (await place()).open();
    await log.append(texts('aaaa', 'bbbb'));
    await log.append(texts('cccc', 'dddd'));
    expect(textsOf(await log.read(1, { recordsMax: 2, bytesMax: 1_000 })).length).toBeLessThanOrEqual(2);
    expect(textsOf(await log.read(0, { recordsMax: 9, bytesMax: 11 })).join()).toMatch(/^0 aaaa(,1 bbbb)?$/);
    expect(textsOf(await log.read(2, { recordsMax: 9, bytesMax: 1 }))).toEqual(['2 cccc']);
    await log.close();
  });

  it('leaves records that were read alone when more is appended', async () => {
    const log = await (await place()).open();
    await log.append(texts('a', 'b'));
    const before = await log.read(0, all);
    for (let round = 0; round < 50; round += 1) await log.append([Buffer.alloc(1_000, round)]);
    expect(textsOf(before)).toEqual(['0 a', '1 b']);
    await log.close();
  });
}

function waiting(place: NewPlace): void {
  it('tells when a record can be read', async () => {
    const log = await (await place()).open();
    const second = log.whenReadable(1);
    await log.append(texts('a'));
    expect(await log.whenReadable(0)).toBe(true);
    await log.append(texts('b'));
    expect(await second).toBe(true);
    expect(await log.read(1, all)).toHaveLength(1);
    await log.close();
  });

  it('stops waiting when the signal aborts, or has aborted', async () => {
    const log = await (await place()).open();
    const stop = new AbortController();
    const waited = log.whenReadable(0, stop.signal);
    stop.abort();
    expect(await waited).toBe(false);
    expect(await log.whenReadable(0, stop.signal)).toBe(false);
    await log.close();
  });

  it('stops waiting when it is closed', async () => {
    const log = await (await place()).open();
    const waited = log.whenReadable(0);
    await log.close();
    expect(await waited).toBe(false);
    expect(await log.whenReadable(0)).toBe(false);
  });
}

function bounding(place: NewPlace): void {
  it('refuses what passes the disk bound and writes none of it, until a trim frees room', async () => {
    const bytesMax = 20_000;
    const log = await (await place()).open({ bytesMax });
    let appended = 0;
    let error: unknown;
    for (; error === undefined && appended < 1_000; appended += 1) {
      error = await log.append([record(appended)]).then(
        () => undefined,
        (reason: unknown) => reason,
      );
    }
    appended -= 1;
    expect(isAftercareError(error, 'log-full')).toBe(true);
    expect(log.bounds().next).toBe(appended);
    expect(log.bounds().bytes).toBeLessThanOrEqual(bytesMax);
    expect(await log.trim(appended)).toBeGreaterThan(0);
    expect(await log.append([record(appended)])).toBe(appended);
    await expectRecords(log);
    await log.close();
  });

  it('forgets nothing from the asked offset on, and gives records from its first on', async () => {
    const log = await (await place()).open({ bytesMax: 200_000 });
    for (let offset = 0; offset < 700; offset += 1) await log.append([record(offset)]);
    expect(await log.trim(0)).toBe(0);
    const first = await log.trim(500);
    expect(first).toBeLessThanOrEqual(500);
    expect(first).toBeGreaterThan(0);
    expect(await log.trim(10)).toBe(first);
    expect(log.bounds()).toMatchObject({ first, next: 700 });
    expect((await log.read(0, all)).at(0)?.offset).toBe(first);
    expect(await log.whenReadable(0)).toBe(true);
    await expectRecords(log);
    await log.close();
  });
}

function reopening(place: NewPlace): void {
  it('goes on where it was when it is opened again', async () => {
    const here = await place();
    const log = await here.open();
    await log.append(texts('a', 'b'));
    const last = log.append(texts('c'));
    await log.close();
    expect(await last).toBe(2);
    const again = await here.open();
    expect(again.bounds()).toMatchObject({ first: 0, next: 3 });
    expect(await again.append(texts('d'))).toBe(3);
    expect(await readTexts(again, 1)).toEqual(['1 b', '2 c', '3 d']);
    await again.close();
  });

  it('keeps its first offset when it is opened again', async () => {
    const here = await place();
    const log = await here.open({ bytesMax: 200_000 });
    for (let offset = 0; offset < 500; offset += 1) await log.append([record(offset)]);
    const first = await log.trim(400);
    await log.close();
    const again = await here.open({ bytesMax: 200_000 });
    expect(again.bounds()).toMatchObject({ first, next: 500 });
    await expectRecords(again);
    await again.close();
  });

  it('refuses everything once it is closed, and closes twice', async () => {
    const log = await (await place()).open();
    await log.append(texts('a'));
    await Promise.all([log.close(), log.close()]);
    for (const call of [() => log.append(texts('b')), () => log.read(0, all), () => log.trim(1)]) {
      await expect(call()).rejects.toMatchObject({ code: 'log-closed' });
    }
  });
}

function texts(...values: string[]): Buffer[] {
  return values.map((value) => Buffer.from(value));
}

/** 200 bytes that tell their offset. */
function record(offset: number): Buffer {
  return Buffer.from(String(offset).padEnd(200));
}

function textsOf(entries: readonly LogEntry[]): string[] {
  return entries.map(({ offset, payload }) => `${offset} ${Buffer.from(payload).toString()}`);
}

/** All records from `from` on, however many reads that takes. */
export async function readAll(log: Log, from: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let next = from; ; ) {
    const page = await log.read(next, all);
    if (page.length === 0) return entries;
    entries.push(...page);
    next = (page.at(-1)?.offset ?? next) + 1;
  }
}

async function readTexts(log: Log, from: number): Promise<string[]> {
  return textsOf(await readAll(log, from));
}

/** Everything between the bounds is there, without holes, as {@link record} made it. */
async function expectRecords(log: Log): Promise<void> {
  const { first, next } = log.bounds();
  const entries = await readAll(log, first);
  expect(entries.map((entry) => entry.offset)).toEqual(Array.from({ length: next - first }, (_, i) => first + i));
  expect(entries.every((entry) => record(entry.offset).equals(entry.payload))).toBe(true);
}
