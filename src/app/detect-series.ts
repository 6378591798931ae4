import { assert } from '../base/index.ts';
import { Engine, type EngineOutput, type Judged } from '../engine/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import { Catalogue, type ProductPack } from '../product/index.ts';
import { deviceFacts } from '../telemetry/index.ts';

/** What the engine made of one row. */
export interface JudgedRow {
  /**
   * One scale for every series: 1 or more, the score over its bar, where a finding opens; below 1 elsewhere. A
   * threshold of 1 is the findings.
   */
  readonly anomalyScore: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** Number of the finding that holds, counted from 1; of several the first. */
  readonly finding: number | undefined;
}

const device = 'recording';
/** What does not open a finding stays below it. */
const quietMax = 0.99;

/** A series of one signal through the engine as a live device's reports go through it. */
export class SeriesRun {
  readonly #pack: ProductPack;
  readonly #signal: string;
  readonly #engine: Engine;
  /** By their ids, in the order of their numbers; and the numbers of those that hold. */
  readonly #findings = new Map<string, FindingEvent>();
  readonly #open = new Map<string, number>();
  #offset = 0;
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(pack: ProductPack, signal: string) {
    const spec = pack.signals.find(({ name }) => name === signal);
    assert(spec !== undefined, 'the signal is one of the pack');
    this.#pack = { ...pack, signals: [spec], rules: [], tests: [] };
    this.#signal = signal;
    const { product } = pack;
    const catalogue = new Catalogue(() => this.#pack);
    catalogue.apply({ type: 'pack-published', at: 0, product, version: 1, file: '', source: '' });
    const fact = { type: 'device-registered', at: 0, device: deviceFacts({ id: device, product }) } as const;
    catalogue.apply(fact);
    this.#engine = new Engine(catalogue);
    this.#engine.step({ kind: 'fact', offset: 0, fact }, { findings: [], bands: [], touched: new Set() });
  }

  /** The findings so far as they stand, in the order of their numbers. */
  get findings(): readonly FindingEvent[] {
    return [...this.#findings.values()];
  }

  /** Judges a reading as it comes. Time does not go backwards: one behind the newest is placed at the newest. */
  judge(atMs: number, value: number): JudgedRow {
    const at = Math.max(atMs, this.#watermark);
    this.#watermark = at;
    const judged: Judged[] = [];
    const out: EngineOutput = { findings: [], bands: [], touched: new Set(), judged };
    const signals = { [this.#signal]: value };
    const identity = { rawAt: undefined, boot: undefined, seq: undefined, firmware: undefined, faults: [] };
    const place = { device, product: this.#pack.product, offset: this.#offset++, index: 0, at, receivedAt: at };
    this.#engine.step({ kind: 'report', report: { ...place, ...identity, signals }, judged: true }, out);
    for (const event of out.findings) this.#apply(event);
    const opens = out.findings.some(({ state }) => state === 'raised');
    const exceedance = Math.max(0, ...judged.map((item) => item.exceedance));
    const band = judged.find((item) => item.band !== undefined && !item.source.startsWith('range:'))?.band;
    return {
      anomalyScore: opens ? Math.max(1, exceedance) : Math.min(quietMax, exceedance),
      low: band?.low,
      high: band?.high,
      finding: this.#open.values().next().value,
    };
  }

  #apply(event: FindingEvent): void {
    this.#findings.set(event.finding, event);
    if (event.state === 'raised') this.#open.set(event.finding, this.#findings.size);
    if (event.state === 'cleared') this.#open.delete(event.finding);
  }
}
