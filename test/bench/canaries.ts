import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import type { ServiceProcess } from '../service-process.ts';

/** Devices that each report one fault during a load: how long until somebody who watches the console knows. */
export interface Canaries {
  readonly count: number;
  /** Sends one report every `everyMs`, until all have; resolves when every case has come, or `lateMs` after the last. */
  sing(everyMs: number): Promise<CaseLag>;
}

export interface CaseLag {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Cases that did not come in time. */
  readonly missing: number;
}

const product = 'bench-rig';
const lateMs = 60_000;

export async function registerCanaries(service: ServiceProcess, count: number): Promise<Canaries> {
  const clients: { id: string; client: MqttClient }[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = `canary-${index}`;
    const { body } = await service.api<{ secret: string }>('POST', '/devices', { id, product });
    const login = { clientId: id, username: id, password: body.secret };
    clients.push({ id, client: await connectAsync(service.mqttUrl, login) });
  }
  return {
    count,
    sing: async (everyMs) => {
      const cases = await watchCases(service);
      const sent = new Map<string, number>();
      for (const { id, client } of clients) {
        sent.set(id, performance.now());
        // The pack's rule: pressure > 90, at once.
        client.publish(`devices/${id}/reports`, '{"boot":"c","seq":1,"signals":{"pressure":99.5}}', { qos: 1 });
        await sleep(everyMs);
      }
      const deadline = performance.now() + lateMs;
      while (cases.seen.size < count && performance.now() < deadline) await sleep(20);
      cases.stop();
      await Promise.all(clients.map(({ client }) => client.endAsync()));
      const lags = [...sent].flatMap(([id, at]) => (cases.seen.get(id) ?? Number.NaN) - at).filter((lag) => lag >= 0);
      lags.sort((a, b) => a - b);
      const quantile = (share: number) => lags[Math.ceil(share * lags.length) - 1] ?? Number.NaN;
      return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1), missing: count - lags.length };
    },
  };
}

/** By the console's own live stream. */
async function watchCases(service: ServiceProcess): Promise<{ seen: Map<string, number>; stop: () => void }> {
  const seen = new Map<string, number>();
  const ending = new AbortController();
  const headers = { authorization: `Bearer ${service.token}`, accept: 'text/event-stream' };
  const response = await fetch(`${service.url}/api/v1/live`, { headers, signal: ending.signal });
  if (response.body === null) throw new Error('the live stream has no body');
  const text = response.body.pipeThrough(new TextDecoderStream());
  const reading = (async () => {
    let rest = '';
    for await (const chunk of text) {
      const now = performance.now();
      const frames = (rest + chunk).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const device = /^event: case$/m.test(frame) ? /"device":"([^"]+)"/.exec(frame)?.[1] : undefined;
        if (device?.startsWith('canary-') && !seen.has(device)) seen.set(device, now);
      }
    }
  })();
  reading.catch(() => undefined);
  return { seen, stop: () => ending.abort() };
}
