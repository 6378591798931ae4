import { expect, it } from 'vitest';
import { createMetrics } from '../../src/app/metrics.ts';
import { readDashboard } from './grafana.ts';

const space = { bytes: 77, bytesMax: 100, freeBytes: 900, freeBytesMin: 10, trouble: undefined, full: false };

const counts = {
  received: 0,
  acknowledged: 0,
  duplicates: 0,
  quarantined: 0,
  stored: 0,
  evaluated: 0,
  late: 0,
  tooLate: 0,
  uncorrected: 0,
  conflicts: 0,
  readingsRejected: 0,
};

const words = new Set(['bool', 'by', 'without', 'on', 'ignoring', 'and', 'or', 'unless', 'time']);

/** The metrics that a PromQL expression names. */
function metricsOf(expr: string): string[] {
  const bare = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)].map(([name]) => name).filter((name) => !words.has(name));
}

it('names only metrics that the service has', async () => {
  const metrics = createMetrics({
    log: { bounds: () => ({ first: 0, next: 0, bytes: 0 }) },
    logBytesMax: 1,
    storeSpace: () => space,
    view: () => ({
      fleetLedger: () => ({ ...counts, gaps: [], devices: 0, behindSince: undefined, server: undefined }),
    }),
    connections: () => 0,
    clock: () => 0,
    cases: { troubles: async () => [] },
  });
  const known = new Set(['up']);
  for (const [, name = '', type] of (await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    known.add(name);
    if (type === 'histogram') for (const part of ['sum', 'count', 'bucket']) known.add(`${name}_${part}`);
  }
  const { panels, variables } = readDashboard('service-health.json');
  const named = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsOf(expr ?? '')));
  const listed = variables.flatMap(({ definition }) => metricsOf(/\((.*),/.exec(definition)?.[1] ?? ''));
  expect(named.length).toBeGreaterThan(20);
  expect([...named, ...listed].filter((name) => !known.has(name))).toEqual([]);
  // An operator sees all that the service counts of itself.
  const own = [...known].filter((name) => name.startsWith('aftercare_'));
  expect(own.filter((name) => !named.includes(name))).toEqual([]);
});
