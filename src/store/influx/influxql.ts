/** A string in InfluxQL. */
export function literal(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n')}'`;
}

/** The name of a measurement, a tag or a field. */
export function identifier(name: string): string {
  return `"${name.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** What InfluxDB can hold, in ms: 64-bit nanoseconds around 1970. */
const earliest = -9_223_372_036_854;
const latest = 9_223_372_036_854;

/** The condition for a device's rows in [from, to); undefined = unbounded. */
export function where(device: string, from: number | undefined, to: number | undefined): string {
  const conditions = [`"device" = ${literal(device)}`];
  if (from !== undefined && from > earliest) conditions.push(`time >= ${millis(from)}`);
  if (to !== undefined && to <= latest) conditions.push(`time < ${millis(to)}`);
  return `WHERE ${conditions.join(' AND ')}`;
}

function millis(at: number): string {
  return `${Math.min(latest, Math.max(earliest, Math.ceil(at)))}ms`;
}
