import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawTestPicture } from '@vigie/hardware/camera/test-picture-drawing';
import { instantOf, localTime } from '@vigie/shared/kit/zone';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { buildDashboard, hasFocus, openTab, screenshots, type Tab, tabTo, waitUntilDrawn } from '../support/browser.ts';
import { fontFile } from '../support/font.ts';
import { drop } from '../support/pictures.ts';
import { DEVICE, filesBelow, type Site, startSite } from '../support/site.ts';
import { tempFolder, until } from '../support/temp.ts';

const ZONE = 'Europe/Paris';
const HOSTILE = '<img src=x onerror=window.hostile=1>.jpg';
const PICTURES_A_DAY = 8;
const EMAIL = 'ada@example.org';
const PASSWORD = 'a lamp over the water';

const camera = { type: 'test-picture', width: 1280, height: 800 };
const watchedFolder = { interval: '200ms', waitTime: '0ms', batchSize: 50, concurrency: 2 };
/** Sources beside those that the test works with; the fleet is to look as one does. */
const OTHERS = {
  'north face': 'America/Anchorage',
  quay: 'Asia/Tokyo',
  summit: 'America/Lima',
  vineyard: 'Asia/Dubai',
};

beforeAll(buildDashboard, 120_000);

test('a person sets the hub up, sees the fleet live, and mends a loss from the report to the last picture', {
  timeout: 180_000,
}, async () => {
  const site = await startSite({
    signUp: false,
    sources: [
      { name: 'garden', camera, every: '3s', watchedFolder, destinations: ['archive'] },
      { name: 'harbour', camera, watchedFolder, destinations: ['archive'] },
      ...Object.entries(OTHERS).map(([name, zone]) => ({
        name: name.replace(' ', '-'),
        camera,
        zone,
        every: '6h',
        watchedFolder,
        destinations: ['archive'],
      })),
    ],
  });
  const days = await fillHarbour(site);
  const tab = await openTab();
  const { page, takeFaults } = tab;

  await setUp(tab, site);
  await refuseWrongPassword(page);
  expect(takeFaults()).toEqual(['401 POST /api/auth/sign-in/email']);
  await signInByKeyboard(page);

  await watchFleet(page, site);
  const landing = site.landing('harbour');
  await until('harbour has arrived', async () => (await filesBelow(landing)).size === 2 * PICTURES_A_DAY);
  const whole = await filesBelow(landing);
  const { deleted, truncated } = await harm(landing, [...whole.keys()].sort());
  await createReportByKeyboard(page);
  await readReport(page, deleted, truncated);
  await mend(page);
  const after = await filesBelow(landing);
  for (const [path, digest] of whole) expect(after.get(path), path).toBe(digest);
  expect(after.size).toBe(whole.size + 1);

  await browsePictures(page, days);
  for (const name of ['Activity', 'Users']) {
    await page.getByRole('link', { name, exact: true }).click();
    await heading(page, name).waitFor();
    expect(await screenshots(page, name.toLowerCase(), ['light'])).toEqual({});
  }
  expect(await page.evaluate('window.hostile')).toBeUndefined();
  expect(takeFaults()).toEqual([]);
});

/** Brings pictures of the two days before today into harbour; returns the days. */
async function fillHarbour(site: Site): Promise<string[]> {
  const folder = await tempFolder();
  const { width, height } = camera;
  await site.takesFiles('harbour');
  const days: string[] = [];
  for (const daysAgo of [2, 1]) {
    const date = localTime(Date.now() - daysAgo * 86_400_000, ZONE);
    days.push(dayOf(date));
    for (let i = 0; i < PICTURES_A_DAY; i++) {
      const hour = 6 + 2 * i;
      const at = instantOf({ ...date, hour, minute: 0, second: 0 }, ZONE);
      const name = `${dayOf(date)}${String(hour).padStart(2, '0')}0000.jpg`;
      const path = join(folder, name);
      await drawTestPicture({
        path,
        width,
        height,
        bytes: 0,
        fontFile,
        at,
        zone: ZONE,
        source: 'harbour',
        sequence: i + 1,
      });
      await drop(site.watched('harbour'), name, await readFile(path), at);
    }
  }
  return days;
}

const dayOf = ({ year, month, day }: { year: number; month: number; day: number }) =>
  `${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`;

async function setUp({ page, takeFaults }: Tab, site: Site): Promise<void> {
  const answer = await page.goto(site.baseUrl);
  expect(answer?.headers()['content-security-policy']).toContain("script-src 'self';");
  await page.getByRole('heading', { name: 'Set up Vigie' }).waitFor();
  expect(await screenshots(page, 'set-up', ['light'])).toEqual({});
  await page.getByLabel('One-time code').fill(site.code);
  await page.getByLabel('Your name').fill('Ada Lamp');
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await heading(page, 'Fleet').waitFor();
  await page.getByRole('button', { name: 'Account: Ada Lamp' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading(page, 'Sign in').waitFor();
  // What the page asked for at that moment is refused, as it must be.
  expect(takeFaults().filter((fault) => !fault.startsWith('401 GET '))).toEqual([]);
  expect(await screenshots(page, 'sign-in')).toEqual({});
}

async function refuseWrongPassword(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByRole('textbox', { name: 'Password' }).fill('a lamp under the water');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.textContent()).toContain('E-mail and password do not belong together');
  await page.reload();
  await heading(page, 'Sign in').waitFor();
}

async function signInByKeyboard(page: Page): Promise<void> {
  await tabTo(page, page.getByLabel('E-mail'));
  await page.keyboard.type(EMAIL);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await heading(page, 'Fleet').waitFor();
}

async function watchFleet(page: Page, site: Site): Promise<void> {
  for (const name of Object.keys(OTHERS)) await orderCapture(page, site, name.replace(' ', '-'));
  await page.evaluate('window.loadedOnce = true');
  const card = page.getByRole('article', { name: 'garden at main, cam-1' });
  await expect.poll(() => card.getByTestId('presence').textContent(), { timeout: 15_000 }).toBe('Online');
  const preview = card.getByRole('img', { name: 'Latest picture of garden' });
  await expect.poll(() => widthOf(preview), { timeout: 15_000 }).toBeGreaterThan(0);

  const seen = await preview.getAttribute('src');
  await expect.poll(() => preview.getAttribute('src'), { timeout: 15_000 }).not.toBe(seen);
  await expect.poll(() => widthOf(preview), { timeout: 15_000 }).toBeGreaterThan(0);
  await until('the time since one capture moves on', agoMovesOn(card.locator('time').first()), 15_000);
  expect(await page.evaluate('window.loadedOnce')).toBe(true);

  for (const name of Object.keys(OTHERS)) {
    const other = page.getByRole('img', { name: `Latest picture of ${name.replace(' ', '-')}` });
    await expect.poll(() => widthOf(other), { timeout: 15_000 }).toBeGreaterThan(0);
  }
  await expect.poll(() => page.getByText(/waiting$/).count(), { timeout: 15_000 }).toBe(0);
  expect(await screenshots(page, 'fleet')).toEqual({});
  if (process.env.UPDATE_DOCS) await pictureForReaders(page);
}

/** True once one capture has been said to lie this long back, and then longer. */
function agoMovesOn(time: Locator): () => Promise<boolean> {
  const texts = new Map<string, Set<string>>();
  return async () => {
    const [at, text] = await time.evaluate((e) => {
      const { dateTime, textContent } = e as unknown as { dateTime: string; textContent: string };
      return [dateTime, textContent] as const;
    });
    texts.set(at, (texts.get(at) ?? new Set()).add(text));
    return [...texts.values()].some((said) => said.size > 1);
  };
}

async function orderCapture(page: Page, site: Site, source: string): Promise<void> {
  const done = await page.request.post(`${site.baseUrl}/api/v1/devices/${DEVICE.site}/${DEVICE.device}/commands`, {
    data: { name: 'capture', args: { source } },
    headers: { origin: site.baseUrl },
  });
  expect(await done.json()).toMatchObject({ status: 'ok' });
}

async function pictureForReaders(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 800 });
  await waitUntilDrawn(page);
  const screenshot = await page.screenshot({ animations: 'disabled' });
  const file = join(import.meta.dirname, '../../docs/dashboard.png');
  await sharp(screenshot).png({ palette: true, quality: 90, effort: 10 }).toFile(file);
}

/** Deletes five pictures at the destination, cuts two short, and adds one of another's. */
async function harm(landing: string, paths: string[]) {
  const deleted = paths.filter((_, i) => i % 3 === 0).slice(0, 5);
  const truncated = paths.filter((_, i) => i % 3 === 1).slice(0, 2);
  for (const path of deleted) await rm(join(landing, path));
  for (const path of truncated) await truncate(join(landing, path), 100);
  await mkdir(join(landing, '20991231'));
  await writeFile(join(landing, '20991231', HOSTILE), 'not ours');
  return { deleted, truncated };
}

async function createReportByKeyboard(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Sync reports' }).click();
  await heading(page, 'Sync reports').waitFor();
  await page.getByRole('heading', { name: 'No reports yet' }).waitFor();
  expect(await screenshots(page, 'no-reports', ['light'])).toEqual({});

  const open = page.getByRole('button', { name: 'New report' });
  const dialog = page.getByRole('dialog', { name: 'New sync report' });
  await tabTo(page, open);
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab');
    expect(await dialog.locator(':focus').count(), 'the focus stays in the dialog').toBe(1);
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => hasFocus(open)).toBe(true);

  await page.keyboard.press('Enter');
  await dialog.waitFor();
  expect(await screenshots(page, 'new-report', ['light'])).toEqual({});
  const source = dialog.getByRole('group', { name: 'Source side' }).getByRole('combobox', { name: 'Source' });
  await tabTo(page, source);
  await page.keyboard.type('harbour');
  await page.getByRole('option', { name: 'main / cam-1 / harbour' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => source.inputValue()).toBe('main / cam-1 / harbour');
  const destination = dialog.getByRole('combobox', { name: 'Destination' });
  expect(await destination.inputValue()).toMatch(/^archive /);
  await tabTo(page, dialog.getByRole('button', { name: 'Create report' }));
  await page.keyboard.press('Enter');
  await heading(page, 'Sync report').waitFor();
}

async function readReport(page: Page, deleted: string[], truncated: string[]): Promise<void> {
  const outcome = page.getByTestId('outcome');
  await expect.poll(() => outcome.textContent(), { timeout: 20_000 }).toContain('7 of 16 need attention');
  expect(await outcome.textContent()).toContain('5 missing at the destination, 2 differing, 1 extra.');
  expect(await figures(page)).toEqual({
    source: 16,
    destination: 12,
    matched: 9,
    missing: 5,
    extra: 1,
    differing: 2,
    corrupt: 0,
    unreadable: 0,
  });

  const list = page.getByTestId('unmatched');
  const paths = async () =>
    (await list.getByTestId('unmatched-row').locator('td:nth-child(2)').allTextContents()).sort();
  await expect.poll(paths).toEqual([...deleted, ...truncated, `20991231/${HOSTILE}`].sort());
  expect(await screenshots(page, 'report')).toEqual({});
  for (const [name, expected] of [
    ['Missing 5', deleted],
    ['Differing 2', truncated],
    ['Extra 1', [`20991231/${HOSTILE}`]],
  ] as const) {
    await list.getByText(name, { exact: true }).click();
    await expect.poll(paths).toEqual([...expected].sort());
  }
  await list.getByText('All 8', { exact: true }).click();
  await list.getByRole('textbox', { name: 'Search paths' }).fill('onerror');
  await expect.poll(paths).toEqual([`20991231/${HOSTILE}`]);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  await list.getByRole('textbox', { name: 'Search paths' }).fill('no such path');
  await page.getByText('No file fits this search').waitFor();
}

/** The counts of the report's table by row, as they are read. */
async function figures(page: Page): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of await page.getByTestId('figures').locator('tbody tr').all()) {
    counts[String(await row.getAttribute('data-row'))] = Number(await row.locator('td').first().textContent());
  }
  return counts;
}

async function mend(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Re-run & Sync' }).click();
  const dialog = page.getByRole('dialog', { name: 'Re-run & Sync' });
  const estimate = dialog.getByTestId('estimate');
  await estimate.waitFor();
  expect(await estimate.textContent()).toContain('Files7');
  expect(await screenshots(page, 're-sync', ['dark'])).toEqual({});
  await expect.poll(() => hasFocus(dialog.getByRole('button', { name: 'Start re-sync' }))).toBe(true);
  await page.keyboard.press('Enter');

  const job = page.getByTestId('job');
  await expect.poll(() => job.getByTestId('job-progress').textContent(), { timeout: 30_000 }).toContain('100 %');
  await expect.poll(() => job.getByTestId('job-state').textContent(), { timeout: 20_000 }).toBe('Done');
  expect(await job.getByTestId('job-progress').textContent()).toContain('7 of 7');
  await page.getByRole('link', { name: 'Open the follow-up report' }).click();
  await expect
    .poll(() => page.getByTestId('outcome').textContent(), { timeout: 20_000 })
    .toContain('All there, with extras');
  expect(await figures(page)).toMatchObject({
    source: 16,
    destination: 17,
    matched: 16,
    missing: 0,
    extra: 1,
    differing: 0,
  });

  await page.getByRole('link', { name: 'Sync reports' }).first().click();
  await expect.poll(() => page.getByTestId('report-row').count()).toBe(3);
  expect(await screenshots(page, 'reports')).toEqual({});
}

async function browsePictures(page: Page, [first]: string[]): Promise<void> {
  await page.getByRole('link', { name: 'Fleet', exact: true }).click();
  await page.getByRole('link', { name: 'harbour' }).click();
  await heading(page, 'harbour').waitFor();
  const today = dayOf(localTime(Date.now(), ZONE));
  if (first?.slice(0, 6) !== today.slice(0, 6)) await page.getByRole('button', { name: 'Previous month' }).click();
  const day = page.getByRole('button', { name: `${longDate(first as string)}: ${PICTURES_A_DAY} pictures` });
  await day.click();
  await page.getByRole('heading', { name: longDate(first as string) }).waitFor();
  const pictures = page.getByTestId('picture');
  await expect.poll(() => pictures.count()).toBe(PICTURES_A_DAY);
  await expect.poll(() => widthOf(pictures.first().locator('img')), { timeout: 15_000 }).toBeGreaterThan(0);
  expect(await pictures.first().textContent()).toBe('06:00:00');
  expect(await screenshots(page, 'source')).toEqual({});

  await pictures.first().click();
  const lightbox = page.getByRole('dialog');
  const foot = (text: string) => lightbox.getByText(text, { exact: true }).waitFor();
  await foot(`1 of ${PICTURES_A_DAY}`);
  await expect.poll(() => widthOf(lightbox.locator('img').last()), { timeout: 15_000 }).toBe(camera.width);
  expect(await screenshots(page, 'lightbox', ['light'])).toEqual({});
  await page.keyboard.press('ArrowRight');
  await foot(`2 of ${PICTURES_A_DAY}`);
  await expect.poll(() => widthOf(lightbox.locator('img').last()), { timeout: 15_000 }).toBe(camera.width);
  await page.keyboard.press('Escape');
  await lightbox.waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Capture now' }).click();
  await page.getByText('Picture taken.').waitFor();
  if (first?.slice(0, 6) !== today.slice(0, 6)) await page.getByRole('button', { name: 'Next month' }).click();
  await page.getByRole('button', { name: `${longDate(today)}: 1 picture` }).click();
  await expect.poll(() => pictures.count()).toBe(1);
  await expect.poll(() => widthOf(pictures.first().locator('img')), { timeout: 15_000 }).toBeGreaterThan(0);
}

const heading = (page: Page, name: string): Locator => page.getByRole('heading', { level: 1, name, exact: true });

/** Pixels of the picture itself; 0 while it is not loaded. */
const widthOf = (image: Locator): Promise<number> =>
  image.evaluate((e) => (e as unknown as { naturalWidth?: number }).naturalWidth ?? 0);

const longDate = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' }).format(
    Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`),
  );
