import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startService } from '../service-process.ts';
import { casesOf, findingsOf, iso, ledgerAtRest, minuteMs, publishReports, register } from './fixture.ts';
import { warmingFridge } from './fridge.ts';

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'goes on after %s where it was, in the middle of a rule’s `for`',
  async (how) => {
    const folder = mkdtempSync(join(tmpdir(), 'aftercare-restart-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const fridge = warmingFridge(Date.now());
    const halfway = fridge.began + 5;

    const before = await startService({ data: folder });
    onTestFinished(async () => {
      await before.kill('SIGKILL');
    });
    const device = await register(before, 'fridge-1');
    await publishReports(before, device, fridge.reports.slice(0, halfway));
    const counted = await ledgerAtRest(before, device.id, halfway);
    expect(await findingsOf(before, device.id)).toEqual([]);
    const end = await before.kill(how);
    expect(end).toEqual(how === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' });

    const after = await startService({ data: folder, ports: before.ports });
    onTestFinished(async () => {
      await after.kill('SIGKILL');
    });
    expect(await ledgerAtRest(after, device.id, halfway)).toEqual(counted);
    expect((await after.api<{ items: unknown[] }>('GET', '/cases')).body.items).toEqual([]);
    // The last one was acknowledged before: the device did not hear of it and sends it again.
    await publishReports(after, device, fridge.reports.slice(halfway - 1));
    const [item] = await casesOf(after, device.id);
    expect(item).toMatchObject({
      failureMode: 'cooling-loss',
      startsAt: iso(fridge.firstAt + fridge.began * minuteMs),
      openedAt: iso(fridge.firstAt + fridge.opened * minuteMs),
    });
    expect(item?.explanation).toContain('has been above 8 °C for 10 minutes');
    const count = fridge.reports.length;
    const ledger = await ledgerAtRest(after, device.id, count + 1);
    expect(ledger).toMatchObject({ acknowledged: count, duplicates: 1, gaps: [], late: 0, conflicts: 0 });
    expect(await findingsOf(after, device.id)).toHaveLength(1);

    await after.kill('SIGTERM');
    const third = await startService({ data: folder, ports: before.ports });
    onTestFinished(async () => {
      await third.kill('SIGKILL');
    });
    expect(await casesOf(third, device.id)).toEqual([item]);
    expect(await ledgerAtRest(third, device.id, count + 1)).toEqual(ledger);
  },
);
