import { Engine, type EngineOutput, type ParentsKnown } from '../engine/index.ts';
import type { HistoryRecord, Ticks } from '../pipeline/index.ts';
import { Catalogue, type PackReader } from '../product/index.ts';
import type { StoredBlock } from '../store/index.ts';
import { correctionHorizonMs, type Fact, type Report } from '../telemetry/index.ts';
import { Between, type BetweenTaker, firstInTime } from './between.ts';
import { CaseDesk, type DeskCase } from './case-desk.ts';

/** A pack as it was written. */
export interface PackText {
  readonly file: string;
  readonly source: string;
}

/** What of the log one device has. */
export interface ReplayInput {
  readonly device: string;
  /** In log order. */
  readonly facts: readonly HistoryRecord[];
  /** Service time; undefined where no rule asks for silence, since ticks drive nothing else. */
  readonly ticks: Ticks | undefined;
  /** The service's returns, in log order; they matter to silence alone. */
  readonly returns: readonly HistoryRecord[];
  /** What its parents had told; undefined: nothing is known of them. */
  readonly parents: ParentsKnown | undefined;
}

export interface ReplayOptions {
  readonly product: string;
  /** Each is in force from the first report to the last; what was published meanwhile is passed over. */
  readonly packs: readonly PackText[];
  /** Packs of the other products, in force all along. */
  readonly others: readonly (PackText & { readonly product: string })[];
  readonly readPack: PackReader;
}

export interface ReplayCounts {
  reports: number;
  /** Behind their device's event time when they came: judged in their place, as live corrections do in the end. */
  late: number;
  /** Further behind than is corrected: stored, not judged. */
  tooLate: number;
  /** Event time of the oldest and the newest report; infinite without one. */
  firstAt: number;
  lastAt: number;
}

/**
 * Runs stored reports through the service's own engine and fold of cases, once for each pack, device after device. What
 * admission decided stands: the reports are those that it accepted.
 */
export class Replay {
  #counts = noCounts();
  readonly #sides: readonly Side[];
  #device = '';
  #isBegun = false;
  #between = new Between([], undefined);
  readonly #everySide: BetweenTaker = {
    record: (item) => {
      for (const side of this.#sides) side.record(item);
    },
    tick: (offset, at) => {
      for (const side of this.#sides) side.tick(offset, at);
    },
  };

  constructor(options: ReplayOptions) {
    this.#sides = options.packs.map((pack) => new Side(pack, options));
  }

  begin({ device, facts, returns, ticks, parents }: ReplayInput): void {
    for (const side of this.#sides) side.begin(parents);
    this.#device = device;
    this.#isBegun = false;
    this.#between = new Between(
      [...facts, ...returns].sort((a, b) => a.offset - b.offset),
      ticks,
    );
  }

  /** The device's next reports, in the order of event time. */
  feed(block: StoredBlock): void {
    const { reports, behindMs } = block;
    const counts = this.#counts;
    if (!this.#isBegun) this.#catchUp(firstInTime(block) ?? 0);
    this.#isBegun = true;
    for (let index = 0; index < reports.length; index += 1) {
      const report = reports[index];
      if (report === undefined) continue;
      const { offset, at } = report;
      const behind = behindMs?.[index] ?? 0;
      if (this.#between.next <= offset) this.#catchUp(offset, behind > 0);
      if (behind > 0) counts.late += 1;
      const judged = behind <= correctionHorizonMs;
      if (!judged) counts.tooLate += 1;
      if (at < counts.firstAt) counts.firstAt = at;
      if (at > counts.lastAt) counts.lastAt = at;
      for (const side of this.#sides) side.report(report, judged);
    }
    counts.reports += reports.length;
  }

  /** The cases that each pack would have opened for the device, in the packs' order. */
  end(): readonly (readonly DeskCase[])[] {
    this.#catchUp(Number.MAX_SAFE_INTEGER);
    return this.#sides.map((side) => side.end(this.#device));
  }

  /** Of all that was fed since they were taken last. */
  takeCounts(): Readonly<ReplayCounts> {
    const counts = this.#counts;
    this.#counts = noCounts();
    return counts;
  }

  /** Everything else that the log had up to an offset. */
  #catchUp(offset: number, isLate = false): void {
    this.#between.takeUpTo(offset, this.#everySide, isLate);
  }
}

function noCounts(): ReplayCounts {
  return { reports: 0, late: 0, tooLate: 0, firstAt: Number.POSITIVE_INFINITY, lastAt: Number.NEGATIVE_INFINITY };
}

/** One pack's engine and cases. */
class Side {
  readonly #catalogue: Catalogue;
  readonly #engine: Engine;
  readonly #out: EngineOutput = { findings: [], bands: [], touched: new Set() };
  #desk = new CaseDesk();
  #parents: ParentsKnown | undefined;

  constructor(pack: PackText, { product, others, readPack }: ReplayOptions) {
    this.#catalogue = new Catalogue(readPack);
    for (const text of [{ product, ...pack }, ...others]) {
      this.#catalogue.apply({ type: 'pack-published', at: 0, version: 1, ...text });
    }
    this.#engine = new Engine(this.#catalogue, { of: (report) => this.#parents?.of(report) });
  }

  begin(parents: ParentsKnown | undefined): void {
    this.#parents = parents;
    this.#desk = new CaseDesk();
    this.#engine.restoreGlobals({ lastHeardAt: 0, downMs: 0 });
  }

  report(report: Report, judged: boolean): void {
    this.#engine.step({ kind: 'report', report: this.#engine.withParent(report), judged }, this.#out);
    if (this.#out.findings.length > 0) this.#passOn();
  }

  tick(offset: number, at: number): void {
    this.#engine.step({ kind: 'tick', offset, at }, this.#out);
    if (this.#out.findings.length > 0) this.#passOn();
  }

  record({ offset, record }: HistoryRecord): void {
    if (record.kind === 'resumed') this.#engine.step(record, this.#out);
    else this.#fact(offset, record.fact);
  }

  /** The device is through: what is remembered of it goes. */
  end(device: string): readonly DeskCase[] {
    this.#engine.forget(device);
    this.#out.bands.length = 0;
    this.#out.touched.clear();
    return this.#desk.opened;
  }

  #fact(offset: number, fact: Fact): void {
    if (fact.type === 'pack-published') return;
    this.#catalogue.apply(fact);
    this.#engine.step({ kind: 'fact', offset, fact }, this.#out);
    this.#passOn();
  }

  #passOn(): void {
    for (const event of this.#out.findings.splice(0)) this.#desk.apply(event);
    // Charts are not drawn from a replay.
    this.#out.bands.length = 0;
  }
}
