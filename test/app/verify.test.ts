import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyFolder } from '../../src/app/verify.ts';
import { verificationText } from '../../src/app/verify-text.ts';
import { openEmbeddedStore } from '../../src/store/index.ts';
import { minute, pack, start } from '../engine/fixture.ts';
import { Plant } from '../pipeline/fixture.ts';

/** Stamps beyond arrival are not believed: everything arrives long after. */
const later = start + 100 * 24 * 60 * minute;
const perDevice = 1_300;

let plant: Plant;
const images: string[] = [];

beforeAll(async () => {
  plant = await Plant.build(later, { segmentBytesMax: 64 * 1024 });
  for (const id of ['d1', 'd2', 'd3']) await plant.directory.register({ id, product: 'fridge' });
  await sendAll();
  await plant.settled();
}, 60_000);
afterAll(() => plant.close());
afterEach(() => {
  for (const image of images.splice(0)) rmSync(image, { recursive: true });
});

const report = (seq: number, more: object = {}) => ({
  ...{ at: start + seq * minute, boot: 'b1', seq, signals: { temp: 4 + (seq % 7) / 10 } },
  ...more,
});

/** All that admission counts: repetitions, gaps, late ones, conflicts, batches, without numbers, unreadable. */
async function sendAll(): Promise<void> {
  const sent: Promise<void>[] = [];
  for (let seq = 0; seq < perDevice; seq++) {
    if (seq !== 50) sent.push(plant.send('d1', report(seq)));
    if (seq % 10 === 0) sent.push(plant.send('d2', [report(seq), report(seq + 1), report(seq + 3), report(seq + 3)]));
    if (seq % 100 === 7)
      sent.push(plant.send('d1', report(seq)), plant.send('d1', report(seq, { signals: { temp: 1 } })));
    if (seq % 100 === 8)
      sent.push(plant.send('d3', '{'), plant.send('d3', report(seq, { signals: { tmp: 1, temp: 4 } })));
    if (seq % 50 === 9) sent.push(plant.send('d3', { at: start + seq * minute, signals: { temp: 4 } }));
    if (seq % 100 === 9) sent.push(plant.send('d3', { at: start + seq * minute, signals: { temp: 4 } }));
    if (seq % 300 === 11)
      sent.push(plant.send('d3', { signals: { temp: 5 } }), plant.send('d3', report(seq - 9, { boot: 'b2' })));
  }
  await Promise.all(sent);
}

/** The folder as a kill would leave it. */
function killed(): string {
  const image = plant.crashImage();
  images.push(image);
  return image;
}

const verify = (folder: string) => verifyFolder({ folder, readPack: (_, source) => pack(source) });

/** Every file but SQLite's scratch memory, with its content. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('-shm'));
  const plain = files.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(plain.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));
}

function change(folder: string, file: string, sql: string): void {
  const db = new DatabaseSync(join(folder, file));
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  db.close();
}

function look(folder: string, sql: string): Record<string, unknown> {
  const db = new DatabaseSync(join(folder, 'telemetry.sqlite'), { readOnly: true });
  const row = db.prepare(sql).get();
  db.close();
  return row ?? {};
}

const deviceOne = "SELECT id FROM device WHERE name = 'd1'";

const segments = (folder: string): string[] => readdirSync(join(folder, 'log')).toSorted();

/** Turns a bit in the middle of a segment; returns its name. */
function flip(folder: string, name: string): void {
  const path = join(folder, 'log', name);
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('a sound folder', () => {
  it('meets, as a kill left it, and is not changed by being looked at', async () => {
    const folder = killed();
    const before = contents(folder);
    const result = await verify(folder);
    expect(result).toMatchObject({ ok: true, complete: true, problems: [], differences: [], devices: 3 });
    const { acknowledged, duplicates, conflicts } = plant.pipeline.view.fleetLedger();
    expect([result.recounted, result.store?.reports]).toEqual([acknowledged, acknowledged]);
    expect(duplicates).toBeGreaterThan(100);
    expect(conflicts).toBeGreaterThan(10);
    expect(segments(folder).length).toBeGreaterThan(3);
    expect(verificationText(result)).toMatch(/\nEverything meets\.\n$/);
    expect(contents(folder)).toEqual(before);
  });

  it('meets in the middle of the work, when checkpoint, store and log stand at different places', async () => {
    const busy = await Plant.build(later);
    await busy.directory.register({ id: 'd1', product: 'fridge' });
    let waiting = 0;
    for (let round = 0; round < 6; round++) {
      const sent = Array.from({ length: 400 }, (_, seq) => busy.send('d1', report(round * 300 + seq)));
      await Promise.all(sent);
      const image = busy.crashImage();
      images.push(image);
      const result = await verify(image);
      expect(result).toMatchObject({ ok: true, problems: [], differences: [] });
      waiting += result.waiting;
    }
    expect(waiting).toBeGreaterThan(0);
    await busy.close();
  });

  it('meets with a torn tail, which is told', async () => {
    const folder = killed();
    const newest = segments(folder).at(-1) ?? '';
    appendFileSync(join(folder, 'log', newest), 'GRP\nhalf a group');
    const result = await verify(folder);
    expect(result).toMatchObject({ ok: true, log: { torn: { file: newest, bytes: 16 } } });
    expect(verificationText(result)).toMatch(/torn tail .*16 bytes, never acknowledged/);
  });

  it('meets although the log was trimmed: what went is in base and history', async () => {
    const folder = killed();
    for (const name of segments(folder).slice(0, 2)) rmSync(join(folder, 'log', name));
    const result = await verify(folder);
    expect(result).toMatchObject({ ok: true, complete: false, differences: [] });
    expect(result.log.first).toBeGreaterThan(0);
  });
});

it('does not miss what the store let go by age before it counted that', async () => {
  const folder = killed();
  const oldest = `id = (SELECT min(id) FROM chunk WHERE device = (${deviceOne}))`;
  const db = new DatabaseSync(join(folder, 'telemetry.sqlite'));
  const age = `raw_from = (SELECT last_at + 1 FROM chunk WHERE ${oldest})`;
  db.exec(`UPDATE device SET let_go = -1, ${age} WHERE name = 'd1'`);
  db.exec(`DELETE FROM chunk WHERE ${oldest}`);
  db.close();
  const result = await verify(folder);
  expect(result).toMatchObject({ ok: true, agedDevices: 1, differences: [] });
  expect(verificationText(result)).toContain('1 device had reports deleted or let go by age uncounted');
});

describe('what went on purpose', () => {
  it('is counted when the store lets it go by age, and nothing else may be missing', async () => {
    const folder = killed();
    // Where a chunk ends depends on how the reports were handed over.
    const { before } = look(folder, `SELECT min(last_at) + 1 AS before FROM chunk WHERE device = (${deviceOne})`);
    const store = await openEmbeddedStore({ folder });
    while (await store.keepUp({ before: Number(before), offset: Number.MAX_SAFE_INTEGER }));
    await store.close();
    const result = await verify(folder);
    expect(result).toMatchObject({ ok: true, agedDevices: 0, differences: [] });
    expect(result.letGo).toBeGreaterThan(500);
    expect(verificationText(result)).toContain(
      `${result.letGo.toLocaleString('en')} reports were deleted, or let go by age.`,
    );
    change(folder, 'telemetry.sqlite', 'DELETE FROM recent');
    expect((await verify(folder)).ok).toBe(false);
  });

  it('is counted when readings were deleted, also with what repeats them afterwards, and after restarts', async () => {
    const own = await Plant.build(later);
    try {
      for (const id of ['d1', 'd2']) await own.directory.register({ id, product: 'fridge' });
      for (const device of ['d1', 'd2']) for (let seq = 0; seq < 40; seq++) await own.send(device, report(seq));
      await own.settled();
      await own.send('d1', report(40));
      await own.directory.deleteReadings('d1');
      for (let seq = 38; seq < 45; seq++) await own.send('d1', report(seq));
      const early = own.crashImage();
      images.push(early);
      await own.settled();
      expect(await own.store.reports(ofDevice('d1'))).toHaveLength(7);
      expect(await own.store.reports(ofDevice('d2'))).toHaveLength(40);
      expect(own.pipeline.view.ledger('d1')).toMatchObject({ acknowledged: 48, stored: 48, conflicts: 3 });
      expect(own.pipeline.view.ledger('d2')).toMatchObject({ acknowledged: 40, stored: 40 });
      const image = own.crashImage();
      images.push(image);
      expect(await verify(image)).toMatchObject({ ok: true, letGo: 41, agedDevices: 0, differences: [] });
      const waiting = await verify(early);
      expect(waiting).toMatchObject({ ok: true, differences: [] });

      const again = await Plant.build(later, { from: early });
      try {
        await again.settled();
        expect(await again.store.reports(ofDevice('d1'))).toEqual(await own.store.reports(ofDevice('d1')));
        expect(again.pipeline.view.ledger('d1')).toEqual(own.pipeline.view.ledger('d1'));
      } finally {
        await again.close();
      }
      change(image, 'telemetry.sqlite', `UPDATE device SET let_go = let_go - 1 WHERE name = 'd1'`);
      expect((await verify(image)).differences).toMatchObject([{ device: 'd1', counts: [{ name: 'stored' }] }]);
    } finally {
      await own.close();
    }
  });
});

const ofDevice = (device: string) =>
  ({ by: 'time', device, from: undefined, to: undefined, limit: 100, descending: false }) as const;

describe('damage is found and named', () => {
  it('when a block of the store is gone', async () => {
    const folder = killed();
    change(
      folder,
      'telemetry.sqlite',
      `DELETE FROM chunk WHERE id = (SELECT min(id) FROM chunk WHERE device = (${deviceOne}))`,
    );
    const result = await verify(folder);
    expect(result).toMatchObject({ ok: false, problems: [] });
    expect(result.differences).toHaveLength(1);
    const [{ device, missing, missingNumbers, counts } = { missing: 0 }] = result.differences;
    expect(device).toBe('d1');
    expect(missing).toBeGreaterThan(500);
    expect(missingNumbers?.slice(0, 2)).toEqual([
      { boot: 'b1', from: 0, to: 49 },
      { boot: 'b1', from: 51, to: expect.any(Number) },
    ]);
    const { acknowledged } = plant.pipeline.view.ledger('d1');
    expect(counts).toEqual([{ name: 'stored', ledger: acknowledged, found: acknowledged - missing }]);
    expect(verificationText(result)).toMatch(/\nd1: [\d,]+ reports missing in the store: boot b1: 0–49, 51–\d+/);
  });

  it('when a block is gone of which the log is gone too: by the numbers that the ledger has seen', async () => {
    const folder = killed();
    for (const name of segments(folder).slice(0, 2)) rmSync(join(folder, 'log', name));
    change(
      folder,
      'telemetry.sqlite',
      `DELETE FROM chunk WHERE id = (SELECT min(id) FROM chunk WHERE device = (${deviceOne}))`,
    );
    const { log, differences } = await verify(folder);
    expect(log.first).toBeGreaterThan(0);
    expect(differences).toMatchObject([{ device: 'd1', counts: [{ name: 'stored' }] }]);
    expect(differences[0]?.missingNumbers.slice(0, 2)).toEqual([
      { boot: 'b1', from: 0, to: 49 },
      { boot: 'b1', from: 51, to: expect.any(Number) },
    ]);
  });

  it('when recent rows are gone, reports without a number too', async () => {
    const folder = killed();
    change(folder, 'telemetry.sqlite', 'DELETE FROM recent');
    const { differences } = await verify(folder);
    const d3 = differences.find(({ device }) => device === 'd3');
    expect(d3?.missingRecords.length).toBeGreaterThan(0);
    expect(d3?.missingNumbers).toContainEqual({ boot: 'b2', from: 2, to: 2 });
  });

  it('when a block fails its checksum', async () => {
    const folder = killed();
    change(
      folder,
      'telemetry.sqlite',
      `UPDATE chunk SET body = CAST(substr(body, 1, length(body) - 1) || 'x' AS BLOB)
        WHERE id = (SELECT max(id) FROM chunk)`,
    );
    const result = await verify(folder);
    expect(result.store?.damage).toMatchObject([
      { table: 'chunk', device: expect.any(String), reports: expect.any(Number) },
    ]);
    expect(result.differences).toMatchObject([{ missing: result.store?.damage[0]?.reports }]);
    expect(verificationText(result)).toMatch(/telemetry\.sqlite, table chunk, row \d+ \(d\d, .*reports?\): /);
  });

  it('when a bit of a middle segment is turned', async () => {
    const folder = killed();
    const middle = segments(folder)[1] ?? '';
    flip(folder, middle);
    const result = await verify(folder);
    expect(result).toMatchObject({ ok: false, complete: false, problems: [], differences: [] });
    expect(result.log.damage).toMatchObject([{ file: middle, position: expect.any(Number) }]);
    const [{ from, to } = { from: 0, to: 0 }] = result.log.damage;
    expect(verificationText(result)).toContain(
      `log/${middle} at byte ${result.log.damage[0]?.position}: the group that`,
    );
    expect(to).toBeGreaterThan(from);
  });

  it('when a middle segment is gone, and when the end of the log is', async () => {
    const folder = killed();
    const [, second = '', third = ''] = segments(folder);
    rmSync(join(folder, 'log', second));
    expect((await verify(folder)).log.damage).toMatchObject([{ file: third, from: Number(second.slice(0, 16)) }]);
    const other = killed();
    rmSync(join(other, 'log', segments(other).at(-1) ?? ''));
    const { ok, problems } = await verify(other);
    expect([ok, problems]).toEqual([false, [expect.stringMatching(/^the log ends before record \d+, but there were/)]]);
  });

  it('when the ledger says something else than the log', async () => {
    const folder = killed();
    change(
      folder,
      'pipeline.sqlite',
      `UPDATE state SET admission = replace(admission, '"conflicts":', '"conflicts":9') WHERE id = 'd1'`,
    );
    const { differences } = await verify(folder);
    expect(differences).toMatchObject([{ device: 'd1', missing: 0, counts: [{ name: 'conflicts' }] }]);
  });

  it('when the history lacks what replays need', async () => {
    const folder = killed();
    change(folder, 'pipeline.sqlite', 'DELETE FROM history WHERE "offset" = (SELECT min("offset") FROM history)');
    expect((await verify(folder)).problems).toEqual(['the history lacks record 0 of the log']);
  });

  it('when the store holds what nobody sent', async () => {
    const folder = killed();
    const db = new DatabaseSync(join(folder, 'telemetry.sqlite'));
    const columns = db.prepare("SELECT name FROM pragma_table_info('chunk') WHERE name <> 'id'").all();
    const names = columns.map(({ name }) => name).join(', ');
    db.exec(`INSERT INTO chunk (${names}) SELECT ${names} FROM chunk WHERE id = (SELECT min(id) FROM chunk)`);
    db.close();
    const { ok, differences } = await verify(folder);
    expect(ok).toBe(false);
    expect(differences).toMatchObject([{ counts: [{ name: 'stored' }] }]);
  });
});
