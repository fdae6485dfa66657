import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** A host name that is not loopback: browsers treat 127.0.0.1 as a secure context, but not this name. */
export const plainHost = 'exporter.example';

export interface OpenedPage extends Page {
  /** Errors and warnings in the console, exceptions, violations of the Content-Security-Policy. */
  readonly complaints: readonly string[];
}

/** Starts Chromium for the tests of a file. The returned function opens a page, which is closed after its test. */
export function useBrowser(): (url: string, options?: BrowserContextOptions) => Promise<OpenedPage> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        // Restricts the page and the browser itself to loopback.
        `--host-resolver-rules=MAP ${plainHost} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
      ],
    });
  });
  afterAll(() => browser.close());

  return async (url, options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1366, height: 900 }, timezoneId: 'UTC', ...options });
    onTestFinished(() => context.close());
    context.setDefaultTimeout(30_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    return Object.assign(page, { complaints });
  };
}

/** Returns by how many pixels the page is wider than its window. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}

/** Returns the text of the element that has the focus. */
export async function focusedText(page: Page): Promise<string | null> {
  return page.evaluate<string | null>('document.activeElement?.textContent');
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Returns what axe-core finds, contrast included: one line for each rule that is violated. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  // The Content-Security-Policy of the page allows no other scripts, but the debugger is exempt.
  await page.evaluate(axe);
  const { violations }: AxeResults = await page.evaluate('axe.run()');
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
}
