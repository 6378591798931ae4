import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RecordedRow, readRecording } from '../../simulators/csv.ts';
import { replay } from '../../simulators/replay.ts';
import { AftercareError } from '../base/index.ts';
import type { SignalValue } from '../telemetry/index.ts';
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
  const chosen = new ColumnChoice(csv, await signalNames(api, options.product));
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
    rows: chosen.of(readRecording(csv)),
    speed: options.speed,
    boot: `replay-${startedAt}`,
    sleep,
    now: Date.now,
    onProgress,
  });
  if (process.stderr.isTTY) process.stderr.write('\r');
  const tookMs = Date.now() - startedAt;
  const leftOut = [...chosen.leftOut];
  if (leftOut.length > 0) process.stderr.write(`left out, since the pack does not know them: ${leftOut.join(', ')}\n`);
  const { acknowledged, messages } = result;
  const sentence = `${acknowledged} reports acknowledged in ${messages} messages, ${(tookMs / 1_000).toFixed(1)} s`;
  process.stdout.write(options.json ? `${JSON.stringify({ ...result, leftOut, tookMs })}\n` : `${sentence}\n`);
  return 0;
}

/** Keeps the columns that are signals of the pack; a recording may hold labels and notes beside them. */
class ColumnChoice {
  readonly leftOut = new Set<string>();
  readonly #file: string;
  readonly #signals: ReadonlySet<string>;

  constructor(file: string, signals: ReadonlySet<string>) {
    this.#file = file;
    this.#signals = signals;
  }

  async *of(rows: AsyncIterable<RecordedRow>): AsyncGenerator<RecordedRow> {
    let any = false;
    for await (const { at, signals } of rows) {
      const kept: Record<string, SignalValue> = {};
      for (const [name, value] of Object.entries(signals)) {
        if (this.#signals.has(name)) kept[name] = value;
        else this.leftOut.add(name);
      }
      if (Object.keys(kept).length === 0) continue;
      any = true;
      yield { at, signals: kept };
    }
    if (any) return;
    const wanted = [...this.#signals].join(', ');
    throw new AftercareError('csv-invalid', `${this.#file}:1:1: no column is a signal of the product`, {
      hint: `its signals are: ${wanted}`,
    });
  }
}

function adminToken(config: Config): string {
  if (config.AFTERCARE_TOKEN !== undefined) return config.AFTERCARE_TOKEN;
  const file = join(config.AFTERCARE_DATA, 'admin-token');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new AftercareError('unauthenticated', `there is no admin token: neither AFTERCARE_TOKEN nor ${file}`, {
    hint: 'start the service first, or run this where its data folder is',
  });
}

interface Api {
  readonly url: string;
  readonly token: string;
}

async function deviceSecret(api: Api, options: ReplayCommandOptions): Promise<string> {
  const { device: id, product } = options;
  const made = await call(api, '/api/v1/devices', { id, product });
  const answer = made.status === 409 ? await call(api, `/api/v1/devices/${id}/secret`, {}) : made;
  if (hasText(answer.body, 'secret')) return answer.body.secret;
  throw refused(answer.status, answer.body);
}

async function signalNames(api: Api, product: string): Promise<ReadonlySet<string>> {
  const { status, body } = await call(api, `/api/v1/products/${encodeURIComponent(product)}`);
  const signals = typeof body === 'object' && body !== null && 'signals' in body ? body.signals : undefined;
  if (!Array.isArray(signals)) throw refused(status, body);
  return new Set(signals.flatMap((signal) => (hasText(signal, 'name') ? [signal.name] : [])));
}

/** Posts `body`, or gets when there is none. */
async function call(api: Api, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${api.token}` };
  const post = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/json' },
  };
  try {
    const response = await fetch(new URL(path, api.url), body ? post : { headers });
    return { status: response.status, body: await response.json().catch(() => undefined) };
  } catch (error) {
    throw new AftercareError('request-invalid', `there is no service at ${api.url}`, {
      cause: error,
      hint: 'start it with npm start, or name its address with --url',
    });
  }
}

function hasText<Key extends string>(value: unknown, key: Key): value is Record<Key, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    key in value &&
    typeof (value as Record<Key, unknown>)[key] === 'string'
  );
}

function refused(status: number, body: unknown): AftercareError {
  const detail = hasText(body, 'detail') ? body.detail : 'without a reason';
  return new AftercareError('request-invalid', `the service answered ${status}: ${detail}`);
}
