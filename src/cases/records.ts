import type { Case, Finding, TimelineItem } from './case.ts';
import type { Standby } from './surroundings.ts';

/** Which findings on standby are asked for, in the order of their names. */
export type StandbyQuery =
  | { readonly by: 'window'; readonly window: string }
  /** With this device above theirs, in whatever case. */
  | { readonly by: 'behind'; readonly device: string }
  | { readonly by: 'due'; readonly upAt: number };

/** What the book of cases reads and writes, inside one transaction of a driver. What is absent is undefined. */
export interface CaseRecords {
  case(id: string): Case | undefined;
  openCase(device: string, failureMode: string): Case | undefined;
  resolvedCase(device: string, failureMode: string): Case | undefined;
  /** Of the device, open, and with a finding of its own in it that holds and is by silence. */
  silenceCase(device: string): Case | undefined;
  /** Open. */
  stormCase(source: string, product: string): Case | undefined;
  /** Open, and with a finding of this device and failure mode in it. */
  stormCaseWith(device: string, failureMode: string): Case | undefined;
  nextNumber(): number;
  /** Whether a person did something with it. */
  isTouched(caseId: string): boolean;
  finding(id: string): { readonly finding: Finding; readonly lastEvent: number } | undefined;
  /** The finding of the engine that the device is silent, if it holds. */
  silence(device: string): Finding | undefined;
  findingsOf(caseId: string, device: string): readonly Finding[];
  /** Those that hold. */
  holdingIn(caseId: string): readonly Finding[];
  /** How many cases a source opened for a product after `since`, counted up to `max`. */
  openings(of: {
    readonly source: string;
    readonly product: string;
    readonly since: number;
    readonly max: number;
  }): number;
  standby(finding: string): Standby | undefined;
  standbys(query: StandbyQuery): readonly Standby[];
  /** Ids of the maintenance that findings on standby are hidden by. */
  windows(): readonly string[];

  saveCase(item: Case): void;
  saveFinding(finding: Finding, lastEvent: number): void;
  addToTimeline(caseId: string, entry: TimelineItem): void;
  /** Those up to `until` are needed no more. */
  noteOpening(opening: {
    readonly source: string;
    readonly product: string;
    readonly at: number;
    readonly until: number;
  }): void;
  saveStandby(standby: Standby): void;
  dropStandby(finding: string): void;
}
