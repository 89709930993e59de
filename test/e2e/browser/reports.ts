import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { hasFocus, heading, screenshots, soon, tabTo } from '../../support/browser.ts';

/** What was done to a destination, by path. */
export type Harm = { deleted: string[]; truncated: string[]; added: string };

/** Fills in and sends the dialog without a mouse. */
export async function createReportByKeyboard(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Sync reports' }).click();
  await heading(page, 'Sync reports').waitFor();
  await page.getByRole('heading', { name: 'No reports yet' }).waitFor();
  await soon(() => page.getByTestId('schedules').textContent()).toContain('Reports by timetable');
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
  await soon(() => hasFocus(open)).toBe(true);

  await page.keyboard.press('Enter');
  await dialog.waitFor();
  expect(await screenshots(page, 'new-report', ['light'])).toEqual({});
  const source = dialog.getByRole('group', { name: 'Source side' }).getByRole('combobox', { name: 'Source' });
  await tabTo(page, source);
  await page.keyboard.type('harbour');
  // What fits is chosen already: Enter takes it.
  const fits = page.getByRole('option', { name: 'main / cam-1 / harbour' });
  await soon(() => fits.getAttribute('data-combobox-selected')).toBe('true');
  await page.keyboard.press('Enter');
  await soon(() => source.inputValue()).toBe('main / cam-1 / harbour');
  const destination = dialog.getByRole('combobox', { name: 'Destination' });
  expect(await destination.inputValue()).toMatch(/^archive /);
  await tabTo(page, dialog.getByRole('button', { name: 'Create report' }));
  await page.keyboard.press('Enter');
  await heading(page, 'Sync report').waitFor();
}

/** Reads the figures and the unmatched files of the report that is shown. */
export async function readReport(page: Page, { deleted, truncated, added }: Harm): Promise<void> {
  const outcome = page.getByTestId('outcome');
  await soon(() => outcome.textContent()).toContain('7 of 16 need attention');
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

  await page.getByText('As Webcampak counts').click();
  // What differs is missing on both sides there.
  expect(await figures(page, 'five-rows')).toEqual({
    source: 16,
    destination: 12,
    intersection: 9,
    missingInSource: 3,
    missingInDestination: 7,
  });

  const list = page.getByTestId('unmatched');
  const paths = async () =>
    (await list.getByTestId('unmatched-row').locator('td:nth-child(2)').allTextContents()).sort();
  await soon(paths).toEqual([...deleted, ...truncated, added].sort());
  expect(await screenshots(page, 'report')).toEqual({});
  for (const [name, expected] of [
    ['Missing 5', deleted],
    ['Differing 2', truncated],
    ['Extra 1', [added]],
  ] as const) {
    await list.getByText(name, { exact: true }).click();
    await soon(paths).toEqual([...expected].sort());
  }
  await list.getByText('All 8', { exact: true }).click();
  await list.getByRole('textbox', { name: 'Search paths' }).fill('onerror');
  await soon(paths).toEqual([added]);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  await list.getByRole('textbox', { name: 'Search paths' }).fill('no such path');
  await page.getByText('No file fits this search').waitFor();
}

/** The counts of one of the report's tables by row, as they are read. */
async function figures(page: Page, table = 'figures'): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of await page.getByTestId(table).locator('tbody tr').all()) {
    counts[String(await row.getAttribute('data-row'))] = Number(await row.locator('td').first().textContent());
  }
  return counts;
}

/** Presses Re-run & Sync and follows it to its end. */
export async function mend(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Re-run & Sync' }).click();
  const dialog = page.getByRole('dialog', { name: 'Re-run & Sync' });
  const estimate = dialog.getByTestId('estimate');
  await estimate.waitFor();
  expect(await estimate.textContent()).toContain('Files7');
  expect(await screenshots(page, 're-sync', ['dark'])).toEqual({});
  await soon(() => hasFocus(dialog.getByRole('button', { name: 'Start re-sync' }))).toBe(true);
  await page.keyboard.press('Enter');

  const job = page.getByTestId('job');
  await soon(() => job.getByTestId('job-progress').textContent()).toContain('100 %');
  await soon(() => job.getByTestId('job-state').textContent()).toBe('Done');
  expect(await job.getByTestId('job-progress').textContent()).toContain('7 of 7');
  await page.getByRole('link', { name: 'Open the follow-up report' }).click();
  await soon(() => page.getByTestId('outcome').textContent()).toContain('All there, with extras');
  expect(await figures(page)).toMatchObject({
    source: 16,
    destination: 17,
    matched: 16,
    missing: 0,
    extra: 1,
    differing: 0,
  });

  await page.getByRole('link', { name: 'Sync reports' }).first().click();
  await soon(() => page.getByTestId('report-row').count()).toBe(3);
  expect(await screenshots(page, 'reports')).toEqual({});
}
