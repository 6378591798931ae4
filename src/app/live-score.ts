import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveRun, PublishProgress } from '../../simulators/index.ts';
import { type OpenedCase, type ReportTally, type ScoreCard, scoreRun } from '../backtest/index.ts';
import { parseInstant, secondMs } from '../base/index.ts';
import { type Api, call, hasText, itemsOf, refused } from './api-client.ts';

const ledgerNames = [
  'received',
  'acknowledged',
  'duplicates',
  'quarantined',
  'conflicts',
  'late',
  'stored',
  'evaluated',
] as const;

type Ledger = Record<(typeof ledgerNames)[number], number>;

const restEveryMs = 200;
const restMsMax = 60 * secondMs;

/** Scores a run at a service by what its API tells. `progress` is how far the run has come. */
export async function scoreLive(api: Api, run: LiveRun, progress: PublishProgress): Promise<ScoreCard> {
  const { truth, devices, counts, startAt } = run;
  const { generated, lost, waiting } = counts;
  const ledger = await ledgerAtRest(api, run, progress.acknowledgedReports);
  const reports: ReportTally = {
    generated,
    lostByDevices: lost,
    waitingInDevices: waiting,
    sent: progress.acknowledgedReports,
    repeated: progress.repeatedReports,
    ...ledger,
  };
  const cases: OpenedCase[] = [];
  for (const { id } of devices) cases.push(...(await casesOf(api, run, id)));
  return scoreRun({ truth, cases, silences: undefined, reports, devices: devices.length, startAt, endAt: progress.at });
}

/** The sum of the devices' ledgers, once all that was acknowledged is stored and judged. */
async function ledgerAtRest(api: Api, run: LiveRun, sent: number): Promise<Ledger> {
  for (const deadline = Date.now() + restMsMax; ; await sleep(restEveryMs)) {
    const sum = Object.fromEntries(ledgerNames.map((name) => [name, 0])) as Ledger;
    for (const { id } of run.devices) {
      const answer = await call(api, `/api/v1/devices/${id}/ledger`);
      if (answer.status !== 200) throw refused(answer);
      for (const name of ledgerNames) sum[name] += numberOf(answer.body, name);
    }
    const { acknowledged, stored, evaluated } = sum;
    if ((acknowledged >= sent && stored >= sent && evaluated >= sent) || Date.now() > deadline) return sum;
  }
}

/** Cases of a device with what opened them. */
async function casesOf(api: Api, run: LiveRun, device: string): Promise<OpenedCase[]> {
  const cases = await itemsOf(api, `/api/v1/cases?device=${device}&limit=1000`);
  if (cases.length === 0) return [];
  const findings = await itemsOf(api, `/api/v1/devices/${device}/findings?limit=1000`);
  return cases.flatMap((item) => {
    if (!hasText(item, 'id') || !hasText(item, 'failureMode') || !hasText(item, 'product')) return [];
    const openedAt = instantOf(item, 'openedAt');
    const createdAt = instantOf(item, 'createdAt');
    const own = findings
      .filter((finding) => hasText(finding, 'case') && finding.case === item.id)
      .sort((a, b) => instantOf(a, 'openedAt') - instantOf(b, 'openedAt'));
    const source = hasText(own[0], 'source') ? own[0].source : 'unknown';
    // By the wall clock, from when the report was due to be sent: the run's own lag counts as the service's.
    const delayMs = source === 'silent' || source === 'assist' ? undefined : createdAt - run.wallAt(openedAt);
    const { product, failureMode } = item;
    return [{ device, product, failureMode, source, openedAt, delayMs: delayMs && Math.max(0, delayMs) }];
  });
}

function instantOf(item: unknown, key: string): number {
  return (hasText(item, key) ? parseInstant(item[key]) : undefined) ?? Number.NaN;
}

function numberOf(body: unknown, key: string): number {
  if (typeof body !== 'object' || body === null || !(key in body)) return 0;
  const value = (body as Record<string, unknown>)[key];
  return typeof value === 'number' ? value : 0;
}
