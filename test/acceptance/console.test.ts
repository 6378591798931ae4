import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInfluxd, type TestServer } from '../integration/influx-server.ts';
import { requireProgram } from '../servers.ts';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import { atEveryWidth, launch, openPage, seriousViolations } from './browser.ts';
import { connectDevice, ledgerOf, publishReports, register } from './fixture.ts';
import { warmingFridge } from './fridge.ts';

const chromium = requireProgram('chromium');
const password = 'a calm fridge hums softly';
const consoleBuildMs = 90_000;

/** Where the service keeps telemetry: with itself, or in Debian's InfluxDB as well. */
const homes = [
  { home: 'the embedded store', program: chromium },
  { home: 'InfluxDB', program: chromium && requireProgram('influxd') },
] as const;

describe.each(homes)('the console on the real service with $home', ({ home, program }) => {
  if (program === undefined) {
    it.skip('needs chromium and, for InfluxDB, influxd');
    return;
  }
  let influx: TestServer | undefined;
  let service: ServiceProcess;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    influx = home === 'InfluxDB' ? await startInfluxd(program) : undefined;
    service = await startService(influx ? { env: { INFLUX_URL: influx.url } } : {});
    browser = await launch(chromium ?? '');
    ({ page, errors } = await openPage(browser));
    await until(() => consoleIsBuilt(service.url), consoleBuildMs, 'the console is built');
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await influx?.destroy();
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
    await page.getByLabel('Password', { exact: true }).fill('eleven char');
    await page.getByRole('button', { name: /make the account/i }).click();
    await page.getByText('One more character is needed.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: /make the account/i }).click();
    await page.getByText('Nothing waits.').waitFor();
    expect(await page.getByText('Choose a case').count()).toBe(0);
    await sound('inbox-empty');
    await page.getByRole('link', { name: 'Fleet', exact: true }).click();
    await page.getByRole('heading', { name: 'No device yet' }).waitFor();
    await page.getByText('curl http').waitFor();
    await sound('fleet-empty');
    await page.goto(`${service.url}/fleet/reports`);
    await page.getByText('No report has come yet.').waitFor();
    await page.getByRole('link', { name: 'Triage', exact: true }).click();
    const again = await browser.newPage();
    await again.goto(link);
    await again.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
    await again.close();
  });

  it.each(['case', 'device', 'product'])('says of a %s that is not there that it is not', async (what) => {
    const other = await page.context().newPage();
    await other.goto(`${service.url}/${what}s/nope`);
    await other.getByRole('heading', { level: 1, name: `There is no such ${what}` }).waitFor();
    expect(await other.getByRole('alert').count()).toBe(0);
    expect(await seriousViolations(other)).toEqual([]);
    await other.close();
  });

  it('shows a case that opens by itself, without a reload', async () => {
    const device = await register(service, 'kitchen-1');
    await service.api('PATCH', '/devices/kitchen-1', { site: 'Oslo', serial: 'CF-0042' });
    await publishReports(service, device, warmingFridge(Date.now()).reports);
    await page.getByRole('link', { name: /Loss of cooling/ }).waitFor();
    await sound('inbox');
  });

  it('says why: the sentence, the chart, its readings as a table, the device, what to do, and the timeline', async () => {
    await page.getByRole('link', { name: /Loss of cooling/ }).click();
    const article = page.getByRole('article');
    await article
      .getByText(/The 15-minute average of cabinet temperature has been above 8 °C/)
      .first()
      .waitFor();
    await article.getByText('CF-0042').waitFor();
    const playbook = article.getByRole('region', { name: /Restore cooling/ });
    await playbook.getByRole('listitem').filter({ hasText: 'Pull the plug, wait ten minutes' }).waitFor();
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
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Resolve' }).press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('1');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    const title = page.getByRole('heading', { level: 1, name: 'Loss of cooling' });
    expect(await until(() => title.evaluate((h1) => h1.matches(':focus')), 5_000, 'reading goes on at the title')).toBe(
      true,
    );
    const { body } = await service.api<{ items: { state: string; verdict: string; owner: string }[] }>('GET', '/cases');
    expect(body.items).toMatchObject([{ state: 'resolved', verdict: 'confirmed_fault', owner: 'ana' }]);
    await page
      .getByRole('article')
      .getByText(/resolved/i)
      .first()
      .waitFor();
  });

  it('counts the fleet by health and shows one state at the press of a tile', async () => {
    await register(service, 'kitchen-2');
    await page.getByRole('link', { name: 'Fleet', exact: true }).click();
    await page.getByRole('row', { name: /kitchen-1.*Degraded/ }).waitFor();
    await page.getByRole('row', { name: /kitchen-2.*Unknown/ }).waitFor();
    await sound('fleet');
    await page.getByRole('link', { name: /1\s+Degraded/ }).click();
    await page.getByRole('row', { name: /kitchen-2/ }).waitFor({ state: 'detached' });
    expect(page.url()).toContain('health=degraded');
    await page.getByLabel('Search devices').fill('nothing like it');
    await page.getByText('No device matches').waitFor();
    await sound('fleet-nothing');
    await page.getByRole('link', { name: 'Clear the filter' }).click();
    await page.getByRole('row', { name: /kitchen-2/ }).waitFor();
  });

  it('lets a new device wait, so that no row moves under its reader', async () => {
    const before = await page.getByRole('rowheader').allInnerTexts();
    await register(service, 'kitchen-0');
    const bar = page.getByRole('button', { name: /1 new/ });
    await bar.waitFor();
    expect(await page.getByRole('rowheader').allInnerTexts()).toEqual(before);
    await page.keyboard.press('u');
    await page.getByRole('row', { name: /kitchen-0/ }).waitFor();
    await bar.waitFor({ state: 'hidden' });
  });

  it('opens a device by key: all signals at one time, its cases, findings, ledger, and what was set aside', async () => {
    const secret = await service.api<{ secret: string }>('POST', '/devices/kitchen-1/secret');
    const client = await connectDevice(service, { id: 'kitchen-1', secret: secret.body.secret });
    await client.publishAsync('devices/kitchen-1/reports', '{"at": oops', { qos: 1 });
    await client.endAsync();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const article = page.getByRole('article');
    const title = article.getByRole('heading', { name: 'kitchen-1' });
    await title.waitFor();
    expect(await title.evaluate((h1) => h1.matches(':focus')), 'reading goes on at the title').toBe(true);
    await page.locator('.uplot canvas').nth(1).waitFor();
    await article.getByText('undecodable').waitFor();
    await sound('device');
    await article.getByRole('slider', { name: /cabinet temperature/i }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.locator('[class*="crosshairDot"]').nth(1).waitFor();
    await article.getByText(/this is not JSON/).click();
    await article.getByText('{"at": oops', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Tables' }).click();
    await page.getByRole('table').first().waitFor();
  });

  it('leads from the device to its case, and back to its row in the fleet', async () => {
    const article = page.getByRole('article');
    await article.getByRole('link', { name: 'Loss of cooling' }).click();
    await article.getByRole('heading', { name: 'Loss of cooling' }).waitFor();
    await article.getByRole('link', { name: 'kitchen-1' }).first().click();
    await article.getByRole('heading', { name: 'kitchen-1' }).waitFor();
    await page.keyboard.press('Escape');
    const row = page.getByRole('row', { name: /kitchen-1/ }).getByRole('link');
    await row.waitFor();
    expect(await until(() => row.evaluate((link) => link.matches(':focus')), 5_000, 'its row has the focus')).toBe(
      true,
    );
  });

  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => {
      const seq = from + index;
      return { at: Date.UTC(2024, 0, 1, 0, seq), boot: 'b1', seq, signals: { cabinet_temp: 4 } };
    });
  const publishAs = async (id: string, reports: readonly unknown[]) => {
    const { body } = await service.api<{ secret: string }>('POST', `/devices/${id}/secret`);
    await publishReports(service, { id, secret: body.secret }, reports);
  };

  it('says what became of every report, names what never arrived, and forgets a gap that closes', async () => {
    await publishAs('kitchen-2', [...numbered(0, 1), ...numbered(5, 8), ...numbered(5, 6), ...numbered(10, 10)]);
    await page.reload();
    await page.getByText('4 reports never arrived').waitFor();
    await page.getByRole('link', { name: /^\d+ reports$/ }).click();
    await page.getByRole('heading', { name: 'Reports of the fleet' }).waitFor();
    await page.getByRole('row', { name: 'kitchen-2 b1 2–4 3' }).waitFor();
    await page.getByRole('row', { name: 'kitchen-2 b1 9 1' }).waitFor();
    await page.getByText('Sent twice').waitFor();
    await sound('reports');
    await publishAs('kitchen-2', numbered(2, 4));
    await page.getByRole('row', { name: 'kitchen-2 b1 2–4 3' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'kitchen-2' }).click();
    const ledger = page.getByRole('article').getByRole('region', { name: 'Its reports' });
    await ledger.getByRole('row', { name: 'b1 9 1' }).waitFor();
    await ledger.getByText('1 report never arrived, in 1 gap').waitFor();
    await atEveryWidth(page, 'device-reports', async (where) => {
      await ledger.scrollIntoViewIfNeeded();
      expect(await seriousViolations(page), where).toEqual([]);
    });
  });

  it.runIf(home === 'InfluxDB')('turns red, with the range, when the counts do not meet for a minute', async () => {
    await influx?.kill();
    await publishAs('kitchen-2', numbered(11, 12));
    const other = await page.context().newPage();
    await other.clock.install();
    await other.goto(`${service.url}/devices/kitchen-2`);
    const onTheWay = other.getByText(/^On the way through: reports 11 to 12 of those accepted are not stored/);
    await onTheWay.waitFor();
    expect(await other.getByRole('alert').count()).toBe(0);
    await other.clock.fastForward(120_000);
    const alerts = () => other.getByRole('alert').allTextContents();
    const stuck = (minutes: string) =>
      expect.stringMatching(new RegExp(`have not met for ${minutes} min: reports \\d+ to \\d+ of those`));
    await expect.poll(alerts, { timeout: 30_000 }).toEqual([stuck('[23]')]);
    expect(await alerts()).toEqual([expect.stringContaining('reports 11 to 12 of those')]);
    await other.goto(`${service.url}/fleet`);
    await expect.poll(alerts, { timeout: 30_000 }).toEqual([stuck('[23]')]);
    await other.clock.fastForward(120_000);
    await expect.poll(alerts, { timeout: 30_000 }).toEqual([stuck('[45]')]);
    await atEveryWidth(other, 'fleet-behind', async (where) => {
      expect(await seriousViolations(other), where).toEqual([]);
    });
    await other.close();
    await influx?.start();
    await until(async () => (await ledgerOf(service, 'kitchen-2')).stored === 12, 60_000, 'InfluxDB has it all');
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
