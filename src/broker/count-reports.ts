/** `{` */
const objectStart = 0x7b;
/** Every report has one of these, in bytes that nothing else in a sound report holds. */
const keys = [Buffer.from('"signals"'), Buffer.from('"faults"')];

/**
 * How many reports a payload seems to hold, at least 1: for the device's rate, long before admission reads it. A single
 * report costs a look at its first byte, one of an array some tenths of a microsecond.
 */
export function countReports(payload: Buffer): number {
  if (payload[0] === objectStart) return 1;
  return Math.max(1, ...keys.map((key) => countOf(key, payload)));
}

function countOf(key: Buffer, payload: Buffer): number {
  let count = 0;
  for (let at = payload.indexOf(key); at !== -1; at = payload.indexOf(key, at + key.length)) count += 1;
  return count;
}
