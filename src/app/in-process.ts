import { messageText, type Scenario, type Simulation, simulate } from '../../simulators/index.ts';
import { type FleetArrival, runFleet, type ScoreCard, scoreRun } from '../backtest/index.ts';
import { AftercareError } from '../base/index.ts';
import { formatProblem } from '../product/index.ts';
import { findPackFiles, readPack, readPublishedPack } from './packs.ts';

export interface InProcessOptions {
  readonly scenario: Scenario;
  /** Folder of the product packs. */
  readonly products: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly at: number; readonly reports: number }) => void;
}

/** Runs a scenario through the service's own processing, without a service, and scores what came of it. */
export async function runInProcess(options: InProcessOptions): Promise<ScoreCard> {
  const { scenario, signal, onProgress } = options;
  const simulation = simulate(scenario);
  const { devices, truth, counts } = simulation;
  const { startAt, lengthMs } = scenario;
  const endAt = startAt + lengthMs;
  const run = await runFleet({
    packs: packsOf(options.products, new Set(devices.map(({ product }) => product))),
    readPack: readPublishedPack,
    devices: devices.map((device) => ({ ...device, customer: undefined, parent: undefined })),
    arrivals: arrivalsOf(simulation),
    startAt,
    endAt,
    signal,
    onProgress: ({ at }) => onProgress({ at, reports: counts.delivered + counts.repeated }),
  });
  return scoreRun({
    truth,
    cases: run.cases,
    silences: run.silences,
    devices: devices.length,
    startAt,
    endAt: Math.min(run.at, endAt),
    reports: {
      generated: counts.generated,
      lostByDevices: counts.lost,
      waitingInDevices: counts.waiting,
      sent: counts.delivered,
      repeated: counts.repeated,
      ...run.counts,
    },
  });
}

function* arrivalsOf({ arrivals }: Simulation): Generator<FleetArrival, void, void> {
  for (const arrival of arrivals) {
    const { arrivesAt, device } = arrival;
    yield { arrivesAt, device, payload: Buffer.from(messageText(arrival)) };
  }
}

function packsOf(folder: string, products: ReadonlySet<string>) {
  const missing = new Set(products);
  const { files, wrong } = findPackFiles([folder]);
  const packs = files.flatMap(({ file, source }) => {
    const read = readPack(file, source);
    if ('problems' in read) {
      wrong.push(...read.problems.map(formatProblem));
      return [];
    }
    const { product } = read.pack;
    return missing.delete(product) ? [{ product, file, source }] : [];
  });
  if (missing.size === 0) return packs;
  const sentence = `there is no sound product pack of ${[...missing].join(', ')} in ${folder}`;
  throw new AftercareError('pack-invalid', [sentence, ...wrong].join('\n'));
}
