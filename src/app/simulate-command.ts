import {
  type PublishProgress,
  type Scenario,
  scenarioNamed,
  simulate,
  type Truth,
  truthLine,
} from '../../simulators/index.ts';
import type { ScoreCard } from '../backtest/index.ts';
import { dayMs, formatInstant } from '../base/index.ts';
import { apiOf } from './api-client.ts';
import type { ExitCode } from './command-line.ts';
import { type Config, readConfig } from './config.ts';
import { runInProcess } from './in-process.ts';
import { registerFleet } from './live-fleet.ts';
import { scoreLive } from './live-score.ts';
import { progressLine } from './progress-line.ts';
import { scoreText } from './score-text.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { writeOutput } from './write-output.ts';

export interface SimulateCommandOptions {
  readonly seed?: number;
  readonly devices?: number;
  readonly days?: number;
  readonly inProcess: boolean;
  /** Over MQTT: end when the run has reached the present, instead of going on in real time. */
  readonly untilNow: boolean;
  /** File for the truth, as JSON Lines. */
  readonly truth?: string;
  readonly url?: string;
  readonly mqtt?: string;
  readonly json: boolean;
}

/** Simulated time of a run in process: the same for every run, so that the same seed gives the same figures. */
const inProcessStartAt = Date.UTC(2026, 0, 5);
/** A healthy year takes its time: that long only when asked for. */
const lengthMsUnasked = 30 * dayMs;

/** `aftercare simulate <scenario>`: 1 when the service lost a report or the run was ended early. */
export async function simulateCommand(name: string, options: SimulateCommandOptions): Promise<ExitCode> {
  const config = readConfig(process.cwd(), process.env);
  const scenario = scenarioOf(name, options);
  const stop = stopOnSignal();
  return options.inProcess ? inProcess(config, scenario, options, stop) : overMqtt(config, scenario, options, stop);
}

function scenarioOf(name: string, { seed, devices, days }: SimulateCommandOptions): Scenario {
  const made = scenarioNamed(name, inProcessStartAt);
  return {
    ...made,
    seed: seed ?? made.seed,
    devices: devices ?? made.devices,
    lengthMs: days === undefined ? Math.min(made.lengthMs, lengthMsUnasked) : Math.round(days * dayMs),
  };
}

async function inProcess(
  config: Config,
  scenario: Scenario,
  options: SimulateCommandOptions,
  stop: AbortController,
): Promise<ExitCode> {
  // Cheap, and it says what is wrong with the scenario before a file is written.
  const { truth } = simulate(scenario);
  writeTruth(options, truth);
  const startedAt = performance.now();
  const show = progressLine();
  const card = await runInProcess({
    scenario,
    products: config.AFTERCARE_PRODUCTS,
    signal: stop.signal,
    onProgress: ({ at, reports }) => {
      const share = (at - scenario.startAt) / scenario.lengthMs;
      show(`${Math.floor(100 * share)} %, ${reports} reports, ${formatInstant(at).slice(0, 10)}`);
    },
  });
  show('');
  const tookMs = performance.now() - startedAt;
  tell(options, { scenario, how: 'in-process', tookMs, card });
  return stop.signal.aborted || card.reports.lost > 0 ? 1 : 0;
}

async function overMqtt(
  config: Config,
  scenario: Scenario,
  options: SimulateCommandOptions,
  stop: AbortController,
): Promise<ExitCode> {
  const api = apiOf(config, options);
  const startedAt = performance.now();
  const show = progressLine();
  const present = Promise.withResolvers<PublishProgress>();
  const fleet = await registerFleet({
    api,
    scenario,
    signal: stop.signal,
    onProgress: (progress) => {
      show(liveLine(progress));
      if (progress.share >= 1) present.resolve(progress);
    },
  });
  writeTruth(options, fleet.run.truth);
  const published = fleet.publish();
  const reached = await Promise.race([present.promise, published]);
  const early = reached.share < 1;
  if (options.untilNow) stop.abort();
  const at = stop.signal.aborted ? await published : reached;
  const card = await scoreLive(api, fleet.run, at);
  show('');
  tell(options, { scenario, how: 'mqtt', tookMs: performance.now() - startedAt, card });
  if (!stop.signal.aborted) process.stderr.write('the fleet goes on in real time; end it with Ctrl-C\n');
  await published;
  show('');
  return early || card.reports.lost > 0 ? 1 : 0;
}

function liveLine({ share, at, acknowledgedReports, behindMs, problem }: PublishProgress): string {
  const behind = behindMs > 1_000 ? `, ${Math.round(behindMs / 1_000)} s behind` : '';
  const trouble = problem === undefined ? '' : `, ${problem}`;
  return `${Math.floor(100 * share)} %, ${acknowledgedReports} reports, ${formatInstant(at).slice(0, 16)}${behind}${trouble}`;
}

function writeTruth({ truth: file }: SimulateCommandOptions, truth: readonly Truth[]): void {
  if (file !== undefined) writeOutput('--truth', file, truth.map(truthLine).join(''));
}

function tell(
  { json }: SimulateCommandOptions,
  result: { scenario: Scenario; how: 'in-process' | 'mqtt'; tookMs: number; card: ScoreCard },
): void {
  const { scenario, how, tookMs, card } = result;
  const { name, seed, lengthMs } = scenario;
  const days = lengthMs / dayMs;
  if (json) {
    const all = { scenario: name, seed, days, how, tookMs: Math.round(tookMs), ...card };
    const nullForUndefined = (_key: string, value: unknown) => (value === undefined ? null : value);
    process.stdout.write(`${JSON.stringify(all, nullForUndefined)}\n`);
    return;
  }
  const pace = how === 'in-process' ? `, ${Math.round((1_000 * card.reports.received) / tookMs)} reports/s` : '';
  const head = `${name}, seed ${seed}, ${days} days, ${how}: ${(tookMs / 1_000).toFixed(1)} s${pace}`;
  process.stdout.write(`${head}\n\n${scoreText(card)}`);
}
