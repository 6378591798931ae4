import { parseDurationMs } from '../base/index.ts';

/** Reads one setting's text; throws an Error whose message says what is wanted. */
type Read<Value> = (text: string) => Value;

export interface Address {
  readonly host: string;
  readonly port: number;
}

interface Setting<Value> {
  readonly read: Read<Value>;
  /** Its default, as text. */
  readonly fallback: string;
}

function setting<Value>(read: Read<Value>, fallback: string): Setting<Value> {
  return { read, fallback };
}

function optional<Value>(read: Read<Value>): { readonly read: Read<Value>; readonly fallback: undefined } {
  return { read, fallback: undefined };
}

/** Secrets are never shown, not even when they are wrong. */
export const secretSettings: readonly string[] = ['AFTERCARE_TOKEN', 'INFLUX_TOKEN'];

/** Every setting there is, with its default. Limits carry their unit in the value, or are plain numbers. */
export const settings = {
  AFTERCARE_DATA: setting(path, './data'),
  AFTERCARE_PRODUCTS: setting(path, './products'),
  AFTERCARE_HTTP: setting(address, '127.0.0.1:8080'),
  AFTERCARE_MQTT: setting(address, '127.0.0.1:1883'),
  AFTERCARE_TOKEN: optional(token),
  INFLUX_URL: optional(httpUrl),
  INFLUX_TOKEN: optional(word),
  INFLUX_ORG: optional(word),
  INFLUX_BUCKET: optional(word),
  INFLUX_DB: optional(word),
  AFTERCARE_LIMIT_LOG_AGE: setting(duration, '24h'),
  AFTERCARE_LIMIT_LOG_BYTES: setting(bytes, '20GiB'),
  AFTERCARE_LIMIT_STORE_AGE: optional(duration),
  AFTERCARE_LIMIT_STORE_BYTES: optional(bytes),
  AFTERCARE_LIMIT_PACKET_BYTES: setting(bytes, '256KiB'),
  AFTERCARE_LIMIT_CONNECTIONS: setting(count, '20000'),
  AFTERCARE_LIMIT_REPORTS_PER_SECOND: setting(count, '5000'),
  AFTERCARE_LIMIT_CASES_PER_RULE_HOUR: setting(count, '50'),
  AFTERCARE_LIMIT_CALLS_PER_SECOND: setting(count, '1000'),
} as const;

export type SettingName = keyof typeof settings;

/** Named in the contract, but nothing stands behind them yet: refused with a sentence, never silently ignored. */
export const unbuiltSettings: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /^AFTERCARE_TLS_/, what: 'TLS is not built yet; put a TLS proxy in front of the ports' },
  { pattern: /^MQTT_URL$/, what: 'an outside MQTT broker is not built yet; devices connect to the embedded one' },
  { pattern: /^DATABASE_URL$/, what: 'PostgreSQL is not built yet; cases are kept in the embedded store' },
  { pattern: /^NATS_URL$/, what: 'NATS is not built yet; the log is kept in the data folder' },
];

function path(text: string): string {
  if (text.includes('\0')) throw new Error('must be a path');
  return text;
}

function address(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port <= 65_535)) throw new Error('must be host:port, such as 127.0.0.1:8080');
  return { host, port };
}

function token(text: string): string {
  if (!/^[\x21-\x7e]{16,256}$/.test(text)) throw new Error('must be 16 to 256 printable characters without spaces');
  return text;
}

function word(text: string): string {
  if (!/^[\x21-\x7e]{1,512}$/.test(text)) throw new Error('must be 1 to 512 printable characters without spaces');
  return text;
}

function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Error('must be a URL, such as http://127.0.0.1:8086');
  }
  return text;
}

function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new Error('must be a duration, such as 90s, 15m, 24h or 7d');
  return ms;
}

function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new Error('must be a whole number from 1 on');
  return value;
}

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

function bytes(text: string): number {
  const match = /^(\d+)\s*(|B|KiB|MiB|GiB|TiB)$/.exec(text);
  const value = Number(match?.[1]) * (byteUnits[match?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error('must be a number of bytes, such as 262144, 256KiB or 20GiB');
  return value;
}
