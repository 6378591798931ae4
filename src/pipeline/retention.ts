import { minuteMs } from '../base/index.ts';

export interface LogAge {
  readonly at: number;
  readonly offset: number;
}

const noteEveryMs = minuteMs;
/** A day at one note a minute, with room. */
const agesMax = 2_000;

/** Which offset the log had reached when: what retention by age goes by, since the log itself knows no time. */
export class LogAges {
  #ages: LogAge[] = [];

  restore(ages: readonly LogAge[]): void {
    this.#ages = [...ages];
  }

  list(): readonly LogAge[] {
    return this.#ages;
  }

  /** Everything before `offset` had arrived at `at`. */
  note(at: number, offset: number): void {
    const last = this.#ages.at(-1);
    if (last && at - last.at < noteEveryMs) return;
    this.#ages.push({ at, offset });
    if (this.#ages.length <= agesMax) return;
    this.#ages = this.#ages.filter((_, index) => index % 2 === 1 || index > agesMax / 2);
  }

  /** The oldest offset to keep: what is stored and checkpointed (before `next`) may go once it is older than `ageMs`. */
  keepFrom(now: number, ageMs: number, next: number): number {
    const old = this.#ages.filter((age) => age.at <= now - ageMs).at(-1);
    if (!old) return 0;
    this.#ages = this.#ages.filter((age) => age.at >= old.at);
    return Math.min(old.offset, next);
  }
}
