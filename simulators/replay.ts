import { connectAsync, type MqttClient } from 'mqtt';
import { reportsTopic } from '../src/telemetry/index.ts';
import type { RecordedRow } from './csv.ts';

export interface ReplayOptions {
  readonly mqttUrl: string;
  readonly device: string;
  readonly secret: string;
  readonly rows: AsyncIterable<RecordedRow>;
  /** Times as fast as recorded; 0 = as fast as acknowledgements come. */
  readonly speed: number;
  /** Names this run of the device: `seq` counts from 0 in it. */
  readonly boot: string;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => number;
  readonly onProgress: (reports: number) => void;
}

export interface ReplayResult {
  /** Reports in messages that the service has acknowledged (PUBACK). */
  readonly acknowledged: number;
  readonly messages: number;
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
}

/** Batches stay below the packet limit; at real pace each report goes out by itself. */
const batchReportsMax = 200;
const batchBytesMax = 128 * 1024;
const inFlightMax = 8;
/** Reports due within this wall time go out together. */
const batchWaitMs = 20;

/** Publishes a recording as a device would: over MQTT, QoS 1, numbered, in batches when it is fast. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const client = await connectAsync(options.mqttUrl, {
    clientId: options.device,
    username: options.device,
    password: options.secret,
    reconnectPeriod: 500,
    connectTimeout: 10_000,
  });
  try {
    return await publishAll(client, options);
  } finally {
    await client.endAsync();
  }
}

async function publishAll(client: MqttClient, options: ReplayOptions): Promise<ReplayResult> {
  const topic = reportsTopic(options.device);
  const inFlight = new Set<Promise<void>>();
  let batch: string[] = [];
  let batchBytes = 0;
  let acknowledged = 0;
  let messages = 0;
  let seq = 0;
  let firstAt: number | undefined;
  let lastAt: number | undefined;
  const startedAt = options.now();

  const send = async () => {
    if (batch.length === 0) return;
    const count = batch.length;
    const payload = `[${batch.join(',')}]`;
    batch = [];
    batchBytes = 0;
    messages += 1;
    const sending = client.publishAsync(topic, payload, { qos: 1 }).then(() => {
      acknowledged += count;
      options.onProgress(acknowledged);
    });
    const tracked = sending.finally(() => inFlight.delete(tracked));
    inFlight.add(tracked);
    if (inFlight.size >= inFlightMax) await Promise.race(inFlight);
  };

  for await (const row of options.rows) {
    firstAt ??= row.at;
    lastAt = row.at;
    if (options.speed > 0) {
      const dueMs = startedAt + (row.at - firstAt) / options.speed - options.now();
      if (dueMs > batchWaitMs) {
        await send();
        await options.sleep(dueMs);
      }
    }
    const report = JSON.stringify({ at: row.at, boot: options.boot, seq: seq++, signals: row.signals });
    batch.push(report);
    batchBytes += report.length + 1;
    if (batch.length >= batchReportsMax || batchBytes >= batchBytesMax) await send();
  }
  await send();
  await Promise.all(inFlight);
  return { acknowledged, messages, firstAt, lastAt };
}
