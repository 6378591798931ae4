import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import { type LoadOrder, type LoadPlan, type LoadState, reportOf, reportsAtOnce } from './load-plan.ts';

/**
 * Devices that report as they are acknowledged, and come back whenever the service does. A process of its own: nothing
 * that the test does holds it up. It ends when the test does.
 */
const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
const acknowledged = plan.devices.map(() => 0);
let closed = 0;
let refused = 0;
let lastAckAt = performance.now();
let longestGapMs = 0;
let inBurst = 0;
let running = Promise.withResolvers<void>();
let isPaused = true;

process.on('message', (order: LoadOrder) => {
  if (order === 'tell') tell();
  else if (order === 'resume') {
    isPaused = false;
    noteGap();
    longestGapMs = 0;
    running.resolve();
  } else if (!isPaused) {
    isPaused = true;
    running = Promise.withResolvers<void>();
    tellWhenPaused();
  }
});
process.on('disconnect', () => process.exit(0));

function tell(): void {
  const paused = isPaused && inBurst === 0;
  if (!isPaused) longestGapMs = Math.max(longestGapMs, performance.now() - lastAckAt);
  process.send?.({ paused, acknowledged, closed, refused, longestGapMs } satisfies LoadState);
  longestGapMs = 0;
}

function tellWhenPaused(): void {
  if (isPaused && inBurst === 0) tell();
}

function noteGap(): void {
  const now = performance.now();
  longestGapMs = Math.max(longestGapMs, now - lastAckAt);
  lastAckAt = now;
}

async function report(client: MqttClient, device: number, id: string): Promise<never> {
  for (let seq = 0; ; ) {
    await running.promise;
    inBurst += 1;
    const burst = Array.from({ length: reportsAtOnce }, async () => {
      const payload = JSON.stringify(reportOf(device, seq++));
      await client.publishAsync(`devices/${id}/reports`, payload, { qos: 1 });
      acknowledged[device] = (acknowledged[device] ?? 0) + 1;
      noteGap();
    });
    await Promise.all(burst);
    inBurst -= 1;
    tellWhenPaused();
    await sleep(plan.pauseMs);
  }
}

const unavailable = 3;

for (const [device, { id, secret }] of plan.devices.entries()) {
  const client = mqtt.connect(plan.mqttUrl, {
    ...{
      clientId: id,
      username: id,
      password: secret,
      reconnectPeriod: 200,
      reconnectOnConnackError: true,
      connectTimeout: 10_000,
    },
  });
  // The service is broken on purpose: the client tries again by itself.
  client.on('error', (error) => {
    if ('code' in error && error.code === unavailable) refused += 1;
  });
  let isUp = false;
  client.on('connect', () => {
    isUp = true;
  });
  client.on('close', () => {
    if (isUp) closed += 1;
    isUp = false;
  });
  void report(client, device, id);
}
