import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { ackLine, type LoadPlan, reportOf } from './kill-plan.ts';

/**
 * Devices that report as fast as they are acknowledged, and come back whenever the service does. Each acknowledged
 * report is noted in a file. SIGTERM: sends nothing new, waits for what is under way, exits with 0.
 */
const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
const acknowledged = openSync(plan.acknowledgedFile, 'a');
const reportsAtOnce = 4;
const pauseMs = 10;
let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
});

async function report(client: MqttClient, device: number, id: string): Promise<void> {
  let seq = 0;
  const send = async () => {
    const own = seq++;
    const payload = JSON.stringify(reportOf(plan, device, own));
    await client.publishAsync(`devices/${id}/reports`, payload, { qos: 1 });
    writeSync(acknowledged, ackLine(device, own));
  };
  while (!stopping) {
    await Promise.all(Array.from({ length: reportsAtOnce }, send));
    await sleep(pauseMs);
  }
  await client.endAsync();
}

await Promise.all(
  plan.devices.map(async ({ id, secret }, device) => {
    const options = { clientId: id, username: id, password: secret, reconnectPeriod: 100 };
    const client = await connectAsync(plan.mqttUrl, options);
    // The service is killed on purpose: the client tries again by itself.
    client.on('error', () => undefined);
    await report(client, device, id);
  }),
);
