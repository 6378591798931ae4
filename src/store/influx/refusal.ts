import { type FieldType, fieldTypeOf, type Point, type Refused, reportsMeasurement } from './point.ts';

/** InfluxDB read a batch and did not like what is in it. It may have taken the rest of it. */
export interface Refusal {
  readonly reason: string;
  /** Points that it says it left out; undefined where it does not say. */
  readonly dropped: number | undefined;
}

export interface Attempt {
  /** The points that are not stored; all others are. */
  readonly refused: readonly Refused[];
  /** The server took at least one point, so it is not the whole of it that is in the way. */
  readonly anyTaken: boolean;
}

/** By measurement and field, every type that the field has. */
export type FieldTypes = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<FieldType>>>;

export interface Server {
  /** Undefined: taken. Rejects where the server is away or in trouble. */
  send(points: readonly Point[]): Promise<Refusal | undefined>;
  fieldTypes(measurements: readonly string[]): Promise<FieldTypes>;
}

/**
 * Sends a batch; where it is refused, finds the points that are to blame, so that all others are stored. Fields of
 * another type than the server has go first, all at once: a firmware that changes a type concerns every report. What is
 * left is found by halving.
 */
export async function sendGood(points: readonly Point[], server: Server): Promise<Attempt> {
  const first = points.length > 0 ? await server.send(points) : undefined;
  if (first === undefined) return { refused: [], anyTaken: points.length > 0 };
  const types = await server.fieldTypes([...new Set(points.map(({ measurement }) => measurement))]);
  const { good, refused } = setAside(points, types);
  if (good.length === 0) return { refused, anyTaken: false };
  const refusal = refused.length > 0 ? await server.send(good) : first;
  if (refusal === undefined) return { refused, anyTaken: true };
  const rest = await halve(good, refusal, server);
  return { refused: [...refused, ...rest.refused], anyTaken: rest.anyTaken };
}

/** Whether the reason is about points. Any other may be about the whole request, and would be so for every point. */
export function blamesPoints(reason: string): boolean {
  return /partial write|unable to parse|line protocol|type conflict|invalid column type|retention|cannot hold/i.test(
    reason,
  );
}

async function halve(points: readonly Point[], refusal: Refusal, server: Server): Promise<Attempt> {
  const parts = partsOf(points, refusal);
  if (parts === undefined) {
    return { refused: points.map((point) => ({ point, reason: refusal.reason })), anyTaken: false };
  }
  const refused: Refused[] = [];
  let anyTaken = false;
  for (const part of parts) {
    const again = await server.send(part);
    const attempt = again === undefined ? { refused: [], anyTaken: true } : await halve(part, again, server);
    refused.push(...attempt.refused);
    anyTaken ||= attempt.anyTaken;
  }
  const [only] = points;
  if (only && points.length === 1 && !anyTaken) return { refused: [{ point: only, ...refusal }], anyTaken };
  return { refused, anyTaken };
}

/** Undefined: there is nothing left to part, or nothing of it can be good. */
function partsOf(points: readonly Point[], { reason, dropped }: Refusal): readonly (readonly Point[])[] | undefined {
  // "Beyond the retention", "too many series": old data comes in whole batches of it.
  if (dropped === points.length && !/type/i.test(reason)) return undefined;
  if (points.length > 1) {
    const middle = points.length >> 1;
    return [points.slice(0, middle), points.slice(middle)];
  }
  const [point] = points;
  // Half a record of a report would not be one.
  if (point === undefined || point.fields.size === 1 || point.measurement === reportsMeasurement) return undefined;
  const fields = [...point.fields];
  const middle = fields.length >> 1;
  return [fields.slice(0, middle), fields.slice(middle)].map((half) => [{ ...point, fields: new Map(half) }]);
}

function setAside(points: readonly Point[], types: FieldTypes): { good: readonly Point[]; refused: Refused[] } {
  const refused: Refused[] = [];
  const good = points.flatMap((point) => {
    const known = types.get(point.measurement);
    const bad = [...point.fields].filter(([name, value]) => known?.get(name)?.has(fieldTypeOf(value)) === false);
    if (bad.length === 0) return [point];
    const has = bad.map(([name, value]) => `${name} is ${[...(known?.get(name) ?? [])]}, not ${fieldTypeOf(value)}`);
    refused.push({ point: { ...point, fields: new Map(bad) }, reason: `field type conflict: ${has.join(', ')}` });
    const names = new Set(bad.map(([name]) => name));
    const rest = new Map([...point.fields].filter(([name]) => !names.has(name)));
    return rest.size > 0 ? [{ ...point, fields: rest }] : [];
  });
  return { good, refused };
}
