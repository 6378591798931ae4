import { Engine, type EngineOutput, type ParentsKnown } from '../engine/index.ts';
import type { HistoryRecord, Ticks } from '../pipeline/index.ts';
import { Catalogue, type PackReader } from '../product/index.ts';
import type { StoredBlock } from '../store/index.ts';
import { correctionHorizonMs, type Fact, type Report } from '../telemetry/index.ts';
import { Between, type BetweenTaker } from './between.ts';
import { concernsCases, type PlacedEvent, withoutEvidence } from './placed-events.ts';
import { type PlannedTime, Spells } from './spells.ts';

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
  readonly planned: readonly PlannedTime[];
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

/** How far a device has come in the log: its last report that was not late. */
interface Place {
  offset: number;
  receivedAt: number;
  firmware: string | undefined;
}

/** A report that came late: when it came, it was a sign of life. */
type Sign = Pick<Report, 'device' | 'offset' | 'receivedAt'>;

/**
 * Runs stored reports through the service's own engine, once for each pack, device after device. What admission decided
 * stands: the reports are those that it accepted. One that came late is judged in its place in event time, as if it had
 * come in time; its device is heard when it came.
 */
export class Replay {
  #counts = noCounts();
  readonly #sides: readonly Side[];
  #input: ReplayInput = {
    device: '',
    facts: [],
    ticks: undefined,
    returns: [],
    planned: [],
    parents: undefined,
  };
  #between = new Between([], undefined);
  #place: Place | undefined;
  /** Of late reports, by offset: heard when the log has come there. */
  #signs: Sign[] = [];
  /** Log offset of what comes next beside reports. */
  #next = Number.POSITIVE_INFINITY;
  readonly #everySide: BetweenTaker = {
    record: (item) => {
      for (const side of this.#sides) side.record(item, this.#place?.firmware);
    },
    tick: (offset, at) => {
      for (const side of this.#sides) side.tick(offset, at, this.#place?.firmware);
    },
  };

  constructor(options: ReplayOptions) {
    this.#sides = options.packs.map((pack) => new Side(pack, options));
  }

  begin(input: ReplayInput): void {
    const { facts, returns, ticks, planned, parents } = input;
    for (const side of this.#sides) side.begin(planned, parents);
    this.#input = input;
    this.#place = undefined;
    this.#signs = [];
    this.#between = new Between(
      [...facts, ...returns].sort((a, b) => a.offset - b.offset),
      ticks,
    );
    this.#next = this.#between.next;
  }

  /** The device's next reports, in the order of event time. */
  feed({ reports, behindMs }: StoredBlock): void {
    const counts = this.#counts;
    for (let index = 0; index < reports.length; index += 1) {
      const report = reports[index];
      if (report === undefined) continue;
      const { at } = report;
      if (at < counts.firstAt) counts.firstAt = at;
      if (at > counts.lastAt) counts.lastAt = at;
      const behind = behindMs?.[index] ?? 0;
      if (behind > 0) this.#late(report, behind <= correctionHorizonMs);
      else this.#inTime(report);
    }
    counts.reports += reports.length;
  }

  /** What each pack would have told of the device, in the packs' order. */
  end(): readonly (readonly PlacedEvent[])[] {
    this.#catchUp(Number.MAX_SAFE_INTEGER);
    return this.#sides.map((side) => side.end(this.#input.device));
  }

  /** Of all that was fed since they were taken last. */
  takeCounts(): Readonly<ReplayCounts> {
    const counts = this.#counts;
    this.#counts = noCounts();
    return counts;
  }

  #inTime(report: Report): void {
    const { offset, receivedAt, firmware } = report;
    if (this.#next <= offset) this.#catchUp(offset);
    const place = this.#placeOf(report);
    place.offset = offset;
    place.receivedAt = receivedAt;
    if (firmware !== undefined) place.firmware = firmware;
    for (const side of this.#sides) side.report(report, place);
  }

  #late(report: Report, isJudged: boolean): void {
    this.#counts.late += 1;
    if (this.#input.ticks !== undefined) this.#noteSign(report);
    if (!isJudged) {
      this.#counts.tooLate += 1;
      return;
    }
    const place = this.#placeOf(report);
    const inTime = { ...report, receivedAt: place.receivedAt };
    for (const side of this.#sides) side.report(inTime, place);
  }

  #placeOf({ receivedAt }: Report): Place {
    if (this.#place !== undefined) return this.#place;
    // A replay may begin with reports that came late: they stand where the device became known, and make it silent nowhere.
    const first = this.#input.facts[0];
    const registeredAt = first?.record.kind === 'fact' ? first.record.fact.at : receivedAt;
    const offset = first?.offset ?? 0;
    const place = { offset, receivedAt: this.#input.ticks ? receivedAt : registeredAt, firmware: undefined };
    this.#place = place;
    if (this.#next <= offset) this.#catchUp(offset);
    return place;
  }

  #noteSign({ device, offset, receivedAt }: Report): void {
    const place = this.#signs.findLastIndex((sign) => sign.offset <= offset);
    this.#signs.splice(place + 1, 0, { device, offset, receivedAt });
    this.#next = Math.min(this.#next, offset);
  }

  /** Nearly all ticks find a device that was just heard. */
  #passQuietTicks(offset: number): void {
    if (this.#input.ticks === undefined) return;
    let until = Number.POSITIVE_INFINITY;
    for (const side of this.#sides) until = Math.min(until, side.quietUntil());
    this.#between.passTicks(until, offset);
  }

  /** Everything else that the log had up to an offset. */
  #catchUp(offset: number): void {
    while (this.#next <= offset) {
      const sign = this.#signs[0];
      this.#passQuietTicks(Math.min(offset, sign?.offset ?? offset));
      if (sign !== undefined && sign.offset < this.#between.next) {
        this.#signs.shift();
        for (const side of this.#sides) side.sign(sign, this.#place?.firmware);
      } else this.#between.takeNext(Math.min(offset, sign?.offset ?? offset), this.#everySide);
      this.#next = Math.min(this.#between.next, this.#signs[0]?.offset ?? Number.POSITIVE_INFINITY);
    }
  }
}

function noCounts(): ReplayCounts {
  return { reports: 0, late: 0, tooLate: 0, firstAt: Number.POSITIVE_INFINITY, lastAt: Number.NEGATIVE_INFINITY };
}

/** One pack's engine and what it told. */
class Side {
  readonly #catalogue: Catalogue;
  readonly #engine: Engine;
  readonly #out: EngineOutput = { findings: [], bands: [], touched: new Set() };
  #told = new Spells([]);
  #parents: ParentsKnown | undefined;

  constructor(pack: PackText, { product, others, readPack }: ReplayOptions) {
    this.#catalogue = catalogueOf(pack, { product, others, readPack });
    this.#engine = new Engine(this.#catalogue, { of: (report) => this.#parents?.of(report) });
  }

  begin(planned: readonly PlannedTime[], parents: ParentsKnown | undefined): void {
    this.#told = new Spells(planned);
    this.#parents = parents;
    this.#engine.restoreGlobals({ lastHeardAt: 0, downMs: 0 });
  }

  report(report: Report, { offset, firmware }: Place): void {
    this.#engine.step({ kind: 'report', report: this.#engine.withParent(report), judged: true }, this.#out);
    if (this.#out.findings.length > 0) this.#passOn(offset, firmware);
  }

  sign(sign: Sign, firmware: string | undefined): void {
    this.#engine.step({ kind: 'contact', ...sign }, this.#out);
    if (this.#out.findings.length > 0) this.#passOn(sign.offset, firmware);
  }

  tick(offset: number, at: number, firmware: string | undefined): void {
    this.#engine.step({ kind: 'tick', offset, at }, this.#out);
    if (this.#out.findings.length > 0) this.#passOn(offset, firmware);
  }

  quietUntil(): number {
    return this.#engine.quietUntil();
  }

  record({ offset, record }: HistoryRecord, firmware: string | undefined): void {
    if (record.kind === 'resumed') this.#engine.step(record, this.#out);
    else this.#fact(offset, record.fact, firmware);
  }

  /** The device is through: what is remembered of it goes. */
  end(device: string): readonly PlacedEvent[] {
    this.#engine.forget(device);
    this.#out.bands.length = 0;
    this.#out.touched.clear();
    return this.#told.end();
  }

  #fact(offset: number, fact: Fact, firmware: string | undefined): void {
    if (fact.type === 'pack-published') return;
    this.#catalogue.apply(fact);
    this.#engine.step({ kind: 'fact', offset, fact }, this.#out);
    this.#passOn(offset, firmware);
  }

  #passOn(offset: number, firmware: string | undefined): void {
    for (const event of this.#out.findings.splice(0)) {
      if (!concernsCases(event)) continue;
      this.#told.take({ event: withoutEvidence(event), offset, firmware });
    }
    // Charts are not drawn from a replay.
    this.#out.bands.length = 0;
  }
}

/** One pack in force for a product, beside those of the others. */
export function catalogueOf(
  pack: PackText,
  { product, others, readPack }: Pick<ReplayOptions, 'product' | 'others' | 'readPack'>,
): Catalogue {
  const catalogue = new Catalogue(readPack);
  for (const text of [{ product, ...pack }, ...others]) {
    catalogue.apply({ type: 'pack-published', at: 0, version: 1, ...text });
  }
  return catalogue;
}
