import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../servers.ts';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import { atEveryWidth, launch, openPage, seriousViolations } from './browser.ts';
import { casesOf, publishReports, register } from './fixture.ts';
import { warmingFridge } from './fridge.ts';

const chromium = requireProgram('chromium');
const consoleBuildMs = 90_000;
const hourMs = 3_600_000;

/** As a field of the browser, which is in the same zone as this process. */
function fieldTime(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Whether all of an element is inside the window. */
async function isInSight(element: Locator): Promise<boolean> {
  const box = await element.boundingBox();
  const window = element.page().viewportSize();
  return box !== null && window !== null && box.y >= 0 && box.y + box.height <= window.height;
}

/** How far apart the middles of two elements are, in px. */
async function offMiddle(outer: Locator, inner: Locator): Promise<number> {
  const [a, b] = [await outer.boundingBox(), await inner.boundingBox()];
  if (a === null || b === null) return Number.NaN;
  return Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
}

describe('maintenance, in the console on the real service', () => {
  if (chromium === undefined) {
    it.skip('needs chromium');
    return;
  }
  let service: ServiceProcess;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    service = await startService();
    browser = await launch(chromium);
    ({ page, errors } = await openPage(browser));
    await until(async () => (await fetch(service.url)).ok, consoleBuildMs, 'the console is built');
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  const sound = (name: string) =>
    atEveryWidth(page, name, async (where) => {
      expect(await seriousViolations(page), where).toEqual([]);
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(overflow, `${where}: it scrolls sideways`).toBeLessThanOrEqual(0);
    });

  it('is planned by a person', async () => {
    const link = await until(() => /http:\S+\/setup#\S+/.exec(service.output())?.[0], 5_000, 'the link is printed');
    await page.goto(link);
    await page.getByLabel('Name').fill('ana');
    await page.getByLabel('Password', { exact: true }).fill('a calm fridge hums softly');
    await page.getByRole('button', { name: /make the account/i }).click();
    await page.getByRole('link', { name: 'Maintenance', exact: true }).click();
    await page.getByText('No device is in maintenance.').waitFor();
    await sound('maintenance-empty');
    await page.getByRole('button', { name: 'Plan maintenance' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('New door seals');
    await dialog.getByLabel('From').fill(fieldTime(Date.now() - 3 * hourMs));
    await sound('maintenance-plan');
    const plan = dialog.getByRole('button', { name: 'Plan' });
    const told = dialog.getByText(/It names no devices/);
    await page.setViewportSize({ width: 360, height: 740 });
    await dialog.getByLabel('Reason').press('Enter');
    await told.waitFor();
    expect(await isInSight(told), 'what went wrong is in sight where the form is longer than the screen').toBe(true);
    expect(await dialog.getByText('openapi.json').count()).toBe(0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await dialog.getByLabel('Site').fill('Oslo');
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/v1/maintenance', async (route) => {
      if (route.request().method() === 'POST') await held;
      await route.continue();
    });
    await plan.click();
    expect(await offMiddle(plan, plan.locator('.mantine-Button-loader')), 'the spinner is in the middle').toBeLessThan(
      2,
    );
    answer();
    await dialog.waitFor({ state: 'hidden' });
    await page.unroute('**/api/v1/maintenance');
    await page.getByRole('listitem').filter({ hasText: 'New door seals' }).filter({ hasText: 'Site Oslo' }).waitFor();
  });

  it('hides what is found, and says so on the device and in its list', async () => {
    const device = await register(service, 'kitchen-1');
    await service.api('PATCH', '/devices/kitchen-1', { site: 'Oslo' });
    await publishReports(service, device, warmingFridge(Date.now()).reports);
    await page.getByText('What it hid').click();
    const found = page.getByRole('listitem').filter({ hasText: /has been above 8 °C/ });
    await until(
      async () => {
        await page.reload();
        await page.getByText('What it hid').click();
        return found
          .first()
          .waitFor({ timeout: 2_000 })
          .then(
            () => true,
            () => false,
          );
      },
      20_000,
      'the finding is listed',
    );
    await sound('maintenance');
    expect((await service.api<{ items: unknown[] }>('GET', '/cases')).body.items).toEqual([]);
    await found.first().getByRole('link', { name: 'kitchen-1' }).click();
    const note = page.getByRole('note');
    await note.getByText(/In maintenance until .*“New door seals” \(ana\)/).waitFor();
    await note.getByText('1 finding holds and is hidden by maintenance').waitFor();
    await sound('device-in-maintenance');
  });

  it('lets what still holds open its case when it ends, and tells where it comes from', async () => {
    await page.getByRole('link', { name: 'Maintenance', exact: true }).click();
    await page.getByRole('button', { name: 'End now: New door seals' }).click();
    await page.getByText('No device is in maintenance.').waitFor();
    const [item] = await casesOf(service, 'kitchen-1');
    await page.goto(`${service.url}/cases/${item?.id}`);
    await page.getByText(/Opened after maintenance “New door seals” \(ana\)/).waitFor();
    expect(await page.getByRole('note').count()).toBe(0);
    await sound('case-after-maintenance');
  });

  it('threw nothing on the way', () => {
    expect(errors).toEqual([]);
  });
});
