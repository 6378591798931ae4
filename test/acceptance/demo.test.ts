import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import type { CaseItem, Page } from './fixture.ts';

interface Demo {
  readonly running: boolean;
  readonly devices: number;
  readonly startedAt: string | null;
}

let service: ServiceProcess;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

const firstCaseMs = 120_000;
const demo = async (method: string) => (await service.api<Demo>(method, '/demo')).body;

it('begins when it is asked to, opens its first case within two minutes, and ends', async () => {
  expect(service.output()).toContain('npm run -s simulate -- demo');
  expect(await demo('GET')).toEqual({ running: false, devices: 40, startedAt: null });

  const started = await demo('POST');
  expect(started).toMatchObject({ running: true, startedAt: expect.any(String) });
  expect(await demo('POST')).toEqual(started);

  const cases = await until(
    async () => {
      const { items } = (await service.api<Page<CaseItem>>('GET', '/cases')).body;
      return items.length > 0 && items;
    },
    firstCaseMs,
    'the demo opens a case',
  );
  expect(cases[0]?.device).toMatch(/^demo-/);

  expect(await demo('DELETE')).toMatchObject({ running: false });
  expect(await demo('DELETE')).toMatchObject({ running: false });
  const { body } = await service.api<{ devices: number }>('GET', '/fleet');
  expect(body.devices).toBe(40);
}, 180_000);

it('begins anew with other devices, and ends with the service', async () => {
  expect(await service.api('POST', '/demo')).toMatchObject({ status: 200, body: { running: true } });
  const { body } = await service.api<{ devices: number; retired: number }>('GET', '/fleet');
  expect(body).toMatchObject({ devices: 40, retired: 40 });
  // That it ends in good order with the demo running is checked when it stops.
});
