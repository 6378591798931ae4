import { type HistoryRecord, maintenanceAt, openHistory, surroundingsOf, type Ticks } from '../pipeline/index.ts';
import type { Catalogue, PackReader } from '../product/index.ts';
import { Between, type BetweenTaker } from './between.ts';
import { CaseDesk } from './case-desk.ts';
import { type CaseMatch, compareCases } from './compare.ts';
import type { KeptCounts } from './held-cases.ts';
import type { PlacedEvent } from './placed-events.ts';
import type { BacktestPlan } from './plan.ts';
import { catalogueOf, type ReplayOptions } from './replay.ts';

/** What the findings of all devices came to. */
export interface Folded {
  /** In the order of event time. */
  readonly matches: readonly CaseMatch[];
  /** Under the pack that is compared with, then under the candidate. */
  readonly kept: readonly [KeptCounts, KeptCounts];
}

export interface FoldInput extends ReplayOptions {
  readonly range: BacktestPlan['range'];
  readonly casesPerRuleHourMax: number;
  /** All of the log, in its order; ticks where a rule asks for silence or maintenance was planned. */
  readonly records: readonly HistoryRecord[];
  readonly ticks: Ticks | undefined;
  /** Under each pack, each device's in their order. */
  readonly told: readonly (readonly PlacedEvent[])[];
}

/**
 * What spans devices is decided here, by the service's own book of cases: the findings of all devices in the order of the
 * log, with what the log said of maintenance, gateways and time between them.
 */
export function foldCases(input: FoldInput): Folded {
  const { product, packs, range } = input;
  const [against, candidate] = packs.map((pack, side) => foldSide(input, catalogueOf(pack, input), side));
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = range;
  const opened = (desk: CaseDesk | undefined) => desk?.openedFor(product) ?? [];
  const nothing = { hidden: 0, behindGateways: 0, inStorms: 0 };
  return {
    matches: compareCases(opened(against), opened(candidate), { from, to }),
    kept: [against?.kept ?? nothing, candidate?.kept ?? nothing],
  };
}

/** The fold over what parts of a plan told. Reads the log's history again, as far as the plan goes. */
export function foldParts(
  folder: string,
  plan: Omit<BacktestPlan, 'parts'>,
  told: FoldInput['told'],
  readPack: PackReader,
): Folded {
  const history = openHistory(folder);
  try {
    const records = (history?.records() ?? []).filter(({ offset }) => offset < plan.next);
    const isPlanned = records.some(
      ({ record }) => record.kind === 'fact' && record.fact.type === 'maintenance-planned',
    );
    const ticks = plan.ticks ?? (isPlanned ? history?.ticks(plan.readFrom ?? 0, plan.range.to ?? lastTime) : undefined);
    return foldCases({ ...plan, records, ticks, told, readPack });
  } finally {
    history?.close();
  }
}

const lastTime = Number.MAX_SAFE_INTEGER;

function foldSide({ records, ticks, told, casesPerRuleHourMax }: FoldInput, catalogue: Catalogue, side: number) {
  const desk = new CaseDesk({ casesPerRuleHourMax });
  const between = new Between(records, ticks);
  const taker = new LogReader(catalogue, desk);
  const events = (told[side] ?? []).toSorted((a, b) => a.offset - b.offset);
  for (const item of events) {
    // What a tick lets end comes behind what it found; findings of facts only end, whatever the facts say.
    between.takeUpTo(item.offset - 1, taker);
    taker.event(item);
  }
  between.takeUpTo(lastTime, taker);
  return desk;
}

/** What the log says beside reports, as the pipeline reads it. */
class LogReader implements BetweenTaker {
  readonly #catalogue: Catalogue;
  readonly #desk: CaseDesk;
  /** As the findings told: maintenance asks for that of a silent device, of which there is a finding. */
  readonly #firmware = new Map<string, string>();
  #lastHeardAt = 0;
  #downMs = 0;

  constructor(catalogue: Catalogue, desk: CaseDesk) {
    this.#catalogue = catalogue;
    this.#desk = desk;
  }

  record({ record }: HistoryRecord): void {
    if (record.kind === 'resumed') {
      this.#downMs += Math.max(0, record.at - this.#lastHeardAt);
      this.#heard(record.at);
    } else if (record.fact.type !== 'pack-published') this.#catalogue.apply(record.fact);
  }

  tick(offset: number, at: number): void {
    this.#heard(at);
    if (!this.#desk.waitsForTime) return;
    const maintenance = maintenanceAt(this.#catalogue, at);
    this.#desk.apply({ kind: 'tick', offset, now: at, downMs: this.#downMs, maintenance });
  }

  event({ event, offset, firmware }: PlacedEvent): void {
    const now = event.receivedAt;
    this.#heard(now);
    if (firmware !== undefined) this.#firmware.set(event.device, firmware);
    const known = {
      offset,
      catalogue: this.#catalogue,
      firmware: (device: string) => this.#firmware.get(device),
      downMs: this.#downMs,
    };
    this.#desk.apply({ kind: 'finding', event, now, around: surroundingsOf(event, known) });
  }

  #heard(at: number): void {
    this.#lastHeardAt = Math.max(this.#lastHeardAt, at);
  }
}
