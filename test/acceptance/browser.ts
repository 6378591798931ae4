import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Without these Chromium asks the outside world for things that no test needs. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const widths = { desktop: 1440, tablet: 768, phone: 360 } as const;
export const themes = ['light', 'dark'] as const;

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: quiet });
}

export async function openPage(browser: Browser): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const context = await browser.newContext({
    viewport: { width: widths.desktop, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return { context, page, errors };
}

export interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

/** What axe finds serious or critical on the page as it is. */
export async function seriousViolations(page: Page): Promise<Violation[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const axe = Reflect.get(globalThis, 'axe') as {
      run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((node) => node.html.slice(0, 200)) }));
  });
}

/** Looks at the page at every width in both themes; with SCREENSHOTS=folder, keeps the pictures. */
export async function atEveryWidth(page: Page, name: string, look: (where: string) => Promise<void>): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const [size, width] of Object.entries(widths)) {
      await page.setViewportSize({ width, height: size === 'phone' ? 740 : 900 });
      await look(`${name}, ${theme}, ${width} px`);
      if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
    }
  }
  await page.setViewportSize({ width: widths.desktop, height: 900 });
}
