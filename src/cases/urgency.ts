import { severities, severityRank } from '../telemetry/index.ts';
import type { Case } from './case.ts';

/** Where a case stands in the list: compared from left to right, the smaller the more urgent. */
export type Urgency = readonly [rank: number, at: number, number: number];

/** The rank of every resolved case, and of no other. */
export const resolvedRank = 2 * severities.length;

/** Open before resolved, safety first, severity, oldest first; resolved ones newest first. */
export function urgencyOf(item: Case): Urgency {
  if (item.state === 'resolved') return [resolvedRank, -(item.resolvedAt ?? 0), item.number];
  const harmless = severities.length - 1 - severityRank(item.severity);
  return [item.safety ? harmless : severities.length + harmless, item.createdAt, item.number];
}
