import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../servers.ts';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import { atEveryWidth, launch, openPage, seriousViolations } from './browser.ts';
import { casesOf, ledgerAtRest, minuteMs, publishReports, register } from './fixture.ts';

const chromium = requireProgram('chromium');
const consoleBuildMs = 90_000;

const live = `
product: oven
title: Oven
reports: {every: 1m, silentAfter: 1h}
signals:
  temp: {title: Temperature, unit: Cel, kind: gauge}
  door: {title: Door open, kind: state, values: [true, false]}
failureModes:
  overheated: {title: Overheated, severity: major}
  door-open: {title: Door left open, severity: minor}
rules:
  - {id: hot, title: Too hot, when: 'temp > 250.0', for: 5m, failureMode: overheated}
  - {id: ajar, title: Door ajar, when: door, for: 30m, failureMode: door-open}
  - {id: warm, title: Warm, when: 'temp > 220.0', for: 5m, failureMode: overheated, stage: shadow}
`;
const changed = live.replace(`'temp > 250.0', for: 5m`, `'temp > 200.0', for: 2m`).replace(/ {2}- \{id: ajar.*\n/, '');
const minutes = 240;

/** One report a minute up to now: hot from `hotFrom` on for an hour, warm just before, the door open in between. */
function reports(hotFrom: number, doorFrom: number, startAt: number): object[] {
  return Array.from({ length: minutes }, (_, minute) => {
    const isHot = minute >= hotFrom && minute < hotFrom + 60;
    const isWarm = minute >= hotFrom - 20 && minute < hotFrom;
    const door = minute >= doorFrom && minute < doorFrom + 45;
    const signals = { temp: isHot ? 260 : isWarm ? 230 : 180, door };
    return { at: startAt + minute * minuteMs, boot: 'b1', seq: minute, signals };
  });
}

describe('products, in the console on the real service', () => {
  if (chromium === undefined) {
    it.skip('needs chromium');
    return;
  }
  const products = mkdtempSync(join(tmpdir(), 'aftercare-products-'));
  let service: ServiceProcess;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    writeFileSync(join(products, 'oven.yaml'), live);
    service = await startService({ products });
    browser = await launch(chromium);
    ({ page, errors } = await openPage(browser));
    const startAt = Math.floor(Date.now() / minuteMs) * minuteMs - minutes * minuteMs;
    for (const [id, hotFrom, doorFrom] of [
      ['oven-1', 60, 10],
      ['oven-2', 120, 10_000],
    ] as const) {
      const device = await register(service, id, 'oven');
      await publishReports(service, device, reports(hotFrom, doorFrom, startAt));
      await ledgerAtRest(service, id, minutes);
    }
    await until(async () => (await fetch(service.url)).ok, consoleBuildMs, 'the console is built');
    const link = await until(() => /http:\S+\/setup#\S+/.exec(service.output())?.[0], 5_000, 'the link is printed');
    await page.goto(link);
    await page.getByLabel('Name').fill('ana');
    await page.getByLabel('Password', { exact: true }).fill('a calm fridge hums softly');
    await page.getByRole('button', { name: /make the account/i }).click();
    await page.getByRole('link', { name: 'Products', exact: true }).click();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    rmSync(products, { recursive: true });
  });

  const sound = (name: string) =>
    atEveryWidth(page, name, async (where) => {
      expect(await seriousViolations(page), where).toEqual([]);
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(overflow, `${where}: it scrolls sideways`).toBeLessThanOrEqual(0);
    });
  const field = () => page.getByLabel('The changed pack');

  it('are listed, and each tells its rules in sentences', async () => {
    await page.getByText('rules: 2 live, 1 shadow').waitFor();
    await sound('products');
    await page.getByRole('link', { name: 'Oven', exact: true }).click();
    const rules = page.getByRole('region', { name: 'Rules', exact: true });
    await rules
      .getByRole('listitem')
      .filter({ hasText: 'Too hot' })
      .filter({ hasText: /above 250 °C/ })
      .waitFor();
    await page.getByRole('region', { name: 'Versions' }).getByText('In force').waitFor();
  });

  it('show what a rule in shadow would have opened, beside the cases that were', async () => {
    const shadow = page.getByRole('region', { name: /in shadow would have opened/ });
    await shadow.getByText('2 times on 2 devices; 2 times beside a case of “Overheated”.').waitFor();
    await shadow.getByRole('link', { name: 'oven-1' }).waitFor();
    await shadow
      .getByRole('link', { name: /beside case #\d+/ })
      .first()
      .waitFor();
    await sound('product');
  });

  it('tell the problems of a pack by line and column, and lead there', async () => {
    await field().fill(changed.replace('temp > 200.0', 'tmp > 200.0'));
    const place = page.getByRole('button', { name: /^Line 12, column \d+$/ });
    await place.waitFor();
    await place.evaluate((element) => element.scrollIntoView({ block: 'end' }));
    await sound('product-problems');
    await place.click();
    const selected = await page.evaluate<number>(
      "document.activeElement.value.slice(0, document.activeElement.selectionStart).split('\\n').length",
    );
    expect(selected).toBe(12);
    expect(await page.getByRole('button', { name: 'Try it' }).count()).toBe(0);
  });

  it('try a changed pack on what is stored, and say what would have been', async () => {
    const [found] = await casesOf(service, 'oven-2');
    const verdict = { version: found?.version, verdict: 'confirmed_failure' };
    expect((await service.api('POST', `/cases/${found?.id}/resolve`, verdict)).status).toBe(200);
    const file = { name: 'oven changed.yaml', mimeType: 'application/yaml', buffer: Buffer.from(changed) };
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByText(/No problem\. \d+ changes against version 1/).waitFor();
    const trial = page.getByRole('region', { name: 'Trial', exact: true });
    const whole = async () => {
      await page.getByRole('button', { name: 'Try it' }).click();
      await trial.getByText(/It would have opened|Nothing changes/).waitFor();
      // The replay goes as far as the last checkpoint.
      return (await trial.innerText()).includes(`${2 * minutes} reports`);
    };
    await until(whole, 20_000, 'the trial sees all reports');
    await trial
      .getByText('It would have opened 2 cases instead of 3: 1 removed, 2 earlier; none stays the same.')
      .waitFor();
    const known = trial.getByRole('table', { name: 'By what people found cases to be' });
    await known.getByRole('row', { name: 'Faults that had a case 100 % (n = 1) 100 % (n = 1)' }).waitFor();
    await trial
      .getByRole('listitem')
      .filter({ hasText: /^Removed/ })
      .getByRole('link', { name: 'oven-1' })
      .waitFor();
    await trial.evaluate((element) => element.scrollIntoView());
    await sound('product-trial');
    expect(page.url()).toContain('trial=');
    await page.reload();
    await trial.getByText('It would have opened 2 cases instead of 3').waitFor();
  });

  it('let a trial that waits be cancelled', async () => {
    const start = () => service.api<{ id: string }>('POST', '/products/oven/backtests', { source: changed });
    const started = await Promise.all(Array.from({ length: 8 }, start));
    const last = started.at(-1)?.body.id;
    await page.goto(`${service.url}/products/oven?trial=${last}`);
    await page.getByRole('progressbar', { name: 'Trial' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('It was cancelled.').waitFor();
  });

  it('publish it after a look at what changes', async () => {
    await field().fill(changed);
    await page.getByRole('button', { name: 'Publish…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('rules.hot.when').waitFor();
    await dialog.getByText('This text has not been tried').waitFor();
    await sound('product-publish');
    await dialog.getByRole('button', { name: 'Publish version 2' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const versions = page.getByRole('region', { name: 'Versions' });
    await versions.getByRole('listitem').filter({ hasText: 'Version 2' }).filter({ hasText: 'In force' }).waitFor();
    await versions.getByText('What version 2 changed').click();
    await versions.getByText('rules.ajar').waitFor();
    await page.getByText('The text of version 2: no problem, no change.').waitFor();
    await sound('product-published');
  });

  it('say on the device why each rule stands as it does', async () => {
    await page.goto(`${service.url}/devices/oven-1`);
    const why = page.getByRole('region', { name: 'Why, and why not' });
    await why.getByRole('button', { name: 'Show how each rule stood' }).click();
    const quiet = why.getByRole('listitem').filter({ hasText: 'Too hot' }).first();
    await quiet.getByText(/Not open: temperature is 180 °C/i).waitFor();
    await quiet.getByText('What it needs to open').click();
    await quiet.getByText('(this keeps it from opening)').waitFor();
    await why.evaluate((element) => element.scrollIntoView());
    await sound('device-why');
    const chart = page.getByRole('slider', { name: 'Readings of Temperature' });
    await chart.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await expect.poll(() => why.getByLabel(/Minute/).inputValue()).not.toBe('');
  });

  it('threw nothing on the way', () => {
    expect(errors).toEqual([]);
  });
});
