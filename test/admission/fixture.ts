import { hash } from 'node:crypto';
import {
  type DeviceAdmission,
  decodeReports,
  type EarlierReport,
  hashBytes,
  MessageAdmission,
  type MessageContext,
  newDeviceAdmission,
  type QuarantineEntry,
  ReportReader,
  rawContent,
  signalIndex,
  Templates,
  type Verdict,
} from '../../src/admission/index.ts';
import type { SignalSpec } from '../../src/product/index.ts';
import type { Report } from '../../src/telemetry/index.ts';

export const arrival = Date.UTC(2026, 2, 1, 12);

const gauge = (name: string): SignalSpec => ({
  name,
  title: name,
  kind: 'gauge',
  unit: undefined,
  type: 'number',
  values: undefined,
  range: undefined,
  maxAgeMs: 1_800_000,
  watch: [],
});

const pack = {
  product: 'cold-fridge',
  title: 'Cold Fridge',
  reports: { everyMs: 60_000, silentAfterMs: 1_800_000 },
  signals: [
    gauge('cabinet_temp'),
    gauge('compressor_current'),
    { ...gauge('door_open'), kind: 'state', type: 'boolean' } as const,
    { ...gauge('mode'), kind: 'state', type: 'string', values: ['eco', 'boost'] } as const,
  ],
  parent: undefined,
  derived: [],
  failureModes: [],
  playbooks: [],
  faultCodes: [],
  rules: [],
  tests: [],
};

/** A device as admission sees it: what was accepted so far stands in for the store. */
export class AdmittedDevice {
  readonly state: DeviceAdmission = newDeviceAdmission();
  readonly accepted: Report[] = [];
  readonly judged: boolean[] = [];
  readonly quarantine: QuarantineEntry[] = [];
  logTrimmed = false;
  readonly #payloads: Uint8Array[] = [];
  readonly #reader = new ReportReader(new Templates());

  /** Sends a payload (a value is sent as JSON) and gives the verdicts' kinds. */
  send(payload: unknown, receivedAt = arrival): Verdict['kind'][] {
    const bytes = payload instanceof Uint8Array ? payload : new TextEncoder().encode(text(payload));
    const message = { kind: 'message', receivedAt, device: 'f1', topic: 'devices/f1/reports', payload: bytes } as const;
    const context: MessageContext = {
      message,
      offset: this.#payloads.push(bytes) - 1,
      product: pack.product,
      signals: signalIndex(pack),
      reader: this.#reader,
      hash: (content) => hash('sha256', content, 'binary').slice(0, hashBytes),
      quarantine: this.quarantine,
    };
    const kinds: Verdict['kind'][] = [];
    const admission = new MessageAdmission(this.state, context);
    for (let first = admission.next(); first !== undefined; first = admission.next()) {
      const verdict = first.kind === 'suspect' ? admission.settle(first, this.#stored(first)) : first;
      kinds.push(verdict.kind);
      if (verdict.kind !== 'accepted') continue;
      this.accepted.push(verdict.report);
      this.judged.push(verdict.judged);
    }
    return kinds;
  }

  get last(): Report | undefined {
    return this.accepted.at(-1);
  }

  /** What the store and the log would give; without the log when `logTrimmed`. */
  #stored({ boot, seq }: { boot: string; seq: number }): EarlierReport[] {
    const reports = this.accepted.filter((report) => report.boot === boot && report.seq === seq);
    return reports.map((report) => ({ report, content: this.logTrimmed ? undefined : this.#content(report) }));
  }

  #content({ offset, index }: Report): string | undefined {
    const decoded = decodeReports(this.#payloads[offset] ?? new Uint8Array());
    const raw = decoded.ok ? decoded.reports[index] : undefined;
    return raw && rawContent(raw);
  }
}

function text(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

export const good = { cabinet_temp: 4.1 };
