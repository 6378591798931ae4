import { Book, type Case, type CaseChange, defaultCasesPerRuleHourMax, type Finding } from '../cases/index.ts';
import { HeldCases } from './held-cases.ts';

/** Cases in memory, by the service's own book of them. Nothing is forgotten. */
export class CaseFold {
  readonly #held = new HeldCases({ forgets: false });
  readonly #book: Book;

  constructor(casesPerRuleHourMax = defaultCasesPerRuleHourMax) {
    this.#book = new Book({ records: this.#held, idOf: (text) => text, casesPerRuleHourMax });
  }

  /** In the order in which they were opened. */
  cases(): readonly Case[] {
    return this.#held.cases();
  }

  timeline(id: string) {
    return this.#held.timeline(id);
  }

  /** As they stand, in the order in which they were first told. */
  findings(): readonly Finding[] {
    return this.#held.findings();
  }

  /** Errors: `case-not-found`, `version-conflict`, `case-refused`. */
  apply(change: CaseChange): void {
    this.#book.apply([change]);
  }
}
