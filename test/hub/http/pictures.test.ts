import { attachment, imageType } from '@vigie/hub/http/pictures';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { type Hub, openHttp } from './open-http.ts';

let hub: Hub;
let cookie: string;
const source = '/api/v1/devices/alps/summit-1/sources/valley';
const get = (path: string, headers: Record<string, string> = {}) => hub.ask(`${source}${path}`, { cookie, headers });

beforeAll(async () => {
  hub = openHttp();
  cookie = await hub.as('viewer');
});

test('from a day to its pictures, their previews and originals', async () => {
  const days = (await (await get('/days')).json()) as { day: string; count: number }[];
  expect(days.length).toBeGreaterThanOrEqual(3);
  const { day, count } = days[1] as (typeof days)[0];
  const months = await (await get(`/days?month=${day.slice(0, 6)}`)).json();
  expect(months).toContainEqual(expect.objectContaining({ day, count }));
  const page = (await (await get(`/pictures?day=${day}&offset=2&limit=5`)).json()) as {
    total: number;
    pictures: { path: string; name: string; previewUrl: string; originalUrl: string }[];
  };
  expect(page.total).toBe(count);
  expect(page.pictures).toHaveLength(5);
  const first = page.pictures[0] as (typeof page.pictures)[0];

  const preview = await hub.ask(first.previewUrl, { cookie });
  expect(preview.headers.get('content-type')).toBe('image/jpeg');
  const bytes = Buffer.from(await preview.arrayBuffer());
  expect(bytes.length).toBeLessThanOrEqual(20 * 1024);
  expect((await sharp(bytes).metadata()).width).toBe(320);
  const etag = preview.headers.get('etag') as string;
  const again = await hub.ask(first.previewUrl, { cookie, headers: { 'if-none-match': etag } });
  expect([again.status, await again.text()]).toEqual([304, '']);

  const original = await hub.ask(first.originalUrl, { cookie });
  expect(original.headers.get('content-disposition')).toContain(`filename="${first.name}"`);
  expect(original.headers.get('content-security-policy')).toContain('sandbox');
  expect(original.headers.get('cache-control')).toBe('private, no-cache');
  expect(original.headers.get('x-content-type-options')).toBe('nosniff');
  expect((await hub.ask(first.originalUrl)).status).toBe(401);
  expect((await get('/preview?v=1')).headers.get('content-type')).toBe('image/jpeg');
});

test.each(['../secret', '20260101/../../secret', '/etc/passwd', 'a//b', './a', 'a/.', 'a\0.jpg', '..', ''])(
  'the path %j is refused',
  async (path) => {
    for (const what of ['picture', 'original']) {
      expect((await get(`/${what}?path=${encodeURIComponent(path)}`)).status).toBe(422);
    }
    expect((await get(`/pictures?day=${encodeURIComponent(path)}`)).status).toBe(422);
  },
);

test('what is not there is a 404, what no name can be a 422', async () => {
  expect((await get('/picture?path=20200101/none.jpg')).status).toBe(404);
  const original = await get('/original?path=20200101/none.jpg');
  expect([original.status, original.headers.get('content-disposition')]).toEqual([404, null]);
  expect((await hub.ask('/api/v1/devices/alps/none', { cookie })).status).toBe(404);
  expect((await hub.ask('/api/v1/devices/alps/UPPER', { cookie })).status).toBe(422);
  expect((await hub.ask('/api/v1/devices/alps/%2e%2e%2fx', { cookie })).status).toBe(422);
});

test('the type is told by the bytes, and never one that runs', () => {
  expect(imageType(Buffer.from('ffd8ffe0', 'hex'))).toBe('image/jpeg');
  expect(imageType(Buffer.from('89504e470d0a1a0a00', 'hex'))).toBe('image/png');
  expect(imageType(Buffer.from('RIFF0000WEBPVP8 ', 'latin1'))).toBe('image/webp');
  for (const text of ['<svg onload=alert(1)>', '<!doctype html>', '', 'II*\0CR']) {
    expect(imageType(Buffer.from(text))).toBe('application/octet-stream');
  }
});

test('a hostile name stays a name', () => {
  expect(attachment('a"\r\nSet-Cookie: x=1.jpg')).not.toMatch(/[\r\n]|"[^"]*"[^;]*"/);
  expect(attachment('été.jpg')).toBe(`attachment; filename="_t_.jpg"; filename*=UTF-8''%C3%A9t%C3%A9.jpg`);
});
