import type { Report, SignalValue } from '../telemetry/index.ts';

/*
 * What reports record of a parent lies in columns beside those of their signals, under names that no signal has: nobody
 * who asks for signals is told of it, and a report comes back as it was.
 */
const prefix = 'parent.';

export function parentColumn(signal: string): string {
  return prefix + signal;
}

export function isParentColumn(name: string): boolean {
  return name.startsWith(prefix);
}

/** A report as its columns have it, all of them taken for its signals: those of the parent go where they belong. */
export function withParent(report: Report): Report {
  const signals: Record<string, SignalValue> = {};
  const parent: Record<string, SignalValue> = {};
  for (const [name, value] of Object.entries(report.signals)) {
    if (isParentColumn(name)) parent[name.slice(prefix.length)] = value;
    else signals[name] = value;
  }
  return Object.keys(parent).length === 0 ? report : { ...report, signals, parent };
}
