import { defaultCasesPerRuleHourMax } from '../cases/index.ts';
import type { HistoryRecord } from '../pipeline/index.ts';
import { deviceFacts, type SignalValue } from '../telemetry/index.ts';
import { type Folded, type FoldInput, foldCases } from './fold.ts';
import { Replay, type ReplayCounts, type ReplayOptions } from './replay.ts';

export interface RecordingRow {
  readonly at: number;
  readonly signals: Readonly<Record<string, SignalValue>>;
}

/** A recording of one device through two packs, as if each row had come as a report when it was written. */
export class RecordingReplay {
  readonly #options: ReplayOptions;
  readonly #replay: Replay;
  readonly #device: string;
  readonly #facts: readonly HistoryRecord[];
  #offset = 1;

  constructor(device: string, options: ReplayOptions) {
    this.#replay = new Replay(options);
    this.#device = device;
    this.#options = options;
    const known = deviceFacts({ id: device, product: options.product });
    const fact = { type: 'device-registered', at: 0, device: known } as const;
    const record = { kind: 'fact', fact } as const;
    this.#facts = [{ offset: 0, record }];
    this.#replay.begin({
      device,
      facts: this.#facts,
      ticks: undefined,
      returns: [],
      planned: [],
      parents: undefined,
    });
  }

  feed(rows: readonly RecordingRow[]): void {
    const device = this.#device;
    const identity = { rawAt: undefined, boot: undefined, seq: undefined, firmware: undefined, faults: [] };
    const reports = rows.map(({ at, signals }) => {
      const place = { device, product: this.#options.product, offset: this.#offset++, index: 0, at, receivedAt: at };
      return { ...place, ...identity, signals };
    });
    this.#replay.feed({ reports, behindMs: undefined });
  }

  end(range: FoldInput['range']): { readonly counts: Readonly<ReplayCounts>; readonly folded: Folded } {
    const log = { records: this.#facts, ticks: undefined, told: this.#replay.end() };
    const folded = foldCases({ ...this.#options, ...log, range, casesPerRuleHourMax: defaultCasesPerRuleHourMax });
    return { counts: this.#replay.takeCounts(), folded };
  }
}
