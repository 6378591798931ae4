/** One scale everywhere, in rising order. `safety` stands beside it, never on it. */
export const severities = ['info', 'minor', 'major', 'critical'] as const;

export type Severity = (typeof severities)[number];

export function severityRank(severity: Severity): number {
  return severities.indexOf(severity);
}

export function worseSeverity(a: Severity, b: Severity): Severity {
  return severityRank(a) >= severityRank(b) ? a : b;
}
