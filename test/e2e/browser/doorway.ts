import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { heading, screenshots, type Tab, tabTo } from '../../support/browser.ts';
import type { Site } from '../../support/site.ts';

const EMAIL = 'ada@example.org';
const PASSWORD = 'a lamp over the water';

/** Makes the first administrator by the one-time code, and signs out. */
export async function setUp({ page, takeFaults }: Tab, site: Site): Promise<void> {
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

/** Signs in with a wrong password, by the mouse. */
export async function refuseWrongPassword(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByRole('textbox', { name: 'Password' }).fill('a lamp under the water');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.textContent()).toContain('E-mail and password do not belong together');
  await page.reload();
  await heading(page, 'Sign in').waitFor();
}

/** Signs in without a mouse. */
export async function signInByKeyboard(page: Page): Promise<void> {
  await tabTo(page, page.getByLabel('E-mail'));
  await page.keyboard.type(EMAIL);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await heading(page, 'Fleet').waitFor();
}
