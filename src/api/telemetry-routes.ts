import { z } from 'zod';
import { AftercareError, formatInstant, nearest } from '../base/index.ts';
import type { LedgerCounts, LedgerGap, ServerLag } from '../pipeline/index.ts';
import type { ProductPack } from '../product/index.ts';
import type { ApiDeps } from './deps.ts';
import { findDevice } from './device-routes.ts';
import { deviceParams } from './device-shapes.ts';
import { problems } from './problem.ts';
import { type ApiServer, checkRange, instant, instantOrNull, queryCount, rangeQuery, timeOrNull } from './shapes.ts';

const count = z.int().min(0);

const countShapes = {
  received: count.describe('acknowledged + duplicates + quarantined'),
  acknowledged: count.describe('Accepted by admission'),
  duplicates: count,
  quarantined: count,
  stored: count,
  evaluated: count,
  late: count.describe('Behind the watermark when they came'),
  tooLate: count.describe('Of them, more than 7 days: stored, not judged'),
  uncorrected: count.describe('Of them, stored and not judged for another reason, which the service logs'),
  conflicts: count,
  readingsRejected: count,
};

const gapShape = z.object({ boot: z.string(), from: z.int(), to: z.int() });

const deviceLedgerShape = z
  .object({ ...countShapes, gaps: z.array(gapShape).describe('Missing `seq`s, both ends inclusive') })
  .meta({ id: 'DeviceLedger' });

const fleetLedgerShape = z
  .object({
    ...countShapes,
    gaps: z.array(gapShape.extend({ device: z.string() })),
    devices: count,
    behindSince: instantOrNull.describe('Since when the counts have not met'),
    storeTrouble: z.string().nullable().describe('What is wrong with the room of the embedded store'),
    server: z
      .object({
        lagRecords: count.describe('Records of the log that it has not got'),
        behindSince: instantOrNull,
        estimateMs: count.nullable().describe('Until it has caught up, at the pace of late'),
        trouble: z.string().nullable().describe('Why the last attempt failed'),
      })
      .nullable()
      .describe('The telemetry server; null where the embedded store is all there is'),
  })
  .meta({ id: 'FleetLedger' });

const seriesShape = z
  .object({
    points: z.array(
      z.object({ at: instant, min: z.number(), max: z.number(), mean: z.number(), count: count.describe('Exact') }),
    ),
    band: z
      .array(z.object({ at: instant, low: z.number(), high: z.number() }))
      .describe('The expected band as it stood; each point holds until the next'),
  })
  .meta({ id: 'Series' });

const seriesQuery = z.strictObject({ ...rangeQuery, points: queryCount({ max: 5_000, initial: 500 }) });

const bandPointsMax = 5_000;
const tags = ['telemetry'];

export function ledgerRoutes(api: ApiServer, deps: ApiDeps): void {
  api.get(
    '/ledger',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What became of every report of the fleet',
        tags,
        response: { 200: fleetLedgerShape, ...problems },
      },
    },
    async () => {
      const ledger = deps.view.fleetLedger();
      const gaps = ledger.gaps.map((gap) => ({ device: gap.device, ...gapOf(gap) }));
      const { devices, behindSince, server } = ledger;
      const storeTrouble = deps.storeTrouble() ?? null;
      const state = { behindSince: timeOrNull(behindSince), server: lagOf(server), storeTrouble };
      return { ...countsOf(ledger), gaps, devices, ...state };
    },
  );

  api.get(
    '/devices/:id/ledger',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What became of every report of a device',
        tags,
        params: deviceParams,
        response: { 200: deviceLedgerShape, ...problems },
      },
    },
    async (request) => {
      const { id } = await findDevice(deps, request.params.id);
      const ledger = deps.view.ledger(id);
      return { ...countsOf(ledger), gaps: ledger.gaps.map(gapOf) };
    },
  );
}

export function signalRoutes(api: ApiServer, deps: ApiDeps): void {
  const { store, view } = deps;

  api.get(
    '/devices/:id/signals/:name',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A signal over time, in at most `points` buckets, with its expected band',
        tags,
        params: z.object({ id: z.string(), name: z.string() }),
        querystring: seriesQuery,
        response: { 200: seriesShape, ...problems },
      },
    },
    async (request) => {
      const { from, to, points: pointsMax } = request.query;
      checkRange(request.query);
      const { id: device, product } = await findDevice(deps, request.params.id);
      const signal = checkSignal(product, view.pack(product), request.params.name);
      const points = await store.series({ device, product, signal, from, to, pointsMax });
      const band = view.bands({ device, signal, from, to, limit: bandPointsMax });
      return {
        points: points.map(({ at, min, max, mean, count }) => ({ at: formatInstant(at), min, max, mean, count })),
        band: band.map(({ at, low, high }) => ({ at: formatInstant(at), low, high })),
      };
    },
  );
}

function checkSignal(product: string, pack: ProductPack | undefined, name: string): string {
  const names = pack?.signals.map((signal) => signal.name) ?? [];
  if (names.includes(name)) return name;
  const meant = nearest(name, names);
  throw new AftercareError('signal-not-found', `The product ${product} has no signal ${JSON.stringify(name)}.`, {
    hint: meant === undefined ? `GET /api/v1/products/${product} lists its signals.` : `Did you mean ${meant}?`,
  });
}

function gapOf({ boot, from, to }: LedgerGap): LedgerGap {
  return { boot, from, to };
}

function countsOf(ledger: LedgerCounts): LedgerCounts {
  const { received, acknowledged, duplicates, quarantined, stored, evaluated } = ledger;
  const { late, tooLate, uncorrected, conflicts, readingsRejected } = ledger;
  return {
    received,
    acknowledged,
    duplicates,
    quarantined,
    stored,
    evaluated,
    late,
    tooLate,
    uncorrected,
    conflicts,
    readingsRejected,
  };
}

function lagOf(server: ServerLag | undefined) {
  if (server === undefined) return null;
  const { lagRecords, behindSince, estimateMs, trouble } = server;
  const estimate = estimateMs ?? null;
  return { lagRecords, behindSince: timeOrNull(behindSince), estimateMs: estimate, trouble: trouble ?? null };
}
