import { readPublishedPack } from '../../src/app/packs.ts';
import { foldParts, PartRunner, planBacktest } from '../../src/backtest/index.ts';
import { casesPerRuleHour, type GoldenCase } from '../golden/golden-case.ts';
import { type ServiceProcess, until } from '../service-process.ts';
import { deadlineMs } from './fixture.ts';

/** A case that a backtest says would have been opened. */
export interface ReplayedCase {
  readonly device: string;
  readonly failureMode: string;
  readonly severity: string;
  readonly safety: boolean;
  readonly startsAt: number;
  readonly openedAt: number;
  readonly storm: string | null;
}

interface BacktestRun {
  readonly id: string;
  readonly state: string;
  readonly problem: string | null;
  readonly result: {
    readonly reports: number;
    readonly changes: readonly {
      readonly device: string;
      readonly failureMode: string;
      readonly candidate: {
        readonly severity: string;
        readonly safety: boolean;
        readonly startsAt: string;
        readonly openedAt: string;
      } | null;
    }[];
  } | null;
}

/**
 * All cases of the product that its pack would have opened, over so many stored reports: beside a pack that opens none,
 * each is one that would be added. Products of many devices are asked of the service; for those of a single one, a thread
 * started each time would take most of the time, so the data folder is read here, in use as it is.
 */
export function casesInBacktest(
  service: ServiceProcess,
  item: GoldenCase,
  reports: number,
): Promise<readonly ReplayedCase[]> {
  const attempt = () =>
    item.product === item.file ? askService(service, item, reports) : readFolder(service, item, reports);
  return until(attempt, deadlineMs, `the backtest of ${item.product} sees ${reports} reports`);
}

async function askService(
  service: ServiceProcess,
  { product, source, quietSource }: GoldenCase,
  reports: number,
): Promise<readonly ReplayedCase[] | undefined> {
  const asked = { source, file: `${product}.yaml`, against: quietSource };
  const started = await service.api<BacktestRun>('POST', `/products/${product}/backtests`, asked);
  const ended = async () => {
    const { body } = await service.api<BacktestRun>('GET', `/backtests/${started.body.id}`);
    return body.state !== 'queued' && body.state !== 'running' && body;
  };
  const { state, problem, result } = await until(ended, deadlineMs, `the backtest of ${product} is over`);
  if (result === null) throw new Error(`the backtest of ${product} ${state}: ${problem}`);
  if (result.reports !== reports) return undefined;
  return result.changes.flatMap(({ device, failureMode, candidate }) => {
    if (candidate === null) return [];
    const { severity, safety, startsAt, openedAt } = candidate;
    const times = { startsAt: Date.parse(startsAt), openedAt: Date.parse(openedAt) };
    return [{ device, failureMode, severity, safety, ...times, storm: null }];
  });
}

function readFolder({ data }: ServiceProcess, { product, source, quietSource }: GoldenCase, reports: number) {
  const file = `${product}.yaml`;
  const everything = { from: undefined, to: undefined, devices: undefined, truth: undefined };
  const packs = { candidate: { file, source }, against: { file, source: quietSource } };
  const plan = planBacktest(data, {
    product,
    ...packs,
    ...everything,
    casesPerRuleHourMax: casesPerRuleHour,
  });
  const runner = new PartRunner(data, plan, readPublishedPack);
  try {
    const outcomes = plan.parts.map((part) => runner.run(part, () => undefined));
    if (outcomes.reduce((sum, outcome) => sum + outcome.reports, 0) !== reports) return undefined;
    const told = ([0, 1] as const).map((side) => outcomes.flatMap((outcome) => outcome.told[side]));
    const { matches } = foldParts(data, plan, told, readPublishedPack);
    return matches.flatMap((match) => match.candidate ?? []);
  } finally {
    runner.close();
  }
}
