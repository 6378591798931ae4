import { z } from 'zod';
import type { Report, SignalValue } from '../../telemetry/index.ts';
import { logOrder } from '../log-order.ts';
import type { ReportsQuery } from '../store.ts';
import { identifier, literal, where } from './influxql.ts';
import { reportsMeasurement } from './point.ts';
import { cell, type InfluxServer, type ResultSeries } from './server.ts';

/** A report without its readings, which lie in its product's measurement. */
interface ReportRow {
  readonly report: Report;
  readonly signals: readonly string[];
}

const from = `FROM ${identifier(reportsMeasurement)}`;
const faultsShape = z.array(z.object({ code: z.string(), active: z.boolean() }));

export async function newestReports(server: InfluxServer, devices: readonly string[]): Promise<Map<string, Report>> {
  const newest = async (asked: readonly string[], and: string): Promise<ReportRow[]> => {
    const select = (device: string) => `SELECT * ${from} ${where(device, undefined, undefined)}${and} ${lastFirst(1)}`;
    return (await server.query(asked.map(select))).flatMap(reportRows);
  };
  // Without a bound a device's newest is looked for in every shard, which takes ten times as long after a year.
  const recent = await newest(devices, ' AND time >= now() - 7d');
  const found = new Set(recent.map(({ report }) => report.device));
  const silent = await newest(
    devices.filter((device) => !found.has(device)),
    '',
  );
  const order = new Map(devices.map((device, i) => [device, i]));
  const reports = await withSignals(server, [...recent, ...silent]);
  const sorted = reports.toSorted((a, b) => (order.get(a.device) ?? 0) - (order.get(b.device) ?? 0));
  return new Map(sorted.map((report) => [report.device, report]));
}

function lastFirst(limit: number): string {
  return `ORDER BY time DESC LIMIT ${limit}`;
}

export async function readByTime(
  server: InfluxServer,
  query: ReportsQuery & { by: 'time' },
): Promise<readonly Report[]> {
  const order = query.descending ? lastFirst(query.limit) : `ORDER BY time ASC LIMIT ${query.limit}`;
  const answers = await server.query([`SELECT * ${from} ${where(query.device, query.from, query.to)} ${order}`]);
  return withSignals(server, answers.flatMap(reportRows));
}

/** Looks through all reports of the device. */
export async function readByIdentity(
  server: InfluxServer,
  query: ReportsQuery & { by: 'identity' },
): Promise<readonly Report[]> {
  const { device, boot, seq, seqs = 1 } = query;
  const condition = `${where(device, undefined, undefined)} AND "boot" = ${literal(boot)}`;
  const numbers = `"seq" >= ${seq} AND "seq" < ${seq + seqs}`;
  const answers = await server.query([`SELECT * ${from} ${condition} AND ${numbers} ORDER BY time ASC`]);
  return (await withSignals(server, answers.flatMap(reportRows))).toSorted(logOrder);
}

/**
 * Looks through all reports of all devices, for InfluxDB has no index of offsets: to fill another store from it, not for
 * daily work.
 */
export async function readByOffset(
  server: InfluxServer,
  query: ReportsQuery & { by: 'offset' },
): Promise<readonly Report[]> {
  const [last] = await server.query([`SELECT max("offset") ${from}`]);
  const series = last?.[0];
  const lastOffset = Number(series && cell(series, series.values[0] ?? [], 'max'));
  const end = Math.min(query.to, lastOffset + 1);
  const rows: ReportRow[] = [];
  // Ever wider windows, for offsets have holes; a message has one offset, so the first window can be enough.
  for (let first = query.from, width = query.limit + 1; first < end && rows.length <= query.limit; width *= 8) {
    const next = Math.min(end, first + width);
    const answers = await server.query([`SELECT * ${from} WHERE "offset" >= ${first} AND "offset" < ${next}`]);
    rows.push(...answers.flatMap(reportRows).toSorted((a, b) => logOrder(a.report, b.report)));
    first = next;
  }
  return withSignals(server, wholeMessages(rows, query.limit));
}

function wholeMessages(rows: readonly ReportRow[], limit: number): readonly ReportRow[] {
  if (rows.length <= limit) return rows;
  const cut = rows[limit]?.report.offset;
  const fitting = rows.findIndex(({ report }) => report.offset === cut);
  return fitting > 0 ? rows.slice(0, fitting) : rows.filter(({ report }) => report.offset === cut);
}

/** Reads the readings of reports, in one statement for each device and product where they lie close together. */
async function withSignals(server: InfluxServer, rows: readonly ReportRow[]): Promise<readonly Report[]> {
  const holding = rows.filter(({ signals }) => signals.length > 0);
  const groups = [...Map.groupBy(holding, ({ report }) => seriesKey(report)).values()];
  const close = groups.map((group) => statement(group, rowsBeyond(group.length)));
  const answers = await server.query(close);
  const found = new Map<Report, Readonly<Record<string, SignalValue>>>();
  const far: ReportRow[] = [];
  for (const [i, group] of groups.entries()) {
    const answer = answers[i] ?? [];
    const all = answer.reduce((sum, { values }) => sum + values.length, 0) < rowsBeyond(group.length);
    take(group, answer, found);
    // Late reports can stretch a group over a year of others.
    if (!all) far.push(...group.filter(({ report }) => !found.has(report)));
  }
  const exact = await server.query(far.map((row) => statement([row], 1)));
  for (const [i, row] of far.entries()) take([row], exact[i] ?? [], found);
  return rows.map(({ report }) => ({ ...report, signals: found.get(report) ?? {} }));
}

function rowsBeyond(reports: number): number {
  return reports * 4 + 100;
}

function statement(group: readonly ReportRow[], limit: number): string {
  const times = group.map(({ report }) => report.at);
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  const { product, device } = group[0]?.report ?? { product: '', device: '' };
  return `SELECT * FROM ${identifier(product)} ${where(device, first, last + 1)} ORDER BY time ASC LIMIT ${limit}`;
}

function take(
  group: readonly ReportRow[],
  answer: readonly ResultSeries[],
  found: Map<Report, Readonly<Record<string, SignalValue>>>,
): void {
  const byTime = new Map(group.map((row) => [row.report.at, row]));
  for (const series of answer) {
    for (const values of series.values) {
      const row = byTime.get(Number(values[0]));
      if (row === undefined) continue;
      const entries = row.signals.map((signal): [string, unknown] => [signal, cell(series, values, signal)]);
      found.set(row.report, Object.fromEntries(entries.filter(isReading)));
    }
  }
}

function isReading(entry: [string, unknown]): entry is [string, SignalValue] {
  return ['number', 'boolean', 'string'].includes(typeof entry[1]);
}

function seriesKey({ product, device }: Report): string {
  return `${product}\n${device}`;
}

/** What is in the measurement, but was not written by this driver, is left out. */
function reportRows(answer: readonly ResultSeries[]): ReportRow[] {
  return answer.flatMap((series) =>
    series.values.flatMap((values) => {
      const row = reportRow(Object.fromEntries(series.columns.map((column, i) => [column, values[i]])));
      return row === undefined ? [] : [row];
    }),
  );
}

const rowShape = z.object({
  time: z.number(),
  device: z.string(),
  product: z.string(),
  offset: z.number(),
  index: z.number(),
  receivedAt: z.number(),
  faults: z.string(),
  signals: z.string(),
  given: z.string(),
  boot: z.string().nullish(),
  seq: z.number().nullish(),
  firmware: z.string().nullish(),
  rawAt: z.number().nullish(),
});

function reportRow(columns: Readonly<Record<string, unknown>>): ReportRow | undefined {
  const parsed = rowShape.safeParse(columns);
  if (!parsed.success) return undefined;
  const { time, device, product, offset, index, receivedAt, boot, seq, firmware, rawAt } = parsed.data;
  const given = new Set(parsed.data.given.split(' '));
  const report: Report = {
    device,
    product,
    offset,
    index,
    at: time,
    receivedAt,
    rawAt: given.has('rawAt') ? (rawAt ?? undefined) : undefined,
    boot: given.has('boot') ? (boot ?? undefined) : undefined,
    seq: given.has('seq') ? (seq ?? undefined) : undefined,
    firmware: given.has('firmware') ? (firmware ?? undefined) : undefined,
    signals: {},
    faults: faultsOf(parsed.data.faults),
  };
  return { report, signals: parsed.data.signals.split(' ').filter((name) => name !== '') };
}

function faultsOf(text: string): Report['faults'] {
  try {
    return faultsShape.parse(JSON.parse(text));
  } catch {
    return [];
  }
}
