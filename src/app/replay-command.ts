import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RecordedRow, readRecording } from '../../simulators/csv.ts';
import { replay } from '../../simulators/replay.ts';
import { AftercareError } from '../base/index.ts';
import type { SignalValue } from '../telemetry/index.ts';
import { type Api, apiOf, call, deviceSecret, hasText, refused } from './api-client.ts';
import type { ExitCode } from './command-line.ts';
import { readConfig } from './config.ts';

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
  const api = apiOf(config, options);
  const secret = await deviceSecret(api, { id: options.device, product: options.product });
  const chosen = new ColumnChoice(csv, await signalNames(api, options.product));
  let shownAt = 0;
  const onProgress = (reports: number) => {
    if (!process.stderr.isTTY || Date.now() - shownAt < progressEveryMs) return;
    shownAt = Date.now();
    process.stderr.write(`\r${reports} reports acknowledged`);
  };
  const startedAt = Date.now();
  const result = await replay({
    mqttUrl: api.mqttUrl,
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

async function signalNames(api: Api, product: string): Promise<ReadonlySet<string>> {
  const answer = await call(api, `/api/v1/products/${encodeURIComponent(product)}`);
  const { body } = answer;
  const signals = typeof body === 'object' && body !== null && 'signals' in body ? body.signals : undefined;
  if (!Array.isArray(signals)) throw refused(answer);
  return new Set(signals.flatMap((signal) => (hasText(signal, 'name') ? [signal.name] : [])));
}
