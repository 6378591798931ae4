import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../servers.ts';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import { atEveryWidth, launch, openPage, seriousViolations } from './browser.ts';
import { publishReports, register } from './fixture.ts';
import { warmingFridge } from './fridge.ts';

const chromium = requireProgram('chromium');
const password = 'a calm fridge hums softly';
const consoleBuildMs = 90_000;

describe.skipIf(chromium === undefined)('the console on the real service', () => {
  let service: ServiceProcess;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    service = await startService();
    browser = await launch(chromium ?? '');
    ({ page, errors } = await openPage(browser));
    await until(() => consoleIsBuilt(service.url), consoleBuildMs, 'the console is built');
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

  it('lets the first person in by the one-time link', async () => {
    const link = await until(() => /http:\S+\/setup#\S+/.exec(service.output())?.[0], 5_000, 'the link is printed');
    await page.goto(link);
    await page.getByRole('heading', { name: 'Make your account' }).waitFor();
    await sound('setup');
    await page.getByLabel('Name').fill('ana');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: /make the account/i }).click();
    await page.getByText('Nothing waits.').waitFor();
    await sound('inbox-empty');
    const again = await browser.newPage();
    await again.goto(link);
    await again.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
    await again.close();
  });

  it('shows a case that opens by itself, without a reload', async () => {
    const device = await register(service, 'kitchen-1');
    await service.api('PATCH', '/devices/kitchen-1', { site: 'Oslo', serial: 'CF-0042' });
    await publishReports(service, device, warmingFridge(Date.now()).reports);
    await page.getByRole('link', { name: /Loss of cooling/ }).waitFor();
    await sound('inbox');
  });

  it('says why: the sentence, the chart, its readings as a table, the device and the timeline', async () => {
    await page.getByRole('link', { name: /Loss of cooling/ }).click();
    const article = page.getByRole('article');
    await article
      .getByText(/The 15-minute average of cabinet temperature has been above 8 °C/)
      .first()
      .waitFor();
    await article.getByText('CF-0042').waitFor();
    await page.locator('.uplot canvas').first().waitFor();
    await sound('case');
    await page.getByRole('button', { name: /table/i }).first().click();
    await page.getByRole('table').first().waitFor();
    expect(await page.getByRole('table').first().getByRole('row').count()).toBeGreaterThan(20);
  });

  it('takes a case by key and resolves it with a verdict', async () => {
    await page.keyboard.press('a');
    await page
      .getByRole('article')
      .getByText(/acknowledged/i)
      .first()
      .waitFor();
    await page.keyboard.press('r');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press('1');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    const { body } = await service.api<{ items: { state: string; verdict: string; owner: string }[] }>('GET', '/cases');
    expect(body.items).toMatchObject([{ state: 'resolved', verdict: 'confirmed_fault', owner: 'ana' }]);
    await page
      .getByRole('article')
      .getByText(/resolved/i)
      .first()
      .waitFor();
  });

  it('signs in and out', async () => {
    const { context, page: other } = await openPage(browser);
    await other.goto(service.url);
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await atEveryWidth(other, 'sign-in', async (where) => {
      expect(await seriousViolations(other), where).toEqual([]);
    });
    await other.getByLabel('Name').fill('ana');
    await other.getByLabel('Password', { exact: true }).fill('not the password at all');
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByText('Name or password is not right.').waitFor();
    await other.getByLabel('Password', { exact: true }).fill(password);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByRole('navigation').first().waitFor();
    await context.close();
  });

  it('threw nothing on the way', () => {
    expect(errors).toEqual([]);
  });
});

async function consoleIsBuilt(url: string): Promise<boolean> {
  const response = await fetch(url, { headers: { accept: 'text/html' } });
  return response.status === 200 && (await response.text()).includes('/assets/');
}
