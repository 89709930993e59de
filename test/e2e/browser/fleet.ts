import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { expect } from 'vitest';
import { screenshots, soon, waitUntilDrawn, widthOf } from '../../support/browser.ts';
import { DEVICE, type Site } from '../../support/site.ts';
import { until } from '../../support/temp.ts';

/** Sees that the fleet is alive: a picture, the time since it was taken, and the next one, without loading the page again. */
export async function watchFleet(page: Page, site: Site, others: string[]): Promise<void> {
  for (const name of others) await orderCapture(page, site, name);
  await page.evaluate('window.loadedOnce = true');
  const card = page.getByRole('article', { name: 'garden at main, cam-1' });
  await soon(() => card.getByTestId('presence').textContent()).toBe('Online');
  const preview = card.getByRole('img', { name: 'Latest picture of garden' });
  await soon(() => widthOf(preview)).toBeGreaterThan(0);

  const seen = await preview.getAttribute('src');
  await soon(() => preview.getAttribute('src')).not.toBe(seen);
  await soon(() => widthOf(preview)).toBeGreaterThan(0);
  await until('the time since one capture moves on', agoMovesOn(card.locator('time').first()), 15_000);
  expect(await page.evaluate('window.loadedOnce')).toBe(true);

  for (const name of others) {
    const other = page.getByRole('img', { name: `Latest picture of ${name}` });
    await soon(() => widthOf(other)).toBeGreaterThan(0);
  }
  const vineyard = page.getByRole('article', { name: 'vineyard at main, cam-1' });
  await soon(() => vineyard.textContent()).toContain('every 6 h, 06:00–20:00');
  await soon(() => page.getByText(/waiting$/).count()).toBe(0);
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

/** Has one picture taken, as the page's button does. */
async function orderCapture(page: Page, site: Site, source: string): Promise<void> {
  const done = await page.request.post(`${site.baseUrl}/api/v1/devices/${DEVICE.site}/${DEVICE.device}/commands`, {
    data: { name: 'capture', args: { source } },
    headers: { origin: site.baseUrl },
  });
  expect(await done.json()).toMatchObject({ status: 'ok' });
}

/** The picture of the dashboard that the README shows. */
async function pictureForReaders(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 800 });
  await waitUntilDrawn(page);
  const screenshot = await page.screenshot({ animations: 'disabled' });
  const file = join(import.meta.dirname, '../../../docs/dashboard.png');
  await sharp(screenshot).png({ palette: true, quality: 90, effort: 10 }).toFile(file);
}
