import { bucketMs } from '../readings.ts';
import type { SeriesPoint, SeriesQuery } from '../store.ts';
import { identifier, where } from './influxql.ts';
import { cell, type InfluxServer, type ResultSeries } from './server.ts';

interface Bucket {
  readonly at: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
}

/** Readings where they are few, else what the server makes of them in buckets. */
export async function readSeries(server: InfluxServer, query: SeriesQuery): Promise<readonly SeriesPoint[]> {
  const { pointsMax } = query;
  const signal = identifier(query.signal);
  const from = `SELECT ${signal} FROM ${identifier(query.product)} ${where(query.device, query.from, query.to)}`;
  const newest = query.to === undefined ? [`${from} ORDER BY time DESC LIMIT 1`] : [];
  const [few, last] = await server.query([`${from} ORDER BY time ASC LIMIT ${pointsMax + 1}`, ...newest]);
  const raw = readings(few, query.signal);
  const first = raw[0];
  if (first === undefined) return [];
  if (raw.length <= pointsMax) return raw.map(({ at, value }) => single(at, value));
  const lastAt = readings(last, query.signal)[0]?.at ?? first.at;
  const start = query.from ?? first.at;
  const end = query.to ?? lastAt + 1;
  const cut = { ...query, start, end, lengthMs: bucketMs(start, end, pointsMax) };
  const buckets = first.boolean ? await booleanBuckets(server, cut) : await numberBuckets(server, cut);
  return placeSingles(server, cut, buckets);
}

interface Cut {
  readonly device: string;
  readonly product: string;
  readonly signal: string;
  readonly start: number;
  readonly end: number;
  readonly lengthMs: number;
}

async function numberBuckets(server: InfluxServer, cut: Cut): Promise<readonly Bucket[]> {
  const signal = identifier(cut.signal);
  const columns = `min(${signal}), max(${signal}), mean(${signal}), count(${signal})`;
  const [answer] = await server.query([aggregate(cut, columns, '')]);
  return rowsOf(answer).map(({ series, row }) => {
    const [min = 0, max = 0, mean = 0, count = 0] = ['min', 'max', 'mean', 'count'].map((name) =>
      Number(cell(series, row, name)),
    );
    // Rounding must not carry the mean outside of what it is the mean of.
    return { at: Number(row[0]), min, max, mean: Math.min(max, Math.max(min, mean)), count };
  });
}

/** InfluxQL has no mean of booleans, but counts them. */
async function booleanBuckets(server: InfluxServer, cut: Cut): Promise<readonly Bucket[]> {
  const signal = identifier(cut.signal);
  const count = `count(${signal})`;
  const answers = await server.query([aggregate(cut, count, ''), aggregate(cut, count, ` AND ${signal} = true`)]);
  const [all = [], yes = []] = answers.map((answer) =>
    rowsOf(answer).map(({ series, row }) => ({ at: Number(row[0]), count: Number(cell(series, row, 'count')) })),
  );
  const trueAt = new Map(yes.map(({ at, count: trues }) => [at, trues]));
  return all.map(({ at, count: readingsIn }) => {
    const trues = Math.min(readingsIn, trueAt.get(at) ?? 0);
    const min = trues === readingsIn ? 1 : 0;
    return { at, min, max: trues > 0 ? 1 : 0, mean: trues / readingsIn, count: readingsIn };
  });
}

function aggregate({ device, product, start, end, lengthMs }: Cut, columns: string, and: string): string {
  const condition = `${where(device, start, end)}${and}`;
  const offsetMs = ((start % lengthMs) + lengthMs) % lengthMs;
  const group = `GROUP BY time(${lengthMs}ms, ${offsetMs}ms) fill(none)`;
  return `SELECT ${columns} FROM ${identifier(product)} ${condition} ${group} ORDER BY time ASC`;
}

/** A bucket of one reading has that reading's time, which the server does not tell: neighbours are asked for together. */
async function placeSingles(
  server: InfluxServer,
  cut: Cut,
  buckets: readonly Bucket[],
): Promise<readonly SeriesPoint[]> {
  const runs: { from: number; to: number }[] = [];
  for (const { at, count } of buckets) {
    const run = runs.at(-1);
    if (count !== 1) continue;
    if (run?.to === at) run.to += cut.lengthMs;
    else runs.push({ from: at, to: at + cut.lengthMs });
  }
  if (runs.length === 0) return buckets;
  const select = `SELECT ${identifier(cut.signal)} FROM ${identifier(cut.product)}`;
  const answers = await server.query(
    runs.map(({ from, to }) => `${select} ${where(cut.device, from, Math.min(to, cut.end))} ORDER BY time ASC`),
  );
  const ownTimes = new Map<number, number[]>();
  for (const { at } of answers.flatMap((answer) => readings(answer, cut.signal))) {
    const bucket = cut.start + Math.floor((at - cut.start) / cut.lengthMs) * cut.lengthMs;
    ownTimes.set(bucket, [...(ownTimes.get(bucket) ?? []), at]);
  }
  return buckets.map((bucket) => {
    const [own, ...more] = ownTimes.get(bucket.at) ?? [];
    return own !== undefined && more.length === 0 && bucket.count === 1 ? { ...bucket, at: own } : bucket;
  });
}

interface Reading {
  readonly at: number;
  readonly value: number;
  readonly boolean: boolean;
}

/** Words are left out. */
function readings(answer: readonly ResultSeries[] | undefined, signal: string): Reading[] {
  return rowsOf(answer).flatMap(({ series, row }) => {
    const value = cell(series, row, signal);
    const known = typeof value === 'number' || typeof value === 'boolean';
    return known ? [{ at: Number(row[0]), value: Number(value), boolean: typeof value === 'boolean' }] : [];
  });
}

/** Time is the first column of a row. */
function rowsOf(answer: readonly ResultSeries[] | undefined): { series: ResultSeries; row: readonly unknown[] }[] {
  return (answer ?? []).flatMap((series) => series.values.map((row) => ({ series, row })));
}

function single(at: number, value: number): SeriesPoint {
  return { at, min: value, max: value, mean: value, count: 1 };
}
