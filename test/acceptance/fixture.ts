import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { expect } from 'vitest';
import { type ProgramResult, requireProgram, runProgram } from '../servers.ts';
import { type ServiceProcess, until } from '../service-process.ts';

/** A case as the contract shows it to programs. */
export interface CaseItem {
  readonly id: string;
  readonly number: number;
  readonly device: string;
  readonly product: string;
  readonly failureMode: string;
  readonly title: string;
  readonly explanation: string;
  readonly severity: string;
  readonly safety: boolean;
  readonly state: string;
  readonly owner: string | null;
  readonly openedAt: string;
  readonly startsAt: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly version: number;
  readonly verdict: string | null;
  readonly note: string | null;
  readonly resolvedAt: string | null;
  readonly recurrenceOf: string | null;
  readonly findings: number;
  readonly findingsOpen: number;
  readonly devices: number;
  readonly storm: string | null;
}

export interface FindingItem {
  readonly id: string;
  readonly source: string;
  readonly signal: string | null;
  readonly severity: string;
  readonly state: string;
  readonly startsAt: string;
  readonly openedAt: string;
  readonly endsAt: string | null;
  readonly explanation: string;
  readonly failureMode: string;
  readonly case: string | null;
  readonly hiddenBy: readonly string[];
}

export interface TimelineItem {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly actor: string;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Ledger {
  readonly received: number;
  readonly acknowledged: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly stored: number;
  readonly evaluated: number;
  readonly late: number;
  readonly tooLate: number;
  readonly uncorrected: number;
  readonly conflicts: number;
  readonly readingsRejected: number;
  readonly gaps: readonly { readonly boot: string; readonly from: number; readonly to: number }[];
}

export interface Series {
  readonly points: readonly {
    readonly at: string;
    readonly min: number;
    readonly max: number;
    readonly mean: number;
    readonly count: number;
  }[];
  readonly band: readonly { readonly at: string; readonly low: number; readonly high: number }[];
}

export interface DeviceItem {
  readonly id: string;
  readonly product: string;
  readonly life: string;
  readonly online: boolean;
  readonly lastSeenAt: string | null;
  readonly watermark: string | null;
  readonly firmware: string | null;
  readonly clockSuspect: { readonly rawAt: string; readonly receivedAt: string } | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
}

export const deadlineMs = 20_000;
export const minuteMs = 60_000;

/** A device with its secret, as the person who set it up has it. */
export interface TestDevice {
  readonly id: string;
  readonly secret: string;
}

/** Registers a device over HTTP. */
export async function register(service: ServiceProcess, id: string, product = 'cold-fridge'): Promise<TestDevice> {
  const { status, body } = await service.api<{ secret: string }>('POST', '/devices', { id, product });
  expect(status, JSON.stringify(body)).toBe(201);
  return { id, secret: body.secret };
}

const publisher = requireProgram('mosquitto_pub');

/** Whether Debian's clients are there; their tests are skipped, aloud, where they are not. */
export const hasMosquitto = publisher !== undefined && requireProgram('mosquitto_sub') !== undefined;

/** Publishes lines, a message each, over one connection of Debian's own client, QoS 1. */
export function mosquittoPublish(
  service: ServiceProcess,
  device: TestDevice,
  args: readonly string[],
): Promise<ProgramResult> {
  const { id, secret } = device;
  const who = ['-h', '127.0.0.1', '-p', `${service.ports.mqtt}`, '-i', id, '-u', id, '-P', secret];
  return runProgram(publisher ?? '', [...who, '-q', '1', ...args]);
}

/** A connected device. It does not come back by itself: the test sees every end. */
export function connectDevice(
  service: ServiceProcess,
  device: TestDevice,
  options: IClientOptions = {},
): Promise<MqttClient> {
  return connectAsync(
    service.mqttUrl,
    { clientId: device.id, username: device.id, password: device.secret, reconnectPeriod: 0, ...options },
    false,
  );
}

/** Resolves when the connection is closed. */
export function closing(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    client.once('close', () => resolve());
  });
}

/** Publishes reports as messages of their own, in order, and resolves when all are acknowledged. */
export async function sendReports(client: MqttClient, device: string, reports: readonly unknown[]): Promise<void> {
  const topic = `devices/${device}/reports`;
  await Promise.all(reports.map((report) => client.publishAsync(topic, JSON.stringify(report), { qos: 1 })));
}

/** Connects, publishes and disconnects. */
export async function publishReports(
  service: ServiceProcess,
  device: TestDevice,
  reports: readonly unknown[],
): Promise<void> {
  const client = await connectDevice(service, device);
  try {
    await sendReports(client, device.id, reports);
  } finally {
    await client.endAsync();
  }
}

export async function ledgerOf(service: ServiceProcess, device: string): Promise<Ledger> {
  return (await service.api<Ledger>('GET', `/devices/${device}/ledger`)).body;
}

/** The ledger once `received` reports have come and all that was accepted is stored and evaluated. */
export function ledgerAtRest(service: ServiceProcess, device: string, received: number): Promise<Ledger> {
  const what = `the ledger of ${device} is at rest at ${received} received`;
  let last: Ledger | undefined;
  return until(
    async () => {
      last = await ledgerOf(service, device);
      const { acknowledged, stored, evaluated } = last;
      return last.received === received && acknowledged === stored && acknowledged === evaluated && last;
    },
    deadlineMs,
    what,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; the ledger was ${JSON.stringify(last)}`);
  });
}

/** The cases of a device, once there are at least so many. */
export async function casesOf(service: ServiceProcess, device: string, least = 1): Promise<readonly CaseItem[]> {
  const found = async () => {
    const { body } = await service.api<Page<CaseItem>>('GET', `/cases?device=${device}`);
    return body.items.length >= least && body.items;
  };
  return until(found, deadlineMs, `${device} has ${least} cases`);
}

export async function findingsOf(service: ServiceProcess, device: string): Promise<readonly FindingItem[]> {
  return (await service.api<Page<FindingItem>>('GET', `/devices/${device}/findings`)).body.items;
}

export async function deviceOf(service: ServiceProcess, device: string): Promise<DeviceItem> {
  return (await service.api<DeviceItem>('GET', `/devices/${device}`)).body;
}

/** What is published to a device's topic while the test runs. */
export interface Inbox {
  readonly messages: readonly Record<string, unknown>[];
}

/** Listens to `devices/{id}/rejected`. */
export async function listenRejected(client: MqttClient, device: string): Promise<Inbox> {
  const messages: Record<string, unknown>[] = [];
  client.on('message', (_topic, payload) => {
    // The topic carries JSON objects; what is in them is for the test to check.
    messages.push(JSON.parse(payload.toString()) as Record<string, unknown>);
  });
  await client.subscribeAsync(`devices/${device}/rejected`, { qos: 1 });
  return { messages };
}

export const iso = (ms: number): string => new Date(ms).toISOString();
