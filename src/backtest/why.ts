import { AftercareError, dayMs, formatDuration, formatInstant } from '../base/index.ts';
import { Engine, type EngineOutput, type RuleStanding } from '../engine/index.ts';
import { type HistoryRecord, openHistory, type Ticks } from '../pipeline/index.ts';
import { Catalogue, type PackReader, type RuleStage } from '../product/index.ts';
import { openStoredReports, type StoredReports } from '../store/index.ts';
import { correctionHorizonMs, type Severity } from '../telemetry/index.ts';
import { Between, firstInTime } from './between.ts';
import { familiesOf } from './family.ts';
import { withoutDetectors } from './without-detectors.ts';

export interface WhyRequest {
  readonly device: string;
  /** Event time, epoch ms. */
  readonly at: number;
}

/** A rule at one minute: plain JSON, times in RFC 3339. */
export interface WhyRule {
  readonly id: string;
  readonly title: string;
  readonly stage: RuleStage;
  readonly severity: Severity;
  /** `open`: its finding holds. `waiting`: its condition holds, not for long enough yet. `unknown`: it cannot be said. */
  readonly state: 'open' | 'waiting' | 'quiet' | 'unknown';
  /** Why, or why not, in a sentence or two. */
  readonly sentence: string;
  /** The condition that moves it on: what opens it, or, when it is open, what clears it. */
  readonly asks: 'when' | 'clear';
  readonly condition: string;
  readonly holds: boolean | null;
  /** Since when the condition holds, how long it has, and must. */
  readonly since: string | null;
  readonly heldMs: number | null;
  readonly forMs: number;
  readonly startsAt: string | null;
  readonly openedAt: string | null;
  readonly inputs: readonly {
    readonly text: string;
    readonly holds: boolean | null;
    readonly value: number | boolean | string | null;
    readonly told: string;
  }[];
  /** The first input that keeps the condition from holding. */
  readonly firstFailing: string | null;
}

export interface WhyAnswer {
  readonly device: string;
  readonly product: string;
  readonly at: string;
  /** Version of the pack in force. */
  readonly version: number;
  /** The last report at or before `at`: what is told is how it left the rules. */
  readonly judgedAt: string;
  readonly replayedFrom: string;
  readonly reports: number;
  readonly rules: readonly WhyRule[];
  readonly notes: readonly string[];
}

/** A device's whole past is replayed up to so many reports; of a longer one the last {@link stretchMs}. */
const reportsMax = 1_000_000;
const stretchMs = 14 * dayMs;

/**
 * Replays a device's stored reports up to a minute, under the packs that were in force, and tells how each rule stands.
 * Errors: `device-not-found`, `request-invalid` when nothing was judged by then, `data-folder-unusable`.
 */
export function whyAt(folder: string, { device, at }: WhyRequest, readPack: PackReader): WhyAnswer {
  const history = openHistory(folder);
  const stored = openStoredReports(folder);
  try {
    if (history === undefined || stored === undefined) {
      throw new AftercareError('data-folder-unusable', `${folder} has no stored reports`);
    }
    const records = history.records();
    const product = productOf(records, device);
    const isLong = (stored.counts([device]).get(device) ?? 0) > reportsMax;
    const from = isLong ? at - stretchMs : undefined;
    const publications = records.filter(({ record }) => isPublication(record, product));
    const asksSilence = publications.some(({ record }) => /\bsilent\s*\(/.test(JSON.stringify(record)));
    const asksParent = publications.some(({ record }) => /\bparent\s*\./.test(JSON.stringify(record)));
    const others = asksParent
      ? records.filter(({ record }) => isPublication(record) && !isPublication(record, product))
      : [];
    const [family] = familiesOf({ records, product, devices: [device], withParents: false, withAbove: false });
    const returns = asksSilence ? records.filter(({ record }) => record.kind === 'resumed') : [];
    const replay = new WhyReplay(readPack, {
      records: [...publications, ...others, ...(family?.members[0]?.facts ?? []), ...returns].sort(
        (a, b) => a.offset - b.offset,
      ),
      ticks: asksSilence ? history.ticks(from ?? 0, at + 1) : undefined,
    });
    replay.run(stored, { device, from, to: at + 1, before: history.next });
    const { version, standing, firstAt, reports } = replay.standing(device, product);
    if (standing === undefined) {
      throw new AftercareError('request-invalid', `no report of ${device} was judged by ${formatInstant(at)}`, {
        hint: 'Ask for a time after its first report.',
      });
    }
    return {
      device,
      product,
      at: formatInstant(at),
      version,
      judgedAt: formatInstant(standing.judgedAt),
      replayedFrom: formatInstant(firstAt),
      reports,
      rules: standing.rules.map((rule) => toldRule(rule, standing.judgedAt)),
      notes: isLong
        ? [`Only the ${formatDuration(stretchMs)} before were replayed: what was open longer looks newer.`]
        : [],
    };
  } finally {
    history?.close();
    stored?.close();
  }
}

function productOf(records: readonly HistoryRecord[], device: string): string {
  for (const { record } of records) {
    if (record.kind !== 'fact' || record.fact.type !== 'device-registered') continue;
    if (record.fact.device.id === device) return record.fact.device.product;
  }
  throw new AftercareError('device-not-found', `There is no device ${JSON.stringify(device)}.`);
}

function isRegistration({ record }: HistoryRecord): boolean {
  return record.kind === 'fact' && record.fact.type === 'device-registered';
}

function isPublication(record: HistoryRecord['record'], product?: string): boolean {
  if (record.kind !== 'fact' || record.fact.type !== 'pack-published') return false;
  return product === undefined || record.fact.product === product;
}

class WhyReplay {
  readonly #catalogue: Catalogue;
  readonly #engine: Engine;
  readonly #between: Between;
  /** Log offset from which the device was known. */
  readonly #registered: number;
  readonly #out: EngineOutput = { findings: [], bands: [], touched: new Set() };
  #firstAt = 0;
  #reports = 0;

  constructor(readPack: PackReader, log: { records: readonly HistoryRecord[]; ticks: Ticks | undefined }) {
    this.#catalogue = new Catalogue((file, source) => {
      const pack = readPack(file, source);
      return pack && withoutDetectors(pack);
    });
    this.#engine = new Engine(this.#catalogue);
    this.#between = new Between(log.records, log.ticks);
    this.#registered = log.records.find(isRegistration)?.offset ?? 0;
  }

  run(stored: StoredReports, query: Parameters<StoredReports['reports']>[0] & { readonly to: number }): void {
    const step = (item: HistoryRecord) => this.#step(item);
    const tick = (offset: number, at: number) => this.#engine.step({ kind: 'tick', offset, at }, this.#out);
    for (const block of stored.reports(query)) {
      const { reports, behindMs } = block;
      if (this.#reports === 0) this.#between.takeUpTo(firstInTime(block) ?? this.#registered, { record: step, tick });
      for (const [index, report] of reports.entries()) {
        const behind = behindMs?.[index] ?? 0;
        this.#between.takeUpTo(report.offset, { record: step, tick }, behind > 0);
        const judged = behind <= correctionHorizonMs;
        this.#engine.step({ kind: 'report', report, judged }, this.#out);
        if (this.#reports === 0) this.#firstAt = report.at;
        this.#reports += 1;
      }
      this.#out.findings.length = 0;
    }
    // Of facts, those that came after the last report change nothing of it. Ticks go on to the minute that is asked for,
    // and so do the service's returns: while it was away, the device was not silent.
    const isReturn = ({ record }: HistoryRecord) => record.kind === 'resumed' && record.at < query.to;
    const record = (item: HistoryRecord) => isReturn(item) && step(item);
    this.#between.takeUpTo(Number.MAX_SAFE_INTEGER, { record, tick });
  }

  standing(device: string, product: string) {
    const version = this.#catalogue.pack(product)?.version ?? 0;
    return { version, standing: this.#engine.why(device), firstAt: this.#firstAt, reports: this.#reports };
  }

  #step({ offset, record }: HistoryRecord): void {
    if (record.kind === 'resumed') {
      this.#engine.step(record, this.#out);
      return;
    }
    this.#catalogue.apply(record.fact);
    this.#engine.step({ kind: 'fact', offset, fact: record.fact }, this.#out);
  }
}

/** A rule in words. */
export function toldRule(now: RuleStanding, judgedAt: number): WhyRule {
  const { rule, open, asks, condition, holds, since, forMs, parts, failing } = now;
  const { id, title, stage, severity } = rule;
  const state = standingState(now);
  const heldMs = since === undefined ? null : Math.max(0, judgedAt - since);
  return {
    id,
    title,
    stage,
    severity,
    state,
    sentence: standingSentence(now, heldMs ?? 0, clock),
    asks,
    condition,
    holds: holds ?? null,
    since: since === undefined ? null : formatInstant(since),
    heldMs,
    forMs,
    startsAt: open ? formatInstant(open.startsAt) : null,
    openedAt: open ? formatInstant(open.openedAt) : null,
    inputs: parts.map(({ text, holds: own, value, told }) => ({
      text,
      holds: own ?? null,
      value: value ?? null,
      told,
    })),
    firstFailing: failing?.told ?? null,
  };
}

/** "Not open: the 15-minute average of cabinet temperature is 6.2 °C." `when` writes a time. */
export function standingSentence(now: RuleStanding, heldMs: number, when: (at: number) => string): string {
  const { open, holds, forMs, failing, condition } = now;
  const held = `${formatDuration(floorToSecond(heldMs))} of the ${formatDuration(forMs)} that it must`;
  if (open) {
    const since = `Open since ${when(open.openedAt)}; its condition began to hold at ${when(open.startsAt)}.`;
    if (holds === true) return `${since} It is about to clear: ${condition}, for ${held}.`;
    return `${since} It does not clear: ${failing?.told ?? condition}.`;
  }
  if (holds === true) return `Not open yet: ${condition}, for ${held}.`;
  if (holds === undefined)
    return `Not open, and it cannot be said whether it should be: ${failing?.told ?? condition}.`;
  return `Not open: ${failing?.told ?? condition}.`;
}

/** `open`: its finding holds. `waiting`: its condition holds, not for long enough yet. `unknown`: it cannot be said. */
export function standingState({ open, holds }: RuleStanding): WhyRule['state'] {
  if (open) return 'open';
  return holds === undefined ? 'unknown' : holds ? 'waiting' : 'quiet';
}

function floorToSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}

function clock(at: number): string {
  return `${formatInstant(at).slice(0, 16).replace('T', ' ')} UTC`;
}
