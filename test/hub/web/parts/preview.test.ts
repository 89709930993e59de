import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createHttp } from '@vigie/hub/http/http';
import { listen } from '@vigie/hub/http/listen';
import { createUsers } from '@vigie/hub/users/users';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildDashboard, openTab, soon, widthOf } from '../../../support/browser.ts';
import { freePort } from '../../../support/temp.ts';
import { createMemoryHub } from '../../http/memory-hub.ts';

const user = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery', role: 'viewer' as const };
const ADDRESS = '/devices/alps/summit-1/north-face';
/** The delays between the first ten attempts. */
const DELAYS_MS = [2_000, 4_000, 8_000, 16_000, 30_000, 60_000, 60_000, 60_000, 60_000];

beforeAll(buildDashboard, 120_000);

/** The page of a source whose newest preview is withheld, and a clock in the page that can be moved ahead. */
async function openSource() {
  const memory = createMemoryHub({ now: Date.now, days: 1 });
  let isHere = false;
  const latestPreview: typeof memory.fleet.latestPreview = async (address) =>
    isHere ? memory.fleet.latestPreview(address) : undefined;
  const services = { ...memory, fleet: { ...memory.fleet, latestPreview } };
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const users = createUsers({
    ...{ database: openDatabase(':memory:'), baseUrl, clock: systemClock, random: randomBytes, log: silentLog },
    secret: randomBytes(32).toString('base64url'),
  });
  await users.add(user);
  const web = { folder: join(import.meta.dirname, '../../../../hub/web/dist') };
  const app = createHttp({ services, users, web, baseUrl, trustedProxies: [], clock: systemClock, log: silentLog });
  const listening = await listen(app, { host: '127.0.0.1', port });
  onTestFinished(() => listening.close());

  const { page } = await openTab();
  await page.clock.install();
  let asked = 0;
  page.on('response', (response) => {
    if (new URL(response.url()).pathname.endsWith('/north-face/preview')) asked += 1;
  });
  const { email, password } = user;
  const signedIn = await page.request.post(`${baseUrl}/api/auth/sign-in/email`, {
    data: { email, password },
    headers: { origin: baseUrl },
  });
  expect(signedIn.status()).toBe(200);
  await page.goto(`${baseUrl}${ADDRESS}`);
  const placeholder = page.getByRole('img', { name: /^Latest picture of north-face: / });
  /** Waits for this many attempts in all, and lets the page come to know of the last. */
  const failures = async (count: number) => {
    await soon(async () => asked).toBe(count);
    await placeholder.and(page.locator(`:not(:has(~ img))`)).waitFor();
  };
  return {
    page,
    placeholder,
    failures,
    asked: () => asked,
    picture: page.getByRole('img', { name: 'Latest picture of north-face', exact: true }),
    arrive: () => {
      isHere = true;
    },
    tell: () => memory.tell({ topic: 'fleet', key: 'alps/summit-1' }),
  };
}

test('a preview that is not there yet is asked for again by itself', { timeout: 60_000 }, async () => {
  const { placeholder, picture, failures, arrive, page } = await openSource();
  await failures(1);
  expect(await placeholder.textContent()).toBe('Preview not here yet');
  arrive();
  await page.clock.fastForward(2_000);
  await soon(() => widthOf(picture)).toBeGreaterThan(0);
  expect(await placeholder.count()).toBe(0);
});

test('a live event brings the next attempt forward', { timeout: 60_000 }, async () => {
  const { picture, failures, arrive, tell, page } = await openSource();
  for (const [n, delay] of DELAYS_MS.slice(0, 5).entries()) {
    await failures(n + 1);
    await page.clock.fastForward(delay);
  }
  await failures(6);
  arrive();
  tell();
  // Without the event the next attempt were a minute away.
  await soon(() => widthOf(picture)).toBeGreaterThan(0);
});

test('the attempts end, and the placeholder says so', { timeout: 60_000 }, async () => {
  const { placeholder, failures, asked, page } = await openSource();
  for (const [n, delay] of DELAYS_MS.entries()) {
    await failures(n + 1);
    await page.clock.fastForward(delay);
  }
  await failures(10);
  expect(await placeholder.textContent()).toBe('Preview not available');
  await page.clock.fastForward(600_000);
  // A request of the page that comes after those that an attempt would have sent.
  await page.evaluate(`fetch('/api/v1/session').then((answer) => answer.text())`);
  expect(asked()).toBe(10);
});
