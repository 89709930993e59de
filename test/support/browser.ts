import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { chromium, type Locator, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { until } from './temp.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Screenshots are for people to look at; git leaves them out. */
export const SCREENSHOTS = join(ROOT, 'test/screenshots');

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };

const HEIGHT_MAX = 6000;
/** Every wait for the page has this limit. */
const LIMIT_MS = 20_000;

export type Tab = {
  readonly page: Page;
  /** What went wrong in the page since the last call: errors of the console, refused contents, requests without success. */
  takeFaults(): string[];
};

/** Builds the dashboard from its sources, where they are not those it was built from. */
export async function buildDashboard(): Promise<void> {
  const step = await import(join(ROOT, 'scripts/set-up/dashboard.mjs'));
  step.buildDashboard();
}

/** Opens a tab of the machine's Chromium with an empty profile, which is gone after the test. */
export async function openTab(): Promise<Tab> {
  const browser = await chromium.launch({
    executablePath: chromiumOnPath(),
    timeout: 30_000,
    args: [
      // Chromium refuses to sandbox the superuser's pages.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: DESKTOP, colorScheme: 'light', locale: 'en-GB' });
  page.setDefaultTimeout(LIMIT_MS);
  let faults: string[] = [];
  await watch(page, (fault) => faults.push(fault));
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await mkdir(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, 'failed.png'), timeout: LIMIT_MS });
    process.stderr.write(`the page at the failure, ${page.url()}, is in ${SCREENSHOTS}\n${faults.join('\n')}\n`);
  });
  return {
    page,
    takeFaults() {
      const taken = faults;
      faults = [];
      return taken;
    },
  };
}

function chromiumOnPath(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable']) {
    for (const folder of folders) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch (error) {
        if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
      }
    }
  }
  throw new Error(`open Chromium: no folder of PATH holds it: install Debian's package "chromium"`);
}

async function watch(page: Page, tell: (fault: string) => void): Promise<void> {
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (violation) =>
    console.error('content security policy: ' + violation.violatedDirective + ' ' + violation.blockedURI));`);
  page.on('console', (message) => {
    // Told by "response" and "requestfailed" already, with the address.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    tell(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => tell(`error: ${error.stack ?? error.message}`));
  page.on('response', (response) => {
    if (response.status() < 400) return;
    tell(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? 'failed';
    // A page that is left, or a list that is no longer shown, withdraws what it has asked for.
    if (why !== 'net::ERR_ABORTED') tell(`${why} ${request.method()} ${request.url()}`);
  });
}

/** An expectation of what the page will soon show. */
export const soon = <T>(read: () => Promise<T>): ReturnType<typeof expect.poll> =>
  expect.poll(read, { timeout: LIMIT_MS });

/** Goes on with the Tab key until this element has the focus, as somebody without a mouse does. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await hasFocus(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`reach ${target} by the Tab key: it did not get the focus within 60 presses`);
}

export async function hasFocus(target: Locator): Promise<boolean> {
  return (await target.and(target.page().locator(':focus')).count()) === 1;
}

export const heading = (page: Page, name: string): Locator =>
  page.getByRole('heading', { level: 1, name, exact: true });

/** Pixels of the picture itself; 0 while it is not loaded. */
export const widthOf = (image: Locator): Promise<number> =>
  image.evaluate((e) => (e as unknown as { naturalWidth?: number }).naturalWidth ?? 0);

/** What is wider than its place: the page itself, where somebody would have to scroll sideways, or a text in it. */
const misfits = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const all = document.scrollingElement;
    const inSight = (place) => !place.closest('svg') && place.clientWidth > 0 && getComputedStyle(place).overflowX === 'visible';
    // What is there for screen readers alone is cut off on purpose.
    const shown = (place) => !place || (getComputedStyle(place).clipPath === 'none' && shown(place.parentElement));
    const texts = [...document.querySelectorAll('main *, [role=dialog] *')].filter((place) => inSight(place) && shown(place));
    return [
      ...(all.scrollWidth > innerWidth ? ['the page: ' + all.scrollWidth + ' of ' + innerWidth + ' px'] : []),
      ...texts
        .filter((place) => place.scrollWidth > place.clientWidth + 1)
        .map((place) => place.tagName + ': ' + place.scrollWidth + ' of ' + place.clientWidth + ' px: ' + place.innerText),
    ];
  })()`);

/** Waits until nothing in sight is still loading. */
export async function waitUntilDrawn(page: Page): Promise<void> {
  const drawn = `!document.querySelector('[aria-busy="true"], .mantine-Skeleton-root, .mantine-Loader-root') &&
    [...document.images].every((image) => {
      const { top, bottom } = image.getBoundingClientRect();
      return bottom < 0 || top > innerHeight || image.complete;
    })`;
  await until('everything in sight is drawn', () => page.evaluate<boolean>(drawn), LIMIT_MS);
}

type Scheme = 'light' | 'dark';

/** Takes pictures of what the page shows on a phone and a desktop; returns by picture what in it is too wide for its place. */
export async function screenshots(
  page: Page,
  name: string,
  schemes: readonly Scheme[] = ['light', 'dark'],
): Promise<Record<string, string[]>> {
  await mkdir(SCREENSHOTS, { recursive: true });
  const wide: Record<string, string[]> = {};
  for (const [device, size] of [
    ['phone', PHONE],
    ['desktop', DESKTOP],
  ] as const) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      const shown = () => page.evaluate('document.documentElement.dataset.mantineColorScheme');
      await until(`the page is ${colorScheme}`, async () => (await shown()) === colorScheme, LIMIT_MS);
      await waitUntilDrawn(page);
      const shot = `${name}-${device}-${colorScheme}`;
      const found = await misfits(page);
      if (found.length > 0) wide[shot] = found;
      // The whole page as on a screen that is long enough: bars that stay in sight are then at its ends.
      const height = await page.evaluate<number>('document.scrollingElement.scrollHeight');
      if ((await page.getByRole('dialog').count()) === 0 && height > size.height) {
        await page.setViewportSize({ ...size, height: Math.min(height, HEIGHT_MAX) });
        await waitUntilDrawn(page);
      }
      await page.screenshot({ path: join(SCREENSHOTS, `${shot}.png`), animations: 'disabled', timeout: LIMIT_MS });
      await page.setViewportSize(size);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return wide;
}
