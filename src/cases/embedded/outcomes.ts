import { integer, openShared, text } from '../../sqlite/index.ts';
import { type Verdict, verdicts } from '../case.ts';
import { caseMigrations } from './schema.ts';

/** What people found a case to be. Times are epoch ms. */
export interface KnownOutcome {
  readonly device: string;
  readonly failureMode: string;
  readonly startsAt: number;
  readonly openedAt: number;
  readonly resolvedAt: number;
  readonly verdict: Verdict;
}

/** The cases of a product that people have resolved, oldest first; whoever else uses the file. None: an empty list. */
export function readKnownOutcomes(folder: string, product: string): readonly KnownOutcome[] {
  const db = openShared(folder, 'cases.sqlite', [caseMigrations.length]);
  if (db === undefined) return [];
  try {
    const rows = db.prepare(
      `SELECT device, failure_mode, starts_at, opened_at, resolved_at, verdict FROM service_case
       WHERE product = ? AND verdict IS NOT NULL AND resolved_at IS NOT NULL ORDER BY opened_at, number`,
    );
    return rows.all(product).flatMap((row) => {
      const verdict = verdicts.find((name) => name === row.verdict);
      if (verdict === undefined) return [];
      return {
        device: text(row.device),
        failureMode: text(row.failure_mode),
        startsAt: integer(row.starts_at),
        openedAt: integer(row.opened_at),
        resolvedAt: integer(row.resolved_at),
        verdict,
      };
    });
  } finally {
    db.close();
  }
}
