import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readDashboards, text } from './grafana.ts';

const dashboards = readDashboards();
const provisioned = z
  .object({ datasources: z.array(z.object({ uid: z.string(), type: z.string() })) })
  .parse(parse(text('dashboards/grafana/provisioning/datasources/aftercare.yaml')));

it('has dashboards, each with an address of its own', () => {
  expect(dashboards.map(({ uid }) => uid).toSorted()).toEqual([
    'aftercare-device-telemetry',
    'aftercare-service-health',
  ]);
});

describe.each(dashboards)('$file', ({ panels, rows, variables }) => {
  it('asks only sources that are provisioned', () => {
    const asked = [...panels.flatMap(({ targets }) => targets), ...variables].map(({ datasource }) => datasource);
    expect(asked.length).toBeGreaterThan(0);
    for (const { uid, type } of asked) expect(provisioned.datasources).toContainEqual({ uid, type });
  });

  it('asks something in every panel, and says what it means when there is no answer', () => {
    for (const { title, targets, fieldConfig } of panels) {
      expect(targets.length, title).toBeGreaterThan(0);
      expect(fieldConfig?.defaults, title).toBeDefined();
    }
  });

  it('numbers its panels once each, and keeps them within the page', () => {
    const ids = [...panels, ...rows].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { title, gridPos } of panels) expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
  });

  it('uses variables that it has', () => {
    const known = new Set(variables.map(({ name }) => name));
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr, query }) => expr ?? query ?? ''));
    const used = [...queries, ...variables.map(({ definition }) => definition)].flatMap((query) =>
      [...query.matchAll(/\$\{?(\w+)/g)].map((match) => match[1] ?? ''),
    );
    // Grafana's own begin with two underscores; timeFilter is its word for the chosen time.
    const own = used.filter((name) => !name.startsWith('__') && name !== 'timeFilter');
    expect(own.filter((name) => !known.has(name))).toEqual([]);
    expect([...known].filter((name) => !own.includes(name))).toEqual([]);
  });
});
