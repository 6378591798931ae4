import { type HashPage, restoreAdmission, snapshotAdmission } from '../admission/index.ts';
import { comparePositions, type DaySnapshot, Engine, isBehind } from '../engine/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { LogEntry } from '../log/index.ts';
import {
  Corrector,
  contentHash,
  newestBefore,
  newProcessed,
  PipelineDevices,
  Processor,
  type StretchQuery,
} from '../pipeline/index.ts';
import { Catalogue, type PackReader } from '../product/index.ts';
import {
  type DeviceFacts,
  encodeRecord,
  type Fact,
  type LogRecord,
  type MaintenancePlan,
  type Report,
} from '../telemetry/index.ts';
import { CaseFold } from './case-fold.ts';

/**
 * The service on a virtual clock: admission, engine, corrections and cases, fed record by record as from its log, without
 * sockets, disks and waiting. What it takes in it keeps: it is for tests.
 */
export class VirtualService {
  /** Service time, epoch ms. Only its user moves it. */
  now: number;
  /** All that was ever told, in order. */
  readonly events: FindingEvent[] = [];
  readonly cases: CaseFold;
  readonly #catalogue: Catalogue;
  readonly #processed = newProcessed({ corrects: true, changes: true });
  readonly #log: LogEntry[] = [];
  /** The newest of each device's event-day. */
  readonly #days = new Map<string, DaySnapshot>();
  #devices = new PipelineDevices();
  #engine: Engine;
  #processor: Processor;

  constructor(readPack: PackReader, now: number, casesPerRuleHourMax?: number) {
    this.now = now;
    this.cases = new CaseFold(casesPerRuleHourMax);
    this.#catalogue = new Catalogue(readPack);
    this.#engine = new Engine(this.#catalogue);
    this.#processor = this.#newProcessor();
  }

  publish(pack: { readonly product: string; readonly file: string; readonly source: string }): Promise<void> {
    const version = (this.#catalogue.pack(pack.product)?.version ?? 0) + 1;
    return this.#fact({ type: 'pack-published', at: this.now, version, ...pack });
  }

  register(device: DeviceFacts): Promise<void> {
    return this.#fact({ type: 'device-registered', at: this.now, device });
  }

  planMaintenance(plan: MaintenancePlan): Promise<void> {
    return this.#fact({ type: 'maintenance-planned', at: this.now, plan });
  }

  endMaintenance(id: string, by: string): Promise<void> {
    return this.#fact({ type: 'maintenance-ended', at: this.now, id, by });
  }

  /** A message of a device arrives. */
  message(device: string, topic: string, payload: Uint8Array): Promise<void> {
    return this.#record({ kind: 'message', receivedAt: this.now, device, topic, payload });
  }

  /** What came late is judged in its place, and silence is noticed. */
  tick(): Promise<void> {
    return this.#record({ kind: 'tick', at: this.now });
  }

  /** As after a crash: what lives on is what a checkpoint holds. */
  restart(): void {
    const engine = new Engine(this.#catalogue);
    engine.restoreGlobals(JSON.parse(JSON.stringify(this.#engine.globals())));
    const devices = new PipelineDevices();
    for (const [id, { admission, ...counts }] of this.#devices.entries()) {
      const pages: HashPage[] = [admission.hashes.since(0)].filter((page) => page !== undefined);
      devices.restore(id, { ...counts, admission: restoreAdmission(snapshotAdmission(admission), pages) });
      const snapshot = this.#engine.snapshot(id);
      if (snapshot !== undefined) engine.restore(id, snapshot);
    }
    this.#engine = engine;
    this.#devices = devices;
    this.#processor = this.#newProcessor();
  }

  /** What admission counted of a device; undefined for one that it has not met. */
  counts(device: string) {
    return this.#devices.get(device)?.admission.counts;
  }

  /** How the rules stand for a device; undefined before its first report. */
  why(device: string) {
    return this.#engine.why(device);
  }

  #newProcessor(): Processor {
    return new Processor({
      catalogue: this.#catalogue,
      engine: this.#engine,
      devices: this.#devices,
      hash: contentHash,
      earlier: { stored: async () => [], logged: async (offset) => this.#log[offset] },
      corrector: new Corrector({
        engine: this.#engine,
        daySnapshot: (device, position) => newestBefore(this.#daysOf(device), () => undefined, device, position),
        readStretch: async (query) => this.#stretch(query),
        beforeChange: () => undefined,
      }),
    });
  }

  #fact(fact: Fact): Promise<void> {
    return this.#record({ kind: 'fact', fact });
  }

  async #record(record: LogRecord): Promise<void> {
    const entry = { offset: this.#log.length, payload: encodeRecord(record) };
    this.#log.push(entry);
    const processed = this.#processed;
    await this.#processor.process(entry, processed);
    for (const event of processed.findings.splice(0)) this.events.push(event);
    for (const change of processed.changes?.splice(0) ?? []) this.cases.apply(change);
    for (const snapshot of processed.snapshots?.splice(0) ?? []) {
      this.#days.set(`${snapshot.device}\n${snapshot.day}`, snapshot);
    }
    processed.bands.length = 0;
    processed.history.length = 0;
    processed.quarantine.length = 0;
  }

  #daysOf(device: string): DaySnapshot[] {
    return [...this.#days.values()].filter((item) => item.device === device).sort((a, b) => a.day - b.day);
  }

  #stretch({ device, behind, before }: StretchQuery): Report[] {
    const isAsked = (report: Report) => report.device === device && report.offset < before && isBehind(report, behind);
    const found = this.#processed.reports.list().filter(isAsked);
    return found.sort(comparePositions);
  }
}
