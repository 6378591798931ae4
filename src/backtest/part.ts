import { AftercareError } from '../base/index.ts';
import type { PackReader } from '../product/index.ts';
import { openStoredReports, type StoredReports } from '../store/index.ts';
import { type CaseMatch, compareCases } from './compare.ts';
import { type Family, mergeReports } from './family.ts';
import type { BacktestPart, BacktestPlan } from './plan.ts';
import { Replay, type ReplayCounts } from './replay.ts';

/** What one part came to. */
export interface PartOutcome extends Readonly<ReplayCounts> {
  readonly matches: readonly CaseMatch[];
}

/** Works through parts of a plan, one after the other, in one thread. */
export class PartRunner {
  readonly #plan: Omit<BacktestPlan, 'parts'>;
  readonly #stored: StoredReports;
  readonly #replay: Replay;

  constructor(folder: string, plan: Omit<BacktestPlan, 'parts'>, readPack: PackReader) {
    const stored = openStoredReports(folder);
    if (stored === undefined) throw new AftercareError('data-folder-unusable', `${folder} has no stored reports`);
    this.#plan = plan;
    this.#stored = stored;
    const { product, packs, others } = plan;
    this.#replay = new Replay({ product, packs, others, readPack });
  }

  /** `onReports` is told of reports as they are replayed. */
  run(part: BacktestPart, onReports: (count: number) => void): PartOutcome {
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = this.#plan.range;
    const matches: CaseMatch[] = [];
    for (const family of part.families) {
      const [against = [], candidate = []] = this.#replayFamily(family, onReports);
      const own = (list: typeof against) => list.filter(({ product }) => product === this.#plan.product);
      matches.push(...compareCases(own(against), own(candidate), { from, to }));
    }
    return { ...this.#replay.takeCounts(), matches };
  }

  close(): void {
    this.#stored.close();
  }

  #replayFamily({ devices, facts }: Family, onReports: (count: number) => void) {
    const { ticks, returns, readFrom, range, next } = this.#plan;
    const query = { from: readFrom, to: range.to, before: next };
    this.#replay.begin({ devices, facts, ticks, returns });
    const streams = devices.map((device) => this.#stored.reports({ device, ...query }));
    for (const block of mergeReports(streams)) {
      this.#replay.feed(block);
      onReports(block.reports.length);
    }
    return this.#replay.end();
  }
}
