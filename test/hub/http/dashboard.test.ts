import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { openHttp } from './open-http.ts';

async function build(folder: string) {
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Vigie dashboard</title>');
  await writeFile(join(folder, 'assets/app-3f2a.js'), 'export {};');
  await writeFile(join(folder, 'icon.svg'), '<svg/>');
}

test('the built dashboard: pages are asked for again, hashed files are kept', async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, 'outside'), 'secret');
  await build(join(folder, 'dist'));
  const hub = openHttp({ web: { folder: join(folder, 'dist') } });
  for (const path of ['/', '/index.html', '/reports/report-1', '/devices/alps/summit-1']) {
    const page = await hub.ask(path);
    expect([path, page.status, page.headers.get('cache-control')]).toEqual([path, 200, 'no-cache']);
    expect(await page.text()).toContain('Vigie dashboard');
  }
  const asset = await hub.ask('/assets/app-3f2a.js');
  expect(asset.headers.get('content-type')).toContain('text/javascript');
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const icon = await hub.ask('/icon.svg');
  expect([icon.status, icon.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  for (const path of [
    '/assets/gone.js',
    '/assets/',
    '/gone.png',
    '/api/none',
    '/api',
    '/..%2foutside',
    '/%2e%2e/outside',
  ]) {
    const answer = await hub.ask(path);
    expect([path, (await answer.text()).includes('secret')]).toEqual([path, false]);
    if (!path.endsWith('outside')) expect([path, answer.status]).toEqual([path, 404]);
  }
});

test('without a build the page says how to make one, and it is seen without a restart', async () => {
  const folder = join(await tempFolder(), 'dist');
  const hub = openHttp({ web: { folder } });
  const page = await hub.ask('/');
  expect(page.status).toBe(503);
  expect(await page.text()).toContain('pnpm web');
  await build(folder);
  expect((await hub.ask('/')).status).toBe(200);
  expect((await hub.ask('/icon.svg')).status).toBe(200);
});
