import { AftercareError } from '../base/index.ts';
import type { PackReader } from '../product/index.ts';
import { openStoredReports, type StoredReports } from '../store/index.ts';
import type { Family, Member } from './family.ts';
import { ParentHistory } from './parent-history.ts';
import type { PlacedEvent } from './placed-events.ts';
import { type BacktestPart, type BacktestPlan, warmUpMs } from './plan.ts';
import { Replay, type ReplayCounts } from './replay.ts';

/** What one part came to. */
export interface PartOutcome extends Readonly<ReplayCounts> {
  /** Under the pack that is compared with, then under the candidate: what the devices' findings tell. */
  readonly told: readonly [readonly PlacedEvent[], readonly PlacedEvent[]];
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
    const told: [PlacedEvent[], PlacedEvent[]] = [[], []];
    for (const family of part.families) {
      const parents = this.#parentsOf(family);
      for (const member of family.members) {
        const [against = [], candidate = []] = this.#replayOne(member, parents, onReports);
        for (const item of against) told[0].push(item);
        for (const item of candidate) told[1].push(item);
      }
    }
    return { ...this.#replay.takeCounts(), told };
  }

  close(): void {
    this.#stored.close();
  }

  /** From longer before: a parent may tell more seldom. Up to the end, since what was known goes by arrival. */
  #parentsOf(family: Family): ParentHistory | undefined {
    const { parentSignals, readFrom, next } = this.#plan;
    if (family.parents.length === 0) return undefined;
    const query = { from: readFrom === undefined ? undefined : readFrom - warmUpMs, to: undefined, before: next };
    const reports = (device: string) => this.#stored.reports({ device, ...query });
    return new ParentHistory({ family, signals: parentSignals, reports });
  }

  #replayOne({ id, facts }: Member, parents: ParentHistory | undefined, onReports: (count: number) => void) {
    const { ticks, returns, planned, readFrom, range, next } = this.#plan;
    const query = { from: readFrom, to: range.to, before: next };
    this.#replay.begin({ device: id, facts, ticks, returns, planned, parents });
    for (const block of this.#stored.reports({ device: id, ...query })) {
      this.#replay.feed(block);
      onReports(block.reports.length);
    }
    return this.#replay.end();
  }
}
