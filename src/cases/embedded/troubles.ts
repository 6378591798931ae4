import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { integer, type Row, text } from '../../sqlite/index.ts';
import { severities, worseSeverity } from '../../telemetry/index.ts';
import type { DeviceTrouble } from '../health.ts';
import { oneOf } from './rows.ts';

export interface TroubleStatements {
  readonly openFindings: StatementSync;
  readonly openFindingsOf: StatementSync;
  readonly openCases: StatementSync;
  readonly openCasesOf: StatementSync;
}

/** A rule's finding joins a case when it is live, or is hidden; without either it is that of a shadow rule. */
export const openFindingsSql = (narrowed: string): string => `
  SELECT device, severity, safety, source = 'silent' AS silent, count(*) AS findings FROM finding
  WHERE state = 'raised' AND (case_id IS NOT NULL OR hidden_by IS NOT NULL OR source NOT LIKE 'rule:%') ${narrowed}
  GROUP BY device, severity, safety, silent`;

export const openCasesSql = (narrowed: string): string => `
  SELECT device, count(*) AS cases FROM service_case INDEXED BY one_open_case
  WHERE state <> 'resolved' ${narrowed} GROUP BY device`;

export function prepareTroubles(database: DatabaseSync): TroubleStatements {
  return {
    openFindings: database.prepare(openFindingsSql('')),
    openFindingsOf: database.prepare(openFindingsSql('AND device = ?')),
    openCases: database.prepare(openCasesSql('')),
    openCasesOf: database.prepare(openCasesSql('AND device = ?')),
  };
}

export function readTroubles(sql: TroubleStatements, device: string | undefined): readonly DeviceTrouble[] {
  const troubles = new Map<string, DeviceTrouble>();
  for (const row of device === undefined ? sql.openFindings.all() : sql.openFindingsOf.all(device)) {
    addFindings(troubles, row);
  }
  for (const row of device === undefined ? sql.openCases.all() : sql.openCasesOf.all(device)) {
    const before = troubleOf(troubles, row);
    troubles.set(before.device, { ...before, openCases: integer(row.cases) });
  }
  return [...troubles.values()].sort((a, b) => (a.device < b.device ? -1 : 1));
}

function addFindings(troubles: Map<string, DeviceTrouble>, row: Row): void {
  const before = troubleOf(troubles, row);
  const silent = row.silent === 1;
  const severity = oneOf(severities, row.severity);
  troubles.set(before.device, {
    ...before,
    openFindings: before.openFindings + integer(row.findings),
    worst: silent ? before.worst : worseSeverity(severity, before.worst ?? severity),
    safety: before.safety || (!silent && row.safety === 1),
    silent: before.silent || silent,
  });
}

function troubleOf(troubles: ReadonlyMap<string, DeviceTrouble>, row: Row): DeviceTrouble {
  const device = text(row.device);
  return (
    troubles.get(device) ?? { device, openCases: 0, openFindings: 0, worst: undefined, safety: false, silent: false }
  );
}
