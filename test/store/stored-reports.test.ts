import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEmbeddedStore, openStoredReports, type StoredReportsQuery } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';

/** Small enough that a handful of reports go through every stage: recent, small chunks, merged ones. */
const sizes = {
  fullReports: 8,
  tinyReports: 2,
  tinyChunksMax: 3,
  recent: { reportsMax: 20, writesMax: 6, bytesMax: 1e9 },
};

function report(offset: number, index: number, at: number, more: Partial<Report> = {}): Report {
  const signals = offset % 3 === 0 ? { temp: offset, mode: 'on' } : { temp: offset };
  const identity = { boot: 'b1', seq: offset, firmware: undefined, rawAt: undefined };
  const place = { device: 'd1', product: 'fridge', offset, index, at, receivedAt: at + 5 };
  return { ...place, ...identity, signals, faults: offset % 4 === 0 ? [{ code: 'E1', active: true }] : [], ...more };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'aftercare-stored-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const everything: StoredReportsQuery = { device: 'd1', from: undefined, to: undefined, before: 1_000_000 };

/** What the reader should give, from the reports in log order. */
function expected(log: readonly Report[], query: StoredReportsQuery) {
  let watermark = Number.NEGATIVE_INFINITY;
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query;
  return log
    .filter(({ device }) => device === query.device)
    .map((item) => {
      watermark = Math.max(watermark, item.at);
      return { item, behind: watermark - item.at };
    })
    .filter(({ item }) => item.at >= from && item.at < to && item.offset < query.before)
    .toSorted((a, b) => a.item.at - b.item.at || a.item.offset - b.item.offset || a.item.index - b.item.index);
}

describe('stored reports', () => {
  it('come in the order of event time, whole, with how late they were, while they are being packed', async () => {
    const message = fc.record({
      device: fc.constantFrom('d1', 'd1', 'd1', 'd2'),
      atMs: fc.array(fc.integer({ min: -40, max: 3 }), { minLength: 1, maxLength: 4 }),
      commit: fc.boolean(),
    });
    const range = fc.record({ from: fc.option(fc.nat(100)), to: fc.option(fc.nat(100)), before: fc.nat(80) });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 60 }), range, async (messages, cut) => {
        const path = mkdtempSync(join(tmpdir(), 'aftercare-stored-'));
        const store = await openEmbeddedStore({ folder: path, sizes });
        const log: Report[] = [];
        let waiting: Report[] = [];
        let early: ReturnType<typeof openStoredReports>;
        try {
          for (const [offset, { device, atMs, commit }] of messages.entries()) {
            waiting.push(...atMs.map((ms, index) => report(offset, index, Math.max(0, offset + ms), { device })));
            if (!commit && offset < messages.length - 1) continue;
            await store.write(waiting, offset + 1);
            log.push(...waiting);
            waiting = [];
            early ??= openStoredReports(path);
          }
          const { from, to, before } = cut;
          const narrow = { device: 'd1', from: from ?? undefined, to: to ?? undefined, before };
          const late = openStoredReports(path);
          for (const query of [everything, narrow]) {
            const blocks = [...(late?.reports(query) ?? [])];
            const given = blocks.flatMap(({ reports, behindMs }) =>
              reports.map((item, index) => ({ item, behind: behindMs?.[index] ?? 0 })),
            );
            expect(given).toEqual(expected(log, query));
          }
          const first = [...(early?.reports(everything) ?? [])].flatMap(({ reports }) => reports);
          const places = first.map(({ offset, index }) => `${offset}.${index}`);
          expect(new Set(places).size).toBe(places.length);
          expect(late?.counts(['d1', 'd3']).get('d1')).toBe(expected(log, everything).length);
          expect(late?.counts(['d3']).get('d3')).toBe(0);
          late?.close();
        } finally {
          early?.close();
          await store.close();
          rmSync(path, { recursive: true });
        }
      }),
      { numRuns: 25 },
    );
  });

  it('are the same reports that the store gives', async () => {
    const path = folder();
    const store = await openEmbeddedStore({ folder: path, sizes });
    const log = Array.from({ length: 50 }, (_, offset) => report(offset, 0, offset * 1_000));
    for (const item of log) await store.write([item], item.offset + 1);
    const stored = openStoredReports(path);
    const given = [...(stored?.reports(everything) ?? [])].flatMap(({ reports }) => reports);
    expect(given).toEqual(log);
    stored?.close();
    await store.close();
  });

  it('are none where there is no store, and none of a device that is not there', async () => {
    const path = folder();
    expect(openStoredReports(path)).toBeUndefined();
    await (await openEmbeddedStore({ folder: path })).close();
    const stored = openStoredReports(path);
    expect([...(stored?.reports(everything) ?? [])]).toEqual([]);
    stored?.close();
  });
});
