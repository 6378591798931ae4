import { type QuarantineEntry, snapshotAdmission } from '../../src/admission/index.ts';
import type { Case, CaseChange, CaseStore, Finding } from '../../src/cases/index.ts';
import { type BandPoint, comparePositions, Engine, isBehind } from '../../src/engine/index.ts';
import type { FindingEvent } from '../../src/findings/index.ts';
import {
  Corrector,
  contentHash,
  newestBefore,
  newProcessed,
  PipelineDevices,
  Processor,
} from '../../src/pipeline/index.ts';
import { Catalogue } from '../../src/product/index.ts';
import { decodeRecord, encodeRecord, type Report } from '../../src/telemetry/index.ts';
import { reportsOf } from './expected.ts';
import { memoryCases, noCases } from './memory/cases.ts';
import { readPack } from './pack.ts';
import { idOf } from './service.ts';

/** What a log comes to when it is gone through once, from its first record to its last, and nothing goes wrong. */
export interface Folded {
  readonly reports: readonly Report[];
  readonly findings: readonly FindingEvent[];
  readonly changes: readonly CaseChange[];
  readonly bands: readonly BandPoint[];
  readonly quarantine: readonly QuarantineEntry[];
  /** Offsets of the records that are kept for ever. */
  readonly history: readonly number[];
  /** By device. */
  readonly engine: ReadonlyMap<string, string | undefined>;
  readonly admission: ReadonlyMap<string, string>;
}

export async function fold(history: readonly Uint8Array[]): Promise<Folded> {
  const catalogue = new Catalogue(readPack);
  const engine = new Engine(catalogue);
  const devices = new PipelineDevices();
  const payload = (offset: number) => history[offset] ?? new Uint8Array(0);
  const out = newProcessed({ corrects: true, changes: true });
  const corrector = new Corrector({
    engine,
    daySnapshot: (device, position) => newestBefore(out.snapshots ?? [], () => undefined, device, position),
    readStretch: async ({ device, behind, before }) =>
      out.reports
        .list()
        .filter((report) => report.device === device && report.offset < before)
        .filter((report) => isBehind(report, behind))
        .sort(comparePositions),
    beforeChange: () => undefined,
  });
  const processor = new Processor({
    catalogue,
    engine,
    devices,
    corrector,
    hash: contentHash,
    earlier: { stored: async () => [], logged: async (offset) => ({ offset, payload: payload(offset) }) },
  });
  for (const offset of history.keys()) await processor.process({ offset, payload: payload(offset) }, out);
  const states = [...devices.entries()];
  return {
    reports: out.reports.list(),
    findings: out.findings,
    changes: out.changes ?? [],
    bands: out.bands,
    quarantine: out.quarantine,
    history: out.history.map(({ offset }) => offset),
    engine: new Map(states.map(([id]) => [id, engine.snapshot(id)])),
    admission: new Map(states.map(([id, { admission }]) => [id, snapshotAdmission(admission)])),
  };
}

/** The same log with every repeat of a report made unreadable: a sign of life still, and a `sentAt`, but no report. */
export function withoutRepeats(history: readonly Uint8Array[], repeats: ReadonlySet<string>): Uint8Array[] {
  return history.map((payload, offset) => {
    const record = decodeRecord(payload);
    const reports = record.kind === 'message' ? reportsOf(record.payload) : undefined;
    if (record.kind !== 'message' || !reports?.some((_, index) => repeats.has(`${offset}.${index}`))) return payload;
    const kept = reports.map((raw, index) =>
      repeats.has(`${offset}.${index}`) ? { sentAt: raw?.sentAt, boot: raw?.boot, seq: raw?.seq } : raw,
    );
    return encodeRecord({ ...record, payload: new TextEncoder().encode(JSON.stringify(kept)) });
  });
}

export interface CaseBook {
  readonly cases: readonly Case[];
  readonly timelines: readonly unknown[];
  readonly findings: readonly Finding[];
}

/** The cases that these changes come to. */
export async function casesOf(changes: readonly CaseChange[], devices: readonly string[]): Promise<CaseBook> {
  const store = memoryCases(noCases(), idOf);
  if (changes.length > 0) await store.apply(changes);
  return readCases(store, devices);
}

export async function readCases(store: CaseStore, devices: readonly string[]): Promise<CaseBook> {
  const { items: cases } = await store.list({ limit: 1_000 });
  const timelines = await Promise.all(cases.map(({ id }) => store.timeline(id, { limit: 1_000 })));
  const findings = await Promise.all(devices.map((device) => store.findings({ device, limit: 1_000 })));
  return { cases, timelines, findings: findings.flatMap(({ items }) => items) };
}
