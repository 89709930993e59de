import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { heading, screenshots, soon, widthOf } from '../../support/browser.ts';
import { dayAt } from './harbour.ts';

/** Looks at the pictures of a day, one of them large, and has a new one taken. */
export async function browsePictures(page: Page, day: string, count: number, width: number): Promise<void> {
  await page.getByRole('link', { name: 'Fleet', exact: true }).click();
  await page.getByRole('link', { name: 'harbour' }).click();
  await heading(page, 'harbour').waitFor();
  const today = dayAt(Date.now());
  const certificate = page
    .getByTestId('certificates')
    .getByRole('listitem')
    .filter({ hasText: longDate(day) })
    .first();
  await soon(() => certificate.textContent()).toContain(`${count} assets`);
  expect(await certificate.getByRole('link').getAttribute('href')).toContain(`/certificates/${day}?number=`);
  if (day.slice(0, 6) !== today.slice(0, 6)) await page.getByRole('button', { name: 'Previous month' }).click();
  const cell = page.getByRole('button', { name: `${longDate(day)}: ${count} pictures` });
  await cell.click();
  await page.getByRole('heading', { name: longDate(day) }).waitFor();
  const pictures = page.getByTestId('picture');
  await soon(() => pictures.count()).toBe(count);
  await soon(() => widthOf(pictures.first().locator('img'))).toBeGreaterThan(0);
  expect(await pictures.first().textContent()).toBe('06:00:00');
  expect(await screenshots(page, 'source')).toEqual({});

  await pictures.first().click();
  const lightbox = page.getByRole('dialog');
  const foot = (text: string) => lightbox.getByText(text, { exact: true }).waitFor();
  await foot(`1 of ${count}`);
  await soon(() => widthOf(lightbox.locator('img').last())).toBe(width);
  expect(await screenshots(page, 'lightbox', ['light'])).toEqual({});
  await page.keyboard.press('ArrowRight');
  await foot(`2 of ${count}`);
  await soon(() => widthOf(lightbox.locator('img').last())).toBe(width);
  await page.keyboard.press('Escape');
  await lightbox.waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Capture now' }).click();
  await page.getByText('Picture taken.').waitFor();
  if (day.slice(0, 6) !== today.slice(0, 6)) await page.getByRole('button', { name: 'Next month' }).click();
  await page.getByRole('button', { name: `${longDate(today)}: 1 picture` }).click();
  await soon(() => pictures.count()).toBe(1);
  await soon(() => widthOf(pictures.first().locator('img'))).toBeGreaterThan(0);
}

const longDate = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' }).format(
    Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`),
  );
