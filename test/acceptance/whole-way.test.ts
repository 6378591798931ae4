import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import {
  type CaseItem,
  casesOf,
  deadlineMs,
  findingsOf,
  hasMosquitto,
  iso,
  ledgerAtRest,
  minuteMs,
  mosquittoPublish,
  type Page,
  type Problem,
  register,
  type Series,
  type TestDevice,
  type TimelineItem,
} from './fixture.ts';
import { meanBefore, warmingFridge } from './fridge.ts';

/** Before the temperatures, the compressor's current alone: long enough for its detector to know what to expect. */
const currentReports = 80;
const fridge = warmingFridge(Date.now());
const current = (index: number): number => 1.9 + (index % 5) / 50;
const currents = Array.from({ length: currentReports }, (_, index) => ({
  at: fridge.firstAt + (index - currentReports) * minuteMs,
  boot: 'b0',
  seq: index,
  signals: { compressor_current: current(index) },
}));
const sent = currentReports + fridge.reports.length;

describe.skipIf(!hasMosquitto)('a fridge that warms up, by Debian’s mosquitto_pub', () => {
  let service: ServiceProcess;
  let device: TestDevice;
  let opened: CaseItem;

  const publish = async (...reports: readonly object[]): Promise<void> => {
    const message = JSON.stringify(reports.length === 1 ? reports[0] : reports);
    const result = await mosquittoPublish(service, device, ['-t', `devices/${device.id}/reports`, '-m', message]);
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
  };

  beforeAll(async () => {
    service = await startService();
    device = await register(service, 'fridge-1');
    await publish(...currents);
    await publish(...fridge.reports.slice(0, 40));
    for (const report of fridge.reports.slice(40)) await publish(report);
    const [item] = await casesOf(service, device.id);
    if (!item) throw new Error('there is a case');
    opened = item;
  });

  afterAll(() => service.stop());

  it('has a case that says what, since when and how bad', () => {
    const { id, createdAt, updatedAt, explanation, ...rest } = opened;
    expect(rest).toEqual({
      number: expect.any(Number),
      device: 'fridge-1',
      product: 'cold-fridge',
      failureMode: 'cooling-loss',
      title: 'Loss of cooling',
      severity: 'major',
      safety: false,
      state: 'new',
      owner: null,
      openedAt: iso(fridge.firstAt + fridge.opened * minuteMs),
      startsAt: iso(fridge.firstAt + fridge.began * minuteMs),
      version: 1,
      verdict: null,
      note: null,
      resolvedAt: null,
      recurrenceOf: null,
      findings: 1,
      findingsOpen: 1,
      devices: 1,
      storm: null,
    });
    expect(id).not.toBe('');
    expect(Date.parse(createdAt)).toBeGreaterThan(Date.parse(opened.openedAt));
    expect(updatedAt).toBe(createdAt);
    expect(explanation).not.toBe('');
  });

  it('explains it by the readings', () => {
    const temperatures = fridge.reports.map((report) => Number(report.signals.cabinet_temp));
    const mean = Number(meanBefore(temperatures, fridge.opened).toPrecision(4));
    const time = opened.openedAt.slice(11, 16);
    expect(opened.explanation).toBe(
      'The 15-minute average of cabinet temperature has been above 8 °C for 10 minutes ' +
        `(${mean} °C at ${time} UTC) with the door not open.`,
    );
  });

  it('tells it in lists, by product, state and words, and to nobody without rights', async () => {
    const numbersOf = async (query: string) => {
      const { body } = await service.api<Page<CaseItem>>('GET', `/cases${query}`);
      return body.items.map(({ number }) => number);
    };
    expect(await numbersOf('')).toEqual([opened.number]);
    expect(await numbersOf('?product=cold-fridge&state=new&q=cooling')).toEqual([opened.number]);
    expect(await numbersOf('?state=resolved')).toEqual([]);
    expect(await numbersOf('?device=fridge-2')).toEqual([]);
    expect((await fetch(`${service.url}/api/v1/cases`)).status).toBe(401);
  });

  it('has the finding behind the case', async () => {
    const findings = await findingsOf(service, device.id);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      source: 'rule:warm-cabinet',
      signal: 'cabinet_temp',
      severity: 'major',
      state: 'raised',
      startsAt: opened.startsAt,
      endsAt: null,
      explanation: opened.explanation,
      case: opened.id,
    });
  });

  it('shows every reading once, and what was expected of it', async () => {
    const series = async (name: string, query = '') =>
      (await service.api<Series>('GET', `/devices/${device.id}/signals/${name}${query}`)).body;
    await ledgerAtRest(service, device.id, sent);
    const whole = await series('cabinet_temp', '?points=1');
    expect(whole.points).toHaveLength(1);
    const temperatures = fridge.reports.map((report) => Number(report.signals.cabinet_temp));
    expect(whole.points[0]).toMatchObject({ min: 4, max: 9.2, count: fridge.reports.length });
    expect(whole.points[0]?.mean).toBeCloseTo(
      temperatures.reduce((sum, value) => sum + value, 0) / temperatures.length,
      9,
    );
    const tenFrom = iso(fridge.firstAt);
    const ten = await series('cabinet_temp', `?from=${tenFrom}&to=${fridge.firstAt + 10 * minuteMs}`);
    expect(ten.points.map(({ at, mean, count }) => [at, mean, count])).toEqual(
      fridge.reports.slice(0, 10).map(({ at, signals }) => [iso(at), signals.cabinet_temp, 1]),
    );
    const { points, band } = await series('compressor_current');
    expect(points.reduce((sum, { count }) => sum + count, 0)).toBe(currentReports);
    expect(band.length).toBeGreaterThan(0);
    for (const { low, high } of band) {
      expect(low).toBeLessThan(1.9);
      expect(high).toBeGreaterThan(1.98);
    }
    const unknown = await service.api<Problem>('GET', `/devices/${device.id}/signals/cabinet_tmp`);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'signal-not-found' } });
    expect(unknown.body.hint).toContain('cabinet_temp');
  });

  it('counts every report: acknowledged, stored, evaluated', async () => {
    const ledger = await ledgerAtRest(service, device.id, sent);
    const none = {
      duplicates: 0,
      quarantined: 0,
      late: 0,
      tooLate: 0,
      uncorrected: 0,
      conflicts: 0,
      readingsRejected: 0,
      gaps: [],
    };
    expect(ledger).toEqual({ received: sent, acknowledged: sent, stored: sent, evaluated: sent, ...none });
    const { body } = await service.api<Record<string, unknown>>('GET', '/ledger');
    expect(body).toMatchObject({ received: sent, acknowledged: sent, devices: 1, behindSince: null });
  });

  it('lets a second finding join the case, and people take it over and end it', async () => {
    const path = `/cases/${opened.id}`;
    const read = async () => (await service.api<CaseItem>('GET', path)).body;
    const act = (action: string, body: object) => service.api<CaseItem & Problem>('POST', `${path}/${action}`, body);
    const lastAt = fridge.firstAt + fridge.reports.length * minuteMs;
    const fault = (seq: number, active: boolean) => ({
      at: lastAt + seq * minuteMs,
      boot: 'b2',
      seq,
      faults: [{ code: 'E21', active }],
    });

    await publish(fault(0, true));
    const joined = await until(async () => (await read()).findings === 2 && (await read()), deadlineMs, 'it joins');
    expect(joined).toMatchObject({ number: opened.number, state: 'new', severity: 'major', findingsOpen: 2 });
    expect(await casesOf(service, device.id)).toHaveLength(1);

    const stale = await act('acknowledge', { version: opened.version });
    expect(stale).toMatchObject({ status: 409, body: { code: 'version-conflict' } });
    const taken = await act('acknowledge', { version: joined.version });
    expect(taken).toMatchObject({ status: 200, body: { state: 'acknowledged', owner: 'api' } });
    const twice = await act('acknowledge', { version: taken.body.version });
    expect(twice).toMatchObject({ status: 422, body: { code: 'case-refused' } });
    expect(twice.body.detail).not.toBe('');
    const unknown = await act('resolve', { version: taken.body.version, verdict: 'who_knows' });
    expect(unknown.status).toBe(422);
    const verdict = { version: taken.body.version, verdict: 'confirmed_fault', note: 'Sensor replaced' };
    const resolved = await act('resolve', verdict);
    expect(resolved).toMatchObject({
      status: 200,
      body: { state: 'resolved', verdict: 'confirmed_fault', note: 'Sensor replaced' },
    });
    expect(resolved.body.resolvedAt).not.toBeNull();

    await publish(fault(1, false));
    await publish(fault(2, true));
    const both = await casesOf(service, device.id, 2);
    expect(both.map(({ number, state }) => [number, state])).toEqual([
      [opened.number + 1, 'new'],
      [opened.number, 'resolved'],
    ]);
    expect(both[0]).toMatchObject({ failureMode: 'cooling-loss', recurrenceOf: opened.id });

    const { items } = (await service.api<Page<TimelineItem>>('GET', `${path}/timeline`)).body;
    const kinds = items.map(({ kind, actor }) => `${actor} ${kind}`);
    expect(kinds.slice(0, 4)).toEqual(['engine opened', 'engine joined', 'api acknowledged', 'api resolved']);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    for (const { at, text } of items) expect([Number.isFinite(Date.parse(at)), text === '']).toEqual([true, false]);
  });
});
