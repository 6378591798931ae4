import { expect } from 'vitest';
import {
  type CaseItem,
  type FindingItem,
  findingsOf,
  iso,
  type Ledger,
  ledgerOf,
  type Page,
  type Series,
} from '../acceptance/fixture.ts';
import { type ServiceProcess, until } from '../service-process.ts';
import { sum } from './load.ts';
import { eventTime, type LoadPlan, ruleBreaks } from './load-plan.ts';

/** What is found when nothing is under way. */
export interface Figures {
  /** Reports that devices have got a PUBACK for. */
  readonly acknowledged: number;
  /** Of these the ones that cannot be found again. */
  readonly lost: number;
  /** Reports that count more than once. */
  readonly twice: number;
  /** Sent again by devices that did not hear of their acknowledgement, and known again. */
  readonly duplicates: number;
  readonly cases: number;
  /** Cases beyond the one that a device should have. */
  readonly casesTwice: number;
}

const restDeadlineMs = 120_000;

/** The counts of all devices, once all that was acknowledged, `least` or more, is stored and evaluated. */
export async function fleetAtRest(service: ServiceProcess, least = 0): Promise<Ledger> {
  let last: unknown;
  const rest = async () => {
    const ledger = (await service.api<Ledger & { behindSince: string | null }>('GET', '/ledger')).body;
    last = ledger;
    const { received, acknowledged, stored, evaluated, duplicates, quarantined, behindSince } = ledger;
    const counted = received === acknowledged + duplicates + quarantined;
    if (acknowledged < least) return false;
    return counted && behindSince === null && acknowledged === stored && acknowledged === evaluated && ledger;
  };
  return until(rest, restDeadlineMs, 'the ledger is at rest').catch((error: unknown) => {
    throw new Error(`${String(error)}; the ledger was ${JSON.stringify(last)}`);
  });
}

export async function allCases(service: ServiceProcess): Promise<readonly CaseItem[]> {
  return (await service.api<Page<CaseItem>>('GET', '/cases?limit=1000')).body.items;
}

/** Recounts a paused load: its devices' own count against ledger, store and cases. Fails on anything that is not so. */
export async function expectAtRest(service: ServiceProcess, plan: LoadPlan, sent: readonly number[]): Promise<Figures> {
  // What was acknowledged a moment ago may not have been read from the log yet.
  const fleet = await fleetAtRest(service, sum(sent));
  const cases = await allCases(service);
  let lost = 0;
  let twice = 0;
  for (const [device, { id }] of plan.devices.entries()) {
    const own = sent[device] ?? 0;
    const ledger = await ledgerOf(service, id);
    const series = await service.api<Series>('GET', `/devices/${id}/signals/cabinet_temp?points=1`);
    const stored = sum(series.body.points.map(({ count }) => count));
    lost += Math.max(0, own - Math.min(stored, ledger.acknowledged));
    twice += Math.max(0, Math.max(stored, ledger.acknowledged) - own);
    expect(ledger, id).toMatchObject({ acknowledged: own, stored: own, evaluated: own, gaps: [], conflicts: 0 });
    expect(ledger, id).toMatchObject({ quarantined: 0, late: 0, readingsRejected: 0 });
    await expectFindings({ service, device: id, number: device, sent: own, cases });
  }
  const due = plan.devices.filter((_, device) => ruleBreaks(device, sent[device] ?? 0).length > 0).length;
  const figures: Figures = {
    acknowledged: sum(sent),
    lost,
    twice,
    duplicates: fleet.duplicates,
    cases: cases.length,
    casesTwice: cases.length - new Set(cases.map(({ device }) => device)).size,
  };
  expect(figures).toMatchObject({ lost: 0, twice: 0, casesTwice: 0 });
  expect(cases.length).toBeGreaterThanOrEqual(due);
  expect(new Set(cases.map(({ number }) => number)).size).toBe(cases.length);
  return figures;
}

/** The rule's findings stand where the reports' own times put them, each once, all with the device's one case. */
async function expectFindings(context: {
  readonly service: ServiceProcess;
  readonly device: string;
  readonly number: number;
  readonly sent: number;
  readonly cases: readonly CaseItem[];
}): Promise<void> {
  const { service, device, number, sent, cases } = context;
  const breaks = ruleBreaks(number, sent).slice(-50);
  const own = cases.find((item) => item.device === device);
  const findings: FindingItem[] = [];
  const from = breaks[0] === undefined ? '' : `?limit=1000&from=${eventTime(breaks[0].began)}`;
  if (from === '') findings.push(...(await findingsOf(service, device)));
  else findings.push(...(await service.api<Page<FindingItem>>('GET', `/devices/${device}/findings${from}`)).body.items);
  const rule = findings.filter(({ source }) => source === 'rule:warm-cabinet');
  expect(rule.map(({ startsAt, openedAt, case: of }) => ({ startsAt, openedAt, of }))).toEqual(
    breaks.map(({ began, opened }) => ({
      startsAt: iso(eventTime(began)),
      openedAt: iso(eventTime(opened)),
      of: own?.id,
    })),
  );
}
