import { beforeAll, expect, test } from 'vitest';
import { buildDashboard, heading, openTab, screenshots } from '../support/browser.ts';
import { filesBelow, startSite } from '../support/site.ts';
import { refuseWrongPassword, setUp, signInByKeyboard } from './browser/doorway.ts';
import { watchFleet } from './browser/fleet.ts';
import { arrived, camera, fillHarbour, harm, PICTURES_A_DAY } from './browser/harbour.ts';
import { browsePictures } from './browser/pictures.ts';
import { createReportByKeyboard, mend, readReport } from './browser/reports.ts';

const watchedFolder = { interval: '200ms', waitTime: '0ms', batchSize: 50, concurrency: 2 };
/** Sources beside those that the test works with; the fleet is to look as one does. */
const OTHERS = {
  'north-face': 'America/Anchorage',
  quay: 'Asia/Tokyo',
  summit: 'America/Lima',
  vineyard: 'Asia/Dubai',
};

/** The fleet is to show windows as well as intervals. */
const byDay = { schedule: { windows: [{ every: '6h', from: '06:00', to: '20:00' }] } };

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
        name,
        camera,
        zone,
        ...(name === 'vineyard' ? byDay : { every: '6h' }),
        watchedFolder,
        destinations: ['archive'],
      })),
    ],
    hub: { certificates: { every: '1s', after: '0s' } },
  });
  const days = await fillHarbour(site);
  const tab = await openTab();
  const { page, takeFaults } = tab;

  await setUp(tab, site);
  await refuseWrongPassword(page);
  expect(takeFaults()).toEqual(['401 POST /api/auth/sign-in/email']);
  await signInByKeyboard(page);

  await watchFleet(page, site, Object.keys(OTHERS));
  const landing = site.landing('harbour');
  const whole = await arrived(landing);
  const harmed = await harm(landing, [...whole.keys()].sort());
  await createReportByKeyboard(page);
  await readReport(page, harmed);
  await mend(page);
  const after = await filesBelow(landing);
  for (const [path, digest] of whole) expect(after.get(path), path).toBe(digest);
  expect(after.size).toBe(whole.size + 1);

  await browsePictures(page, days[0] as string, PICTURES_A_DAY, camera.width);
  for (const name of ['Activity', 'Users']) {
    await page.getByRole('link', { name, exact: true }).click();
    await heading(page, name).waitFor();
    expect(await screenshots(page, name.toLowerCase(), ['light'])).toEqual({});
  }
  expect(await page.evaluate('window.hostile')).toBeUndefined();
  expect(takeFaults()).toEqual([]);
});
