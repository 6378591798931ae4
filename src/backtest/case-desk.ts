import { assert, dayMs } from '../base/index.ts';
import { type Case, decide, type Finding } from '../cases/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { Severity } from '../telemetry/index.ts';

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

/**
 * Nobody works the cases of a simulation, so one is over when none of its findings has held for this long; what is found
 * later is another case. Shorter, and a condition that comes and goes with the hour would be counted again and again;
 * longer, and a false case would swallow the fault that follows it.
 */
export const caseRestMs = dayMs;

/** Sources whose findings no report opens. */
const withoutReport = /^(?:silent|assist)$/;

/** The fold of findings into cases, in memory, by the same decisions as in the service. */
export class CaseDesk {
  readonly opened: DeskCase[] = [];
  /** Places of the newest cases in {@link opened}, by id. */
  readonly #places = new Map<string, number>();
  readonly #silences = new Map<string, Silence>();
  readonly #findings = new Map<string, Finding>();
  readonly #cases = new Map<string, Case>();
  /** Ids of the newest case of a device and failure mode. */
  readonly #newest = new Map<string, string>();
  #number = 0;

  /** By when they were noticed. */
  get silences(): Silence[] {
    return [...this.#silences.values()];
  }

  apply(event: FindingEvent): void {
    if (event.source === 'silent') {
      const { device, startsAt, openedAt, endsAt } = event;
      this.#silences.set(event.finding, { device, startsAt, openedAt, endsAt });
    }
    const key = `${event.device}\n${event.failureMode}`;
    const newest = this.#newestOf(key, event.receivedAt);
    const finding = this.#findings.get(event.finding);
    const subject = finding?.case == null ? undefined : this.#cases.get(finding.case);
    const standing = {
      subject,
      finding,
      open: newest?.state === 'resolved' ? undefined : newest,
      resolved: newest?.state === 'resolved' ? newest : undefined,
    };
    const done = this.#decide(standing, { kind: 'finding', event, now: event.receivedAt });
    const after = done.finding;
    assert(after !== undefined, 'an event leaves its finding behind');
    if (after.state === 'raised') this.#findings.set(after.id, after);
    else this.#findings.delete(after.id);
    if (done.case === undefined) return;
    if (!this.#cases.has(done.case.id)) this.#open(key, done.case, event);
    this.#cases.set(done.case.id, done.case);
    this.#note(done.case, event);
  }

  /** What has become of a case since it was opened. */
  #note({ id, severity, safety, findingsOpen, startsAt }: Case, event: FindingEvent): void {
    const place = this.#places.get(id);
    const opened = place === undefined ? undefined : this.opened[place];
    if (place === undefined || opened === undefined) return;
    const endsAt = findingsOpen > 0 ? undefined : Math.max(opened.endsAt ?? startsAt, event.endsAt ?? event.at);
    this.opened[place] = { ...opened, severity, safety, startsAt, endsAt };
  }

  #open(key: string, item: Case, event: FindingEvent): void {
    const before = this.#newest.get(key);
    if (before !== undefined) {
      this.#cases.delete(before);
      this.#places.delete(before);
    }
    this.#newest.set(key, item.id);
    const { device, product, failureMode, source, openedAt } = event;
    const delayMs = withoutReport.test(source) ? undefined : Math.max(0, event.receivedAt - openedAt);
    this.#places.set(item.id, this.opened.length);
    const { startsAt, severity, safety, title, explanation } = item;
    const told = { startsAt, severity, safety, title, explanation, endsAt: undefined };
    this.opened.push({ device, product, failureMode, source, openedAt, delayMs, ...told });
  }

  /** The newest case of a device and failure mode; one that is over by `now` is closed first. */
  #newestOf(key: string, now: number): Case | undefined {
    const id = this.#newest.get(key);
    const item = id === undefined ? undefined : this.#cases.get(id);
    if (item === undefined || item.state === 'resolved') return item;
    if (item.findingsOpen > 0 || now - item.updatedAt < caseRestMs) return item;
    const { id: name, version } = item;
    const standing = { subject: item, finding: undefined, open: item, resolved: undefined };
    const change = { kind: 'resolve', case: name, version, verdict: 'self_recovered', note: undefined } as const;
    const { case: over } = this.#decide(standing, { ...change, actor: 'simulation', now: item.updatedAt });
    assert(over !== undefined, 'an open case can be resolved');
    this.#cases.set(over.id, over);
    return over;
  }

  #decide(standing: Parameters<typeof decide>[0], change: Parameters<typeof decide>[1]) {
    const decision = decide(standing, change, { idOf: (text) => text, nextNumber: () => ++this.#number });
    assert(decision.kind === 'done', 'nobody else changes the cases of a simulation');
    return decision;
  }
}
