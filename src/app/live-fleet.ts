import { setTimeout as sleep } from 'node:timers/promises';
import { type LiveRun, liveRun, type PublishProgress, publish, type Scenario } from '../../simulators/index.ts';
import { AftercareError, hourMs, minuteMs, secondMs } from '../base/index.ts';
import { type Api, call, hasText, refused } from './api-client.ts';

export interface LiveFleetOptions {
  readonly api: Api;
  readonly scenario: Omit<Scenario, 'startAt'>;
  /** Ends the run; its devices stay registered. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PublishProgress) => void;
}

export interface LiveFleet {
  readonly run: LiveRun;
  /** Wall time that the past takes. */
  readonly accelerateMs: number;
  /** Publishes until the signal is aborted: first the past, faster than it went, then in real time. */
  publish(): Promise<PublishProgress>;
}

/** Registration takes some milliseconds a device; the run begins when that is over. */
const aheadMs = secondMs;
const aheadPerDeviceMs = 20;
const accelerateMsMin = 5 * secondMs;
/** What two cores do with ease, the service's share included. */
const reportsPerSecond = 4_000;
/** About as often as devices of both products report. */
const reportEveryMs = minuteMs;
const runsMax = 1_000;

/**
 * Lays a scenario out so that it reaches the present, and registers its devices at a running service. A device that has
 * lived through a run knows its time: a run gets devices of its own, named after the scenario and its number, and the
 * devices of the run before it are retired, since they will not report again.
 */
export async function registerFleet(options: LiveFleetOptions): Promise<LiveFleet> {
  const { api, scenario, signal, onProgress } = options;
  const accelerateMs = accelerationMs(scenario);
  const layOut = (name: string) =>
    liveRun({
      scenario: { ...scenario, name },
      accelerateMs,
      beginAt: Date.now() + aheadMs + scenario.devices * aheadPerDeviceMs,
    });
  const { run, before } = await freshRun(api, scenario.name, layOut);
  for (const { id } of before?.devices ?? []) await call(api, `/api/v1/devices/${id}/retire`, {});
  const secrets = new Map<string, string>();
  for (const device of run.devices) {
    if (signal.aborted) break;
    const answer = await call(api, '/api/v1/devices', device);
    if (!hasText(answer.body, 'secret')) throw refused(answer);
    secrets.set(device.id, answer.body.secret);
  }
  return {
    run,
    accelerateMs,
    publish: () =>
      publish({
        mqttUrl: api.mqttUrl,
        run,
        secrets,
        signal,
        now: Date.now,
        sleep: (ms, until) => sleep(ms, undefined, { signal: until }).catch(() => undefined),
        onProgress,
      }),
  };
}

/** Wall time in which a service keeps up with the scenario's past. */
function accelerationMs({ devices, lengthMs }: Omit<Scenario, 'startAt'>): number {
  const reports = (devices * lengthMs) / reportEveryMs;
  return Math.min(24 * hourMs, Math.max(accelerateMsMin, (reports / reportsPerSecond) * secondMs));
}

/** The first run of the scenario whose devices the service does not know, and the one before it. */
async function freshRun(
  api: Api,
  name: string,
  layOut: (name: string) => LiveRun,
): Promise<{ run: LiveRun; before: LiveRun | undefined }> {
  let before: LiveRun | undefined;
  for (let number = 1; number <= runsMax; number++) {
    const run = layOut(number === 1 ? name : `${name}-${number}`);
    const answer = await call(api, `/api/v1/devices/${run.devices[0]?.id}`);
    if (answer.status === 404) return { run, before };
    if (answer.status !== 200) throw refused(answer);
    before = run;
  }
  throw new AftercareError('request-invalid', `the service knows ${runsMax} runs of ${name} already`);
}
