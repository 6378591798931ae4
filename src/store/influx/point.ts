import { escape as escaped } from '@influxdata/influxdb-client';
import type { Report } from '../../telemetry/index.ts';

/** The measurement of the driver's own records; every other one is a product. */
export const reportsMeasurement = 'reports';

/** A row of a series: one measurement, one device, one time. */
export interface Point {
  readonly measurement: string;
  readonly device: string;
  /** Epoch ms. */
  readonly at: number;
  /** By name, each as line protocol writes it. */
  readonly fields: ReadonlyMap<string, string>;
  /** Log offset of the last report that is in it. */
  readonly offset: number;
}

/** A point, or fields of one, that InfluxDB does not take; and why. */
export interface Refused {
  readonly point: Point;
  readonly reason: string;
}

/** InfluxQL's names of types. */
export type FieldType = 'float' | 'integer' | 'string' | 'boolean';

/** Members of a report that it may lack. The server merges the fields of one time, so what is absent must be said. */
const optionalMembers = ['boot', 'seq', 'firmware', 'rawAt'] as const;

/**
 * The points of reports in log order, one a series and time: of reports that share a time, the later wins each signal,
 * and its record replaces the earlier's. Those that line protocol cannot name are refused here.
 */
export function pointsOf(reports: readonly Report[]): { readonly points: Point[]; readonly refused: Refused[] } {
  const points = new Map<string, Point>();
  const refused: Refused[] = [];
  const add = (point: Point): void => {
    const unwritable = [point.measurement, point.device, ...point.fields.keys()].find((name) => !isWritable(name));
    if (unwritable !== undefined) {
      refused.push({ point, reason: `line protocol cannot hold the name ${JSON.stringify(unwritable)}` });
      return;
    }
    const key = `${point.measurement}\n${point.device}\n${point.at}`;
    const earlier = point.measurement === reportsMeasurement ? undefined : points.get(key);
    const fields = earlier ? new Map([...earlier.fields, ...point.fields]) : point.fields;
    points.set(key, earlier ? { ...point, fields } : point);
  };
  for (const report of reports) {
    const { product, device, at, offset } = report;
    const fields = signalFields(report);
    if (fields.size > 0) add({ measurement: product, device, at, fields, offset });
    add({ measurement: reportsMeasurement, device, at, fields: recordFields(report), offset });
  }
  return { points: [...points.values()], refused };
}

function signalFields(report: Report): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [signal, value] of Object.entries(report.signals)) {
    if (typeof value === 'number') fields.set(signal, float(value));
    else fields.set(signal, typeof value === 'string' ? escaped.quoted(value) : String(value));
  }
  return fields;
}

function recordFields(report: Report): Map<string, string> {
  const { boot, seq, firmware, rawAt } = report;
  const fields = new Map([
    ['product', escaped.quoted(report.product)],
    ['offset', `${report.offset}i`],
    ['index', `${report.index}i`],
    ['receivedAt', `${report.receivedAt}i`],
    ['faults', escaped.quoted(JSON.stringify(report.faults))],
    ['signals', escaped.quoted(Object.keys(report.signals).join(' '))],
    ['given', escaped.quoted(optionalMembers.filter((member) => report[member] !== undefined).join(' '))],
  ]);
  if (boot !== undefined) fields.set('boot', escaped.quoted(boot));
  if (seq !== undefined) fields.set('seq', `${seq}i`);
  if (firmware !== undefined) fields.set('firmware', escaped.quoted(firmware));
  // A stamp that is not believed may be any number, also one that no integer field holds.
  if (rawAt !== undefined) fields.set('rawAt', float(rawAt));
  return fields;
}

/** One line of line protocol, time in ms. */
export function lineOf({ measurement, device, at, fields }: Point): string {
  let line = `${escaped.measurement(measurement)},device=${escaped.tag(device)}`;
  let separator = ' ';
  for (const [name, value] of fields) {
    line += `${separator}${escaped.tag(name)}=${value}`;
    separator = ',';
  }
  return `${line} ${at}`;
}

/** What a field's value, as line protocol writes it, makes of the field. */
export function fieldTypeOf(value: string): FieldType {
  if (value.startsWith('"')) return 'string';
  if (value === 'true' || value === 'false') return 'boolean';
  return value.endsWith('i') ? 'integer' : 'float';
}

function float(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/**
 * Names have no quotes in line protocol: a backslash at the end, or a line break, would spill into what follows, and a
 * line that begins with # is a comment.
 */
function isWritable(name: string): boolean {
  return name !== '' && !/^#|[\\\p{Cc}]/u.test(name);
}
