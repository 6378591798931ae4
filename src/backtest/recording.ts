import type { SignalValue } from '../telemetry/index.ts';
import { compareCases } from './compare.ts';
import type { PartOutcome } from './part.ts';
import { Replay, type ReplayOptions } from './replay.ts';

export interface RecordingRow {
  readonly at: number;
  readonly signals: Readonly<Record<string, SignalValue>>;
}

/** A recording of one device through two packs, as if each row had come as a report when it was written. */
export class RecordingReplay {
  readonly #replay: Replay;
  readonly #device: string;
  readonly #product: string;
  #offset = 1;

  constructor(device: string, options: ReplayOptions) {
    this.#replay = new Replay(options);
    this.#device = device;
    this.#product = options.product;
    const facts = { serial: undefined, site: undefined, customer: undefined, timezone: undefined, parent: undefined };
    const known = { id: device, product: options.product, ...facts, batch: undefined, installedAt: undefined };
    const fact = { type: 'device-registered', at: 0, device: known } as const;
    const registered = { offset: 0, record: { kind: 'fact', fact } as const };
    this.#replay.begin({ device, facts: [registered], ticks: undefined, returns: [], parents: undefined });
  }

  feed(rows: readonly RecordingRow[]): void {
    const device = this.#device;
    const identity = { rawAt: undefined, boot: undefined, seq: undefined, firmware: undefined, faults: [] };
    const reports = rows.map(({ at, signals }) => {
      const place = { device, product: this.#product, offset: this.#offset++, index: 0, at, receivedAt: at };
      return { ...place, ...identity, signals };
    });
    this.#replay.feed({ reports, behindMs: undefined });
  }

  end(range: { readonly from: number | undefined; readonly to: number | undefined }): PartOutcome {
    const [against = [], candidate = []] = this.#replay.end();
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = range;
    return { ...this.#replay.takeCounts(), matches: compareCases(against, candidate, { from, to }) };
  }
}
