import { AftercareError } from '../base/index.ts';
import { type Case, decide, type Finding, type Standing, type TimelineItem } from '../cases/index.ts';

/** Cases in memory, by the same decisions as in the service. Nothing is forgotten. */
export class CaseFold {
  readonly #cases = new Map<string, Case>();
  readonly #findings = new Map<string, Finding>();
  readonly #timelines = new Map<string, TimelineItem[]>();

  /** In the order in which they were opened. */
  cases(): readonly Case[] {
    return [...this.#cases.values()];
  }

  timeline(id: string): readonly TimelineItem[] {
    return this.#timelines.get(id) ?? [];
  }

  /** As they stand, in the order in which they were first told. */
  findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }

  /** Errors: `case-not-found`, `version-conflict`, `case-refused`. */
  apply(change: Parameters<typeof decide>[1]): void {
    const naming = { idOf: (text: string) => text, nextNumber: () => this.#cases.size + 1 };
    const decision = decide(this.#standing(change), change, naming);
    if (decision.kind === 'refused') throw new AftercareError(decision.code, decision.reason);
    const { case: item, finding, timeline } = decision;
    if (finding !== undefined) this.#findings.set(finding.id, finding);
    if (item === undefined) return;
    this.#cases.set(item.id, item);
    this.#timelines.set(item.id, [...this.timeline(item.id), ...timeline]);
  }

  #standing(change: Parameters<typeof decide>[1]): Standing {
    if (change.kind !== 'finding') {
      return { subject: this.#cases.get(change.case), finding: undefined, open: undefined, resolved: undefined };
    }
    const { device, failureMode } = change.event;
    const finding = this.#findings.get(change.event.finding);
    const alike = this.cases().filter((item) => item.device === device && item.failureMode === failureMode);
    return {
      finding,
      subject: finding?.case == null ? undefined : this.#cases.get(finding.case),
      open: alike.find(({ state }) => state !== 'resolved'),
      resolved: alike.findLast(({ state }) => state === 'resolved'),
    };
  }
}
