import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRecording } from '../../simulators/csv.ts';
import { replay } from '../../simulators/replay.ts';
import { AftercareError } from '../base/index.ts';
import type { ExitCode } from './command-line.ts';
import { type Config, readConfig } from './config.ts';

export interface ReplayCommandOptions {
  readonly product: string;
  readonly device: string;
  readonly speed: number;
  readonly url?: string;
  readonly mqtt?: string;
  readonly json: boolean;
}

const progressEveryMs = 200;

/** Registers the device (or gives a known one a new secret) over HTTP, then publishes the recording over MQTT. */
export async function replayCommand(csv: string, options: ReplayCommandOptions): Promise<ExitCode> {
  const config = readConfig(process.cwd(), process.env);
  if (!existsSync(csv)) throw new AftercareError('csv-invalid', `${csv}: there is no such file`);
  const { host, port } = config.AFTERCARE_HTTP;
  const { host: mqttHost, port: mqttPort } = config.AFTERCARE_MQTT;
  const api = { url: options.url ?? `http://${host}:${port}`, token: adminToken(config) };
  const secret = await deviceSecret(api, options);
  let shownAt = 0;
  const onProgress = (reports: number) => {
    if (!process.stderr.isTTY || Date.now() - shownAt < progressEveryMs) return;
    shownAt = Date.now();
    process.stderr.write(`\r${reports} reports acknowledged`);
  };
  const startedAt = Date.now();
  const result = await replay({
    mqttUrl: options.mqtt ?? `mqtt://${mqttHost}:${mqttPort}`,
    device: options.device,
    secret,
    rows: readRecording(csv),
    speed: options.speed,
    boot: `replay-${startedAt}`,
    sleep,
    now: Date.now,
    onProgress,
  });
  if (process.stderr.isTTY) process.stderr.write('\r');
  const tookMs = Date.now() - startedAt;
  const { acknowledged, messages } = result;
  const sentence = `${acknowledged} reports acknowledged in ${messages} messages, ${(tookMs / 1_000).toFixed(1)} s`;
  process.stdout.write(options.json ? `${JSON.stringify({ ...result, tookMs })}\n` : `${sentence}\n`);
  return 0;
}

function adminToken(config: Config): string {
  if (config.AFTERCARE_TOKEN !== undefined) return config.AFTERCARE_TOKEN;
  const file = join(config.AFTERCARE_DATA, 'admin-token');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new AftercareError('unauthenticated', `there is no admin token: neither AFTERCARE_TOKEN nor ${file}`, {
    hint: 'start the service first, or run this where its data folder is',
  });
}

async function deviceSecret(api: { url: string; token: string }, options: ReplayCommandOptions): Promise<string> {
  const { device: id, product } = options;
  const made = await call(api, '/api/v1/devices', { id, product });
  if (made.ok) return made.secret;
  if (made.status !== 409) throw refused(made);
  const again = await call(api, `/api/v1/devices/${id}/secret`, {});
  if (again.ok) return again.secret;
  throw refused(again);
}

type Answer =
  | { readonly ok: true; readonly secret: string }
  | { readonly ok: false; readonly status: number; readonly detail: string };

async function call(api: { url: string; token: string }, path: string, body: object): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(new URL(path, api.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch (error) {
    throw new AftercareError('request-invalid', `there is no service at ${api.url}`, {
      cause: error,
      hint: 'start it with npm start, or name its address with --url',
    });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && hasText(answer, 'secret')) return { ok: true, secret: answer.secret };
  return {
    ok: false,
    status: response.status,
    detail: hasText(answer, 'detail') ? answer.detail : response.statusText,
  };
}

function hasText<Key extends string>(value: unknown, key: Key): value is Record<Key, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    key in value &&
    typeof (value as Record<Key, unknown>)[key] === 'string'
  );
}

function refused(answer: { readonly status: number; readonly detail: string }): AftercareError {
  return new AftercareError('request-invalid', `the service answered ${answer.status}: ${answer.detail}`);
}
