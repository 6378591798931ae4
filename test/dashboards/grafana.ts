import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

export const root = resolve(import.meta.dirname, '..', '..');

export function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

const source = z.object({ type: z.string(), uid: z.string() });

const targetShape = z.object({
  refId: z.string(),
  datasource: source,
  expr: z.string().optional(),
  query: z.string().optional(),
});

const panelShape = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string().min(1),
  gridPos: z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
  targets: z.array(targetShape).default([]),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string(), noValue: z.string().min(1) }) }).optional(),
  repeat: z.string().optional(),
});

const dashboardShape = z.object({
  uid: z.string().regex(/^[a-z0-9-]{1,40}$/),
  title: z.string().min(1),
  panels: z.array(panelShape.extend({ panels: z.array(panelShape).default([]) })),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), datasource: source, definition: z.string(), regex: z.string() })),
  }),
});

export type Panel = z.infer<typeof panelShape>;

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  /** Those that draw something, also within rows that are closed. */
  readonly panels: readonly Panel[];
  readonly rows: readonly Panel[];
  readonly variables: z.infer<typeof dashboardShape>['templating']['list'];
}

export const folder = 'dashboards/grafana/dashboards';

export function readDashboard(file: string): Dashboard {
  const { uid, panels, templating } = dashboardShape.parse(JSON.parse(text(join(folder, file))));
  const all = panels.flatMap((panel) => [panel, ...panel.panels]);
  return {
    file,
    uid,
    panels: all.filter(({ type }) => type !== 'row'),
    rows: all.filter(({ type }) => type === 'row'),
    variables: templating.list,
  };
}

export function readDashboards(): readonly Dashboard[] {
  return readdirSync(join(root, folder)).map(readDashboard);
}
