import type { Case, CaseChange, CaseState, Finding, TimelineItem } from './case.ts';
import type { DeviceTrouble } from './health.ts';

export interface CaseQuery {
  /** The one case with this id. */
  readonly id?: string | undefined;
  readonly state?: CaseState | undefined;
  readonly device?: string | undefined;
  readonly product?: string | undefined;
  readonly owner?: string | undefined;
  /** Words that the number, device, title, explanation or failure mode contain; case does not matter. */
  readonly q?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Cursor of the next page; null at the end. */
  readonly next: string | null;
}

/** Of a device, of a case, of a source in a product, or those that a maintenance kept from opening a case. */
export type FindingQuery = (
  | { readonly device: string }
  | { readonly case: string }
  | { readonly hiddenBy: string }
  | { readonly product: string; readonly source: string }
) & {
  /** Those whose [startsAt, endsAt] touches [from, to). */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly newestFirst?: boolean | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
};

export interface CaseStore {
  /**
   * Applies changes in order, all in one transaction, and resolves to the cases that changed (once each, as they are
   * after it). A finding event or tick applied before is a no-op, where all came in the order of the log. A person's
   * action that is not allowed rejects the whole call: `case-not-found`, `version-conflict` (another version) or
   * `case-refused` (with the reason). Survives the process when resolved; a loss of power too where a person acted, else
   * from `sync` on: the engine's events are made again from the log. At most 10,000 changes a call.
   */
  apply(changes: readonly CaseChange[]): Promise<readonly Case[]>;
  sync(): Promise<void>;
  /** Most urgent first: open before resolved, safety first, severity, oldest `createdAt`; resolved ones newest first. */
  list(query: CaseQuery): Promise<Page<Case>>;
  /** Oldest first, in the order written. */
  timeline(id: string, page: { limit: number; cursor?: string | undefined }): Promise<Page<TimelineItem>>;
  /** Oldest `startsAt` first, or with `newestFirst` the other way round; a cursor belongs to one order. */
  findings(query: FindingQuery): Promise<Page<Finding>>;
  /**
   * What is open on every device, or on one, by device; a device on which nothing is open is not there. One look at
   * indexes that hold open cases and findings only: it costs as much as is open, whatever the history.
   */
  troubles(device?: string): Promise<readonly DeviceTrouble[]>;
  close(): Promise<void>;
}
