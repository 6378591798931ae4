import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AftercareError, secondMs } from '../base/index.ts';
import type { Config } from './config.ts';

/** Where a running service is, and the right to use it. */
export interface Api {
  readonly url: string;
  readonly mqttUrl: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The service that the settings describe; `url` and `mqtt` say otherwise. Throws `unauthenticated` without a token. */
export function apiOf(config: Config, given: { readonly url?: string; readonly mqtt?: string }): Api {
  const { host, port } = config.AFTERCARE_HTTP;
  const { host: mqttHost, port: mqttPort } = config.AFTERCARE_MQTT;
  return {
    url: given.url ?? `http://${host}:${port}`,
    mqttUrl: given.mqtt ?? `mqtt://${mqttHost}:${mqttPort}`,
    token: adminToken(config),
  };
}

function adminToken(config: Config): string {
  if (config.AFTERCARE_TOKEN !== undefined) return config.AFTERCARE_TOKEN;
  const file = join(config.AFTERCARE_DATA, 'admin-token');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new AftercareError('unauthenticated', `there is no admin token: neither AFTERCARE_TOKEN nor ${file}`, {
    hint: 'start the service first, or run this where its data folder is',
  });
}

/** Registers a device, or gives a known one a new secret. Resolves to its secret. */
export async function deviceSecret(api: Api, device: { readonly id: string; readonly product: string }) {
  const made = await call(api, '/api/v1/devices', device);
  const answer = made.status === 409 ? await call(api, `/api/v1/devices/${device.id}/secret`, {}) : made;
  if (hasText(answer.body, 'secret')) return answer.body.secret;
  throw refused(answer);
}

const retriesMax = 20;

/** Posts `body`, or gets (or deletes) when there is none. Waits as long as it is asked to when it called too often. */
export async function call(api: Api, path: string, body?: object, bodyless: 'GET' | 'DELETE' = 'GET'): Promise<Answer> {
  const headers = { authorization: `Bearer ${api.token}` };
  const post = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/json' },
  };
  try {
    for (let tries = 1; ; tries++) {
      const response = await fetch(new URL(path, api.url), body ? post : { method: bodyless, headers });
      const answer = { status: response.status, body: await response.json().catch(() => undefined) };
      if (answer.status !== 429 || tries === retriesMax) return answer;
      await sleep(Math.max(0.1, Number(response.headers.get('retry-after')) || 0) * secondMs);
    }
  } catch (error) {
    throw new AftercareError('request-invalid', `there is no service at ${api.url}`, {
      cause: error,
      hint: 'start it with npm start, or name its address with --url',
    });
  }
}

/** The items of a list of at most a thousand. */
export async function itemsOf(api: Api, path: string): Promise<readonly unknown[]> {
  const answer = await call(api, path);
  const { body } = answer;
  if (typeof body === 'object' && body !== null && 'items' in body && Array.isArray(body.items)) return body.items;
  throw refused(answer);
}

export function hasText<Key extends string>(value: unknown, key: Key): value is Record<Key, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    key in value &&
    typeof (value as Record<Key, unknown>)[key] === 'string'
  );
}

export function refused({ status, body }: Answer): AftercareError {
  const detail = hasText(body, 'detail') ? body.detail : 'without a reason';
  return new AftercareError('request-invalid', `the service answered ${status}: ${detail}`);
}
