import { assert, dayMs } from '../base/index.ts';
import { Book, type Case, type CaseChange } from '../cases/index.ts';
import type { Severity } from '../telemetry/index.ts';
import { HeldCases, type KeptCounts } from './held-cases.ts';

/** A case as it was opened. Times are epoch ms. */
export interface OpenedCase {
  readonly device: string;
  readonly product: string;
  readonly failureMode: string;
  /** The rule, detector or code whose finding opened it. */
  readonly source: string;
  /** Event time of the report that satisfied `for` or the gate. */
  readonly openedAt: number;
  /** From when that report was measured to when the case was there; undefined where no report opened it. */
  readonly delayMs: number | undefined;
}

/** A case with all that a comparison asks of it. */
export interface DeskCase extends OpenedCase {
  /** Event time at which the condition began. */
  readonly startsAt: number;
  /** As the case ended: a finding that joins may raise it. */
  readonly severity: Severity;
  readonly safety: boolean;
  readonly title: string;
  readonly explanation: string;
  /** Event time at which the last of its findings was over; undefined while one holds. */
  readonly endsAt: number | undefined;
  /** The source whose storm it gathers; null for any other case. */
  readonly storm: string | null;
}

/** A stretch in which nothing was heard of a device. */
export interface Silence {
  readonly device: string;
  /** When it was last heard. */
  readonly startsAt: number;
  /** When its silence was noticed. */
  readonly openedAt: number;
  /** When it was heard again; undefined when it was not. */
  readonly endsAt: number | undefined;
}

/** What the engine and time may change. */
export type DeskChange = Extract<CaseChange, { kind: 'finding' | 'tick' }>;

export interface CaseDeskOptions {
  /** Undefined: no storm is gathered. */
  readonly casesPerRuleHourMax?: number | undefined;
}

/**
 * Nobody works the cases of a simulation, so one is over when none of its findings has held for this long; what is found
 * later is another case. Shorter, and a condition that comes and goes with the hour would be counted again and again;
 * longer, and a false case would swallow the fault that follows it.
 */
export const caseRestMs = dayMs;

/** Sources whose findings no report opens. */
const withoutReport = /^(?:silent|assist)$/;

/** Cases in memory, by the service's own book of them. Changes come in the order of service time. */
export class CaseDesk {
  readonly #held = new HeldCases({ forgets: true });
  readonly #book: Book;
  readonly #silences = new Map<string, Silence>();
  /** By id, in the order in which they were opened. */
  readonly #opened = new Map<string, DeskCase>();
  /** Open cases in which nothing holds: since when, the longest first. */
  readonly #resting = new Map<string, number>();

  constructor({ casesPerRuleHourMax = Number.POSITIVE_INFINITY }: CaseDeskOptions = {}) {
    this.#book = new Book({ records: this.#held, idOf: (text) => text, casesPerRuleHourMax });
  }

  /** In the order in which they were opened. A case that went into that of a gateway is part of that one. */
  get opened(): readonly DeskCase[] {
    return [...this.#opened.values()];
  }

  /** Those of a product, and those of a gateway that a device of the product went into. */
  openedFor(product: string): readonly DeskCase[] {
    const own = [...this.#opened].filter(([id, item]) => item.product === product || this.#held.reaches(id, product));
    return own.map(([, item]) => item);
  }

  /** By when they were noticed. */
  get silences(): Silence[] {
    return [...this.#silences.values()];
  }

  get kept(): Readonly<KeptCounts> {
    return this.#held.kept;
  }

  /** Whether time alone may change anything: else ticks need not be told. */
  get waitsForTime(): boolean {
    return this.#held.hasStandby;
  }

  apply(change: DeskChange): void {
    this.#closeRested(change.now);
    if (change.kind === 'finding' && change.event.source === 'silent') {
      const { finding, device, startsAt, openedAt, endsAt } = change.event;
      this.#silences.set(finding, { device, startsAt, openedAt, endsAt });
    }
    for (const item of this.#book.apply([change])) this.#note(item, change);
  }

  /** What has become of a case. */
  #note(item: Case, change: DeskChange): void {
    const { id, findingsOpen, updatedAt } = item;
    this.#resting.delete(id);
    if (item.resolvedBy === 'engine' && item.verdict === 'duplicate') {
      this.#opened.delete(id);
      return;
    }
    if (item.state !== 'resolved' && findingsOpen === 0) this.#resting.set(id, updatedAt);
    const known = this.#opened.get(id) ?? this.#openedCase(item, change);
    const { startsAt, openedAt, severity, safety } = item;
    const over = change.kind === 'tick' ? change.now : (change.event.endsAt ?? change.event.at);
    const endsAt = findingsOpen > 0 ? undefined : Math.max(known.endsAt ?? startsAt, over);
    this.#opened.set(id, { ...known, severity, safety, startsAt, openedAt, endsAt });
  }

  #openedCase(item: Case, { now }: DeskChange): DeskCase {
    const source = this.#held.openedBy(item.id);
    assert(source !== undefined, 'what opened a case is on its timeline');
    const { device, product, failureMode, startsAt, openedAt, severity, safety, title, explanation, storm } = item;
    const delayMs = withoutReport.test(source) ? undefined : Math.max(0, now - openedAt);
    const told = { startsAt, severity, safety, title, explanation, endsAt: undefined, storm };
    return { device, product, failureMode, source, openedAt, delayMs, ...told };
  }

  #closeRested(now: number): void {
    for (const [id, since] of this.#resting) {
      if (now - since < caseRestMs) return;
      const item = this.#held.case(id);
      assert(item !== undefined, 'a case that rests is there');
      const named = { case: id, version: item.version, actor: 'simulation', now: since } as const;
      this.#book.apply([{ kind: 'resolve', ...named, verdict: 'self_recovered', note: undefined }]);
      this.#resting.delete(id);
    }
  }
}
